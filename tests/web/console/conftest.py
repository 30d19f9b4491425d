"""A bridge with a console, a client of it, and an operator who has signed in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.conftest import World, open_world

OPERATOR = "ada"
COOKIE = "scimbridge_console"
PASSWORD = "correct horse battery staple"
# Made at little cost: what it takes to guess is not tested here.
HASH = (
    "scrypt:1024:8:1$pepper$"
    "a277aed3d25bda506fd83bd8323ff573fac956ae7380293c7c194faebce45bbf"
    "8458648692240cc65c3270a02bea4bd6770da96fca212d567658bca6c4307586"
)


def open_console(
    folder: Path, *, console: str = "", hashed: str = HASH, other_targets: str = "", **settings: Any
) -> AbstractContextManager[World]:
    """Like `open_world`, with a console; ``console`` holds further lines of its table."""
    (folder / "ada.hash").write_text(hashed)
    table = f'[console]\noperators = {{ {OPERATOR} = "file:ada.hash" }}\n{console}\n'
    return open_world(folder, other_targets=f"{other_targets}\n{table}", **settings)


_addresses = count(1)


class Browser:
    """Flask's client, which fills in the forms that it was shown."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        # Attempts to sign in are counted by address.
        self.client.environ_base["REMOTE_ADDR"] = f"127.0.1.{next(_addresses)}"

    def get(self, path: str) -> TestResponse:
        return self.client.get(f"/console{path}")

    @property
    def cookie(self) -> str:
        """That of the session."""
        found = self.client.get_cookie(COOKIE, path="/console")
        assert found is not None
        return found.value

    @cookie.setter
    def cookie(self, value: str) -> None:
        self.client.set_cookie(COOKIE, value, path="/console")

    def form_token(self, seen_on: str) -> str:
        """What the forms on a page carry."""
        found = re.search(r'name="form_token" value="([0-9a-f]+)"', self.get(seen_on).text)
        assert found is not None
        return found[1]

    def post(self, path: str, *, seen_on: str, **fields: str) -> TestResponse:
        """Send a form as it stands on the page ``seen_on``."""
        data = {"form_token": self.form_token(seen_on), **fields}
        return self.client.post(f"/console{path}", data=data)

    def sign_in(self, name: str = OPERATOR, password: str = PASSWORD) -> TestResponse:
        return self.post("/sign-in", seen_on="/sign-in", name=name, password=password)


@pytest.fixture(scope="package")
def consoled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A bridge with a console; tests that write here use names of their own."""
    with open_console(tmp_path_factory.mktemp("console")) as opened:
        opened.provider.observer.refresh_catalogue()
        yield opened


@pytest.fixture
def stranger(consoled: World) -> Browser:
    """Somebody who has not signed in."""
    return Browser(consoled.bridge.app.test_client())


@pytest.fixture(scope="package")
def signed_in(consoled: World) -> str:
    """The cookie of the operator's session."""
    browser = Browser(consoled.bridge.app.test_client())
    assert browser.sign_in().status_code == 303
    return browser.cookie


@pytest.fixture
def browser(stranger: Browser, signed_in: str) -> Browser:
    """The operator's."""
    stranger.cookie = signed_in
    return stranger


@dataclass
class Scene:
    """A bridge with people and groups, and an operator who looks at it."""

    world: World
    browser: Browser
    jane: dict[str, Any]
    readers: str
    idle: str

    def text(self, path: str) -> str:
        answer = self.browser.get(path)
        assert answer.status_code == 200, answer.text
        return " ".join(answer.text.split())


@pytest.fixture(scope="package")
def scene(consoled: World, signed_in: str) -> Scene:
    """Somebody with access and somebody who left; groups that grant, that do not, and cannot."""
    browser = Browser(consoled.bridge.app.test_client())
    browser.cookie = signed_in
    scim = consoled.scim
    jane = scim.create_user("jane@example.com", displayName="Jane Roe")
    gone = scim.create_user("gone@example.com")
    readers = scim.create_group("SEC Falcon Readers", jane["id"])
    idle = scim.create_group("Choir", jane["id"], "nobody-known")
    scim("DELETE", f"/Users/{gone['id']}")
    scim.add_members(scim.create_group("SEC Broken"), jane["id"])
    return Scene(consoled, browser, jane, readers, idle)


@pytest.fixture
def paused(tmp_path: Path) -> Iterator[Scene]:
    """A world of its own, with a person whose removal waits for the vendor."""
    with open_console(tmp_path, deadline_s=1) as world:
        world.provider.observer.refresh_catalogue()
        readers = world.scim.create_group("SEC Falcon Readers")
        jane = world.scim.create_user("jane@example.com")
        world.scim.add_members(readers, jane["id"])
        browser = Browser(world.bridge.app.test_client())
        browser.sign_in()
        yield Scene(world, browser, jane, readers, "")
