"""Takes the pictures of the docs: ``make screenshots``."""

from __future__ import annotations

import tempfile
from pathlib import Path

from playwright.sync_api import Page
from sqlalchemy import func, select

from scimbridge.directory import schema
from tests.conftest import World
from tests.web.console.chromium import open_chromium
from tests.web.console.conftest import COOKIE, Browser, open_console

IMAGES = Path(__file__).parents[3] / "docs/images"
WIDTHS = (1280, 400)
PEOPLE = ("ada.byron", "grace.hopper", "ines.marin", "joan.clarke", "mary.ross")
TALLEST = 1100
IN_THE_DARK = ("overview", "entry")


def create(world: World, given: str, family: str) -> str:
    name = {"givenName": given.title(), "familyName": family.title()}
    return str(world.scim.create_user(f"{given}.{family}@example.com", name=name)["id"])


def furnish(world: World) -> dict[str, str]:
    """Have an IdP do what IdPs do; returns the pages to show, by name."""
    world.provider.observer.refresh_catalogue()
    world.provider.observer.observe()
    ids = [create(world, *person.split(".")) for person in PEOPLE]
    world.scim.create_group("SEC Falcon Analysts", *ids[:2])
    readers = world.scim.create_group("SEC Falcon Readers", *ids)
    world.scim.create_group("Choir", ids[0])
    world.scim.add_members(world.scim.create_group("SEC Broken"), ids[0])
    world.scim("DELETE", f"/Users/{ids[4]}")
    world.vendor.fault("* *", status=503, count=100)
    world.scim.remove_member(readers, ids[3])
    world.scim("GET", '/Users?filter=userName eq "joe@example.com"')  # which opens the breaker
    with world.bridge.directory.read() as connection:
        newest = connection.execute(select(func.max(schema.operations.c.pk))).scalar_one()
    return {
        "overview": "/",
        "activity": "/activity",
        "entry": f"/activity/{newest}",
        "people": "/people",
        "person": f"/people/falcon/{ids[0]}",
        "groups": "/groups",
        "group": f"/groups/falcon/{readers}",
        "guard": "/guard",
        "tokens": "/tokens",
    }


def take(page: Page, name: str, width: int) -> None:
    height = page.evaluate("document.documentElement.scrollHeight")
    page.screenshot(
        path=IMAGES / f"{name}.png",
        full_page=True,
        clip={"x": 0, "y": 0, "width": width, "height": min(height, TALLEST)},
    )


def main() -> None:
    """Write one PNG for each page and width."""
    IMAGES.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        open_console(Path(folder), deadline_s=1) as world,
        open_chromium() as chromium,
    ):
        pages = furnish(world)
        operator = Browser(world.bridge.app.test_client())
        operator.sign_in()
        root = world.scim.base_url.removesuffix("/falcon/scim/v2") + "/console"
        for width in WIDTHS:
            context = chromium.new_context(viewport={"width": width, "height": 480})
            context.add_cookies([{"name": COOKIE, "value": operator.cookie, "url": root}])
            page = context.new_page()
            for name, path in pages.items():
                page.goto(f"{root}{path}")
                take(page, f"console-{name}-{width}", width)
                if width == max(WIDTHS) and name in IN_THE_DARK:
                    page.emulate_media(color_scheme="dark")
                    take(page, f"console-{name}-{width}-dark", width)
                    page.emulate_media(color_scheme="light")
            context.close()


if __name__ == "__main__":
    main()
