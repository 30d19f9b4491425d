"""Tokens on the command line."""

from __future__ import annotations

import json
import re

import pytest

from tests.bridge.other_vendors import VendorWorld
from tests.cli.conftest import Commands
from tests.conftest import Scim


@pytest.fixture
def world(shared: VendorWorld) -> VendorWorld:
    return shared


def opens(world: VendorWorld, token: str) -> bool:
    return Scim(world.scim.base_url, token)("GET", "/Users?count=0").status_code == 200


def test_a_token_serves_until_it_is_revoked(world: VendorWorld, run: Commands) -> None:
    token = run.done("token", "create", "falcon", "--name", "okta").strip()
    token_id = token.split("_")[1]
    assert re.fullmatch(r"scb_[0-9a-f]{12}_\S{43}", token)
    assert opens(world, token)

    assert token_id in run.done("token", "list")
    assert f"{token_id} is revoked" in run.done("token", "revoke", token_id)

    assert not opens(world, token)
    assert "scimbridge token list" in run.fails("token", "revoke", token_id)


def test_the_same_token_is_shown_in_the_words_of_the_form(run: Commands) -> None:
    client = run.done("token", "create", "falcon", "--oauth")
    user = run.done("token", "create", "falcon", "--basic")

    assert re.search(r"client id: +\w{12}\nclient secret: \S{43}\ntoken URL: ", client)
    assert re.search(r"user: +\w{12}\npassword: \S{43}\n", user)


def test_programs_get_every_form_at_once(world: VendorWorld, run: Commands) -> None:
    made = json.loads(run.done("token", "create", "falcon", "--days", "30", "--json"))

    assert opens(world, made["token"])
    assert made["token"] == f"scb_{made['id']}_{made['secret']}"
    assert made["token_url"].endswith("/falcon/oauth/token")


def test_programs_see_every_token_and_no_secret(run: Commands) -> None:
    made = json.loads(run.done("token", "create", "falcon", "--read-only", "--json"))
    ended = json.loads(run.done("token", "revoke", made["id"], "--json"))

    listed = [json.loads(line) for line in run.done("token", "list", "--json").splitlines()]

    assert ended["id"] == made["id"]
    (found,) = (each for each in listed if each["id"] == made["id"])
    assert (found["read_only"], found["revoked"]) == (True, ended["revoked"])
    assert (found["target"], found["name"], found["expires"]) == ("falcon", "idp", None)
    assert all("digest" not in each for each in listed)


def test_a_token_is_for_a_target_that_there_is(run: Commands) -> None:
    assert "there is no target flacon; there are falcon" in run.fails("token", "create", "flacon")
