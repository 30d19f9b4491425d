from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from scimbridge.config import Secret, Where, read_table
from scimbridge.connectors.falcon.settings import REGIONS, FalconSettings, parse_cid

CID = "0123456789abcdef0123456789abcdef"
BASE: dict[str, Any] = {"client_id": "id", "client_secret": "env:FALCON_SECRET"}


def read(**keys: Any) -> tuple[FalconSettings | None, list[str]]:
    problems: list[str] = []
    where = Where(Path("/etc/scimbridge.toml"), environ={"FALCON_SECRET": "hunter2"})
    return read_table({**BASE, **keys}, FalconSettings, where, problems), problems


def usable(**keys: Any) -> FalconSettings:
    settings, problems = read(**keys)
    assert problems == []
    assert settings is not None
    return settings


def mistake(**keys: Any) -> str:
    settings, problems = read(**keys)
    assert settings is None
    (problem,) = problems
    return problem


@pytest.mark.parametrize(("region", "url"), REGIONS.items())
def test_a_region_stands_for_its_address(region: str, url: str) -> None:
    assert usable(region=region).url == url


def test_all_regions_are_https_hosts_of_the_vendor() -> None:
    host = re.compile(r"https://api\.(?:[a-z0-9.-]+\.)?crowdstrike\.(?:com|mil)")

    assert all(host.fullmatch(url) for url in REGIONS.values())


def test_what_is_left_out_has_a_default() -> None:
    settings = usable(region="us-1")

    assert settings == FalconSettings(
        region="us-1",
        client_id="id",
        client_secret=Secret("hunter2"),
        base_url=None,
        member_cid=None,
        cid=None,
        flight_control=False,
        falcon_api="current",
        call_timeout_s=10.0,
        ca_file=None,
    )


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://falcon.proxy.example/", "https://falcon.proxy.example"),
        ("https://falcon.proxy.example:8443", "https://falcon.proxy.example:8443"),
        ("http://127.0.0.1:5000", "http://127.0.0.1:5000"),
        ("http://[::1]:5000", "http://[::1]:5000"),
        ("http://localhost:5000", "http://localhost:5000"),
    ],
)
def test_an_address_may_be_given_instead(given: str, kept: str) -> None:
    assert usable(base_url=given).url == kept


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://api.crowdstrike.com", "unencrypted"),
        ("http://127.0.0.1.example.com", "unencrypted"),
        ("ftp://api.crowdstrike.com", "is no URL"),
        ("api.crowdstrike.com", "has more than scheme and host"),
        ("https://", "is no URL"),
        ("https://api.crowdstrike.com/v1", "has more than scheme and host"),
        ("https://api.crowdstrike.com?x=1", "has more than scheme and host"),
        ("https://me@api.crowdstrike.com", "has more than scheme and host"),
    ],
)
def test_an_address_to_which_no_secret_should_go_is_refused(url: str, reason: str) -> None:
    assert reason in mistake(base_url=url)


def test_region_and_address_exclude_each_other() -> None:
    assert "either region (us-1, us-2" in mistake()
    assert "either region" in mistake(region="us-1", base_url="https://api.crowdstrike.com")


def test_a_child_cannot_have_flight_control() -> None:
    assert "no Flight Control of its own" in mistake(
        region="us-1", member_cid=CID, flight_control=True
    )


@pytest.mark.parametrize("text", [CID, CID.upper(), f"{CID.upper()}-0F"])
def test_a_customer_id_is_taken_as_the_console_shows_it(text: str) -> None:
    assert usable(region="us-1", cid=text).cid == CID
    assert parse_cid(text) == CID


@pytest.mark.parametrize("text", ["0123", f"{CID}0", f"{CID}-0", f"{CID}\n", "' or '"])
def test_what_is_no_customer_id_is_refused(text: str) -> None:
    assert "is no customer id" in mistake(region="us-1", member_cid=text)


def test_the_secret_is_not_shown() -> None:
    assert "hunter2" not in repr(usable(region="us-1"))
