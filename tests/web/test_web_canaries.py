"""Secrets turn up nowhere: canaries in every place that holds one, and a search for them."""

from __future__ import annotations

import base64
import io
import logging
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from flask import request

from scimbridge.config import Secret
from scimbridge.demo.setup import TARGETS, SimulatedTarget
from scimbridge.directory import tokens
from scimbridge.errors import ScimError
from scimbridge.logs import line_handler
from scimbridge.simulation.faults import Fault
from scimbridge.web import errors
from tests.bridge.other_vendors import VendorWorld, open_vendor_world
from tests.conftest import CORE_USER, SECRET_KEY, Scim

PASSWORD = "Canary-Passw0rd-of-a-person"


@contextmanager
def listening() -> Iterator[io.StringIO]:
    """Everything that is logged, at the most talkative level, as it is written in production."""
    stream = io.StringIO()
    handler, root = line_handler(stream), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel("DEBUG")
    logging.getLogger("urllib3").setLevel(logging.WARNING)
    try:
        yield stream
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


def story(world: VendorWorld, root: str, target: str) -> list[requests.Response]:
    """What an IdP does on a good and on a bad day, and what an attacker tries."""
    scim = world.scim
    user = {"schemas": [CORE_USER], "userName": "jane@example.com", "password": PASSWORD}
    names = {"givenName": "Jane", "familyName": "Doe"}
    created = scim("POST", "/Users", user | {"name": names})
    path = f"/Users/{created.json().get('id')}"
    client_id, secret = tokens.client_of(scim.token)
    form = {
        "grant_type": "client_credentials",
        "client_id": client_id,
        "client_secret": secret,
    }
    basic = base64.b64encode(f"{client_id}:{secret}x".encode()).decode()
    return [
        created,
        scim("GET", path),
        scim("GET", f'/Users?filter=password eq "{PASSWORD}"'),
        scim.patch(path, {"op": "replace", "path": "password", "value": PASSWORD}),
        scim.patch(path, {"op": "replace", "path": "password", "value": {"value": PASSWORD}}),
        scim("PUT", path, user | {"active": PASSWORD}),
        scim("POST", "/Users", user),
        scim("POST", "/Users", f'{{"password": "{PASSWORD}"'.encode()),
        Scim(scim.base_url, f"{scim.token}x")("GET", "/Users"),
        Scim(scim.base_url, f"{scim.token},")("GET", "/Users"),
        scim("GET", "/Users", Authorization=f"Basic {basic}"),
        requests.post(
            f"{root}/{target}/oauth/token", data=form | {"grant_type": secret}, timeout=9
        ),
        requests.post(f"{root}/{target}/oauth/token", data=form | {"client_id": "x"}, timeout=9),
        requests.post(f"{root}/{target}/oauth/token", json=form, timeout=9),
        scim.set_active(path.removeprefix("/Users/"), False),
        scim("DELETE", path),
        requests.get(f"{root}/metrics", timeout=9),
        requests.get(f"{root}/readyz", timeout=9),
    ]


def everything(folder: Path, world: VendorWorld, name: str) -> dict[str, str]:
    """All texts that the bridge leaves behind, by where."""
    with listening() as log:
        root = world.scim.base_url.removesuffix(f"/{name}/scim/v2")
        answers = story(world, root, name)
        # A stack trace of a failure in the middle of a change, too.
        world.simulator.faults.add(Fault(status=500), count=3)
        answers.append(world.scim("POST", "/Users", {"schemas": [], "userName": "b@example.com"}))
    assert len([answer for answer in answers if answer.status_code < 300]) > 5
    with sqlite3.connect(folder / "directory.db") as database:
        rows = "\n".join(database.iterdump())
    found = {
        "answers": "\n".join(f"{answer.headers} {answer.text}" for answer in answers),
        "log": log.getvalue(),
        "database": rows,
        "files": "".join(
            path.read_bytes().decode("latin-1") for path in folder.glob("directory.db*")
        ),
        "reprs": repr((world.bridge, world.bridge.providers, world.bridge.app.extensions)),
    }
    assert all(found.values())
    return found


def leaks(texts: dict[str, str], secrets: dict[str, str]) -> list[str]:
    """Which secrets are in which texts, in clear or as they travel."""
    return [
        f"{name} in the {where}"
        for name, secret in secrets.items()
        for where, text in texts.items()
        for form in (secret, base64.b64encode(secret.encode()).decode().rstrip("="))
        if form in text
    ]


def secrets_of(world: VendorWorld, name: str) -> dict[str, str]:
    target = SimulatedTarget(name, "", world.simulator.credentials)
    return {
        **target.environment(),
        "secret_key": SECRET_KEY,
        "token": tokens.client_of(world.scim.token)[1],
        "password": PASSWORD,
    }


@pytest.mark.parametrize("name", TARGETS)
def test_no_secret_is_in_what_the_bridge_leaves_behind(tmp_path: Path, name: str) -> None:
    with open_vendor_world(tmp_path, name) as world:
        secrets = secrets_of(world, name)
        texts = everything(tmp_path, world, name)

    assert len(secrets) >= 4
    assert leaks(texts, secrets) == []


def test_a_secret_that_is_logged_stored_or_shown_would_be_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scimbridge.directory.tokens._digest", lambda _key, secret: secret)
    monkeypatch.setattr(Secret, "__repr__", Secret.reveal)
    respond = errors.error_body

    def careless(error: ScimError) -> Any:
        logging.getLogger("careless").info("%s", request.headers)
        return respond(error) | {"detail": request.headers.get("Authorization")}

    monkeypatch.setattr(errors, "error_body", careless)
    with open_vendor_world(tmp_path, "falcon") as world:
        secrets = secrets_of(world, "falcon")
        found = leaks(everything(tmp_path, world, "falcon"), secrets)

    assert {
        "token in the database",
        "token in the files",
        "token in the answers",
        "token in the log",
    } <= set(found)
    assert any(each.endswith("in the reprs") for each in found)
