from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from scimbridge.config import Secret, Where, read_table
from scimbridge.connectors.cortex_xdr.settings import CortexXdrSettings

BASE: dict[str, Any] = {"api_key": "env:CORTEX_KEY", "api_key_id": "12"}


def read(key: str = "hunter2", **keys: Any) -> tuple[CortexXdrSettings | None, list[str]]:
    problems: list[str] = []
    where = Where(Path("/etc/scimbridge.toml"), environ={"CORTEX_KEY": key})
    return read_table({**BASE, **keys}, CortexXdrSettings, where, problems), problems


def usable(**keys: Any) -> CortexXdrSettings:
    settings, problems = read(**keys)
    assert problems == []
    assert settings is not None
    return settings


def mistake(**keys: Any) -> str:
    settings, problems = read(**keys)
    assert settings is None
    (problem,) = problems
    return problem


def test_the_host_name_of_the_tenant_stands_for_the_address_of_its_api() -> None:
    settings = usable(fqdn="Acme.xdr.us.paloaltonetworks.com")

    assert settings.url == "https://api-acme.xdr.us.paloaltonetworks.com"


@pytest.mark.parametrize(
    ("fqdn", "reason"),
    [
        ("https://acme.xdr.us.paloaltonetworks.com", "is no host name"),
        ("acme.xdr.us.paloaltonetworks.com/x", "is no host name"),
        ("acme.xdr.us.paloaltonetworks.com:8443", "is no host name"),
        ("me@acme.xdr.us.paloaltonetworks.com", "is no host name"),
        ("acme", "is no host name"),
        ("acme.example.com\n", "is no host name"),
        ("api-acme.xdr.us.paloaltonetworks.com", "adds itself"),
    ],
)
def test_what_is_no_host_name_of_a_tenant_is_refused(fqdn: str, reason: str) -> None:
    assert reason in mistake(fqdn=fqdn)


def test_what_is_left_out_has_a_default() -> None:
    settings = usable(fqdn="acme.example.com")

    assert settings == CortexXdrSettings(
        fqdn="acme.example.com",
        base_url=None,
        api_key=Secret("hunter2"),
        api_key_id="12",
        key_type="advanced",
        generation="auto",
        role_names=(),
        write_names=True,
        disabled_status="Disabled",
        call_timeout_s=20.0,
        ca_file=None,
    )


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://cortex.proxy.example/", "https://cortex.proxy.example"),
        ("http://127.0.0.1:5000", "http://127.0.0.1:5000"),
        ("http://localhost:5000", "http://localhost:5000"),
    ],
)
def test_an_address_may_be_given_instead(given: str, kept: str) -> None:
    assert usable(base_url=given).url == kept


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://api-acme.example.com", "unencrypted"),
        ("http://127.0.0.1.example.com", "unencrypted"),
        ("ftp://api-acme.example.com", "is no URL"),
        ("https://", "is no URL"),
        ("https://api-acme.example.com/public_api", "has more than scheme and host"),
        ("https://me@api-acme.example.com", "has more than scheme and host"),
    ],
)
def test_an_address_to_which_no_key_should_go_is_refused(url: str, reason: str) -> None:
    assert reason in mistake(base_url=url)


def test_host_name_and_address_exclude_each_other() -> None:
    assert "needs either fqdn or base_url" in mistake()
    assert "needs either" in mistake(fqdn="acme.example.com", base_url="https://a.example.com")


@pytest.mark.parametrize("text", ["12a", "1 2", "-1", "\u0661"])
def test_what_is_no_key_id_is_refused(text: str) -> None:
    assert "is no key id" in mistake(fqdn="acme.example.com", api_key_id=text)


@pytest.mark.parametrize("key", ["space ", "line\nbreak", "schl\u00fcssel"])
def test_a_key_that_no_header_can_carry_is_refused_unseen(key: str) -> None:
    problem = mistake(fqdn="acme.example.com", key=key)

    assert "cannot be sent in a header" in problem
    assert key not in problem


def test_the_key_is_not_shown() -> None:
    assert "hunter2" not in repr(usable(fqdn="acme.example.com"))
