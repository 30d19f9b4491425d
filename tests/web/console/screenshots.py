"""Takes the pictures of docs/console.md: ``python -m tests.web.console.screenshots``."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.conftest import World
from tests.web.console.chromium import open_chromium
from tests.web.console.conftest import COOKIE, Browser, open_console

IMAGES = Path(__file__).parents[3] / "docs/images"
WIDTHS = (1280, 400)
PEOPLE = ("ada.byron", "grace.hopper", "ines.marin", "joan.clarke", "mary.ross")


def furnish(world: World) -> dict[str, str]:
    """Have an IdP do what IdPs do; returns the pages to show, by name."""
    world.provider.observer.refresh_catalogue()
    world.provider.observer.observe()
    ids = [world.scim.create_user(f"{name}@example.com")["id"] for name in PEOPLE]
    world.scim.create_group("SEC Falcon Analysts", *ids[:2])
    readers = world.scim.create_group("SEC Falcon Readers", *ids)
    world.scim.create_group("Choir", ids[0])
    world.scim.create_group("SEC Broken")
    world.scim("DELETE", f"/Users/{ids[4]}")
    world.vendor.fault("* *", status=503, count=100)
    world.scim.remove_member(readers, ids[3])
    return {
        "overview": "/",
        "activity": "/activity",
        "person": f"/people/falcon/{ids[0]}",
        "guard": "/guard",
    }


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
            context = chromium.new_context(viewport={"width": width, "height": 640})
            context.add_cookies([{"name": COOKIE, "value": operator.cookie, "url": root}])
            for scheme in ("light", "dark") if width == max(WIDTHS) else ("light",):
                page = context.new_page()
                page.emulate_media(color_scheme=scheme)
                for name, path in pages.items():
                    if scheme == "dark" and name != "overview":
                        continue
                    page.goto(f"{root}{path}")
                    suffix = "-dark" if scheme == "dark" else ""
                    page.screenshot(path=IMAGES / f"console-{name}-{width}{suffix}.png")
            context.close()


if __name__ == "__main__":
    main()
