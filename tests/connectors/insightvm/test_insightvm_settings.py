"""What can be configured of a console, and which mistakes are told."""

from __future__ import annotations

import base64
import dataclasses
from typing import Any

import pytest

from scimbridge.config import Secret
from scimbridge.connectors.insightvm.settings import InsightVMSettings
from scimbridge.connectors.insightvm.totp import one_time_code, parse_seed

RFC_6238_SEED = base64.b32encode(b"12345678901234567890").decode()


def parse(name: str, value: Any) -> Any:
    """What a setting makes of a value."""
    (setting,) = (each for each in dataclasses.fields(InsightVMSettings) if each.name == name)
    return setting.metadata["parse"](value)


def settings(**changes: Any) -> InsightVMSettings:
    keys: dict[str, Any] = {
        "base_url": "https://console.test:3780",
        "username": "bridge",
        "password": Secret("secret"),
        **changes,
    }
    return InsightVMSettings(**keys)


@pytest.mark.parametrize(
    "url", ["https://console.example.com:3780", "https://10.0.0.5", "https://[::1]:3780"]
)
def test_an_address_is_scheme_host_and_port(url: str) -> None:
    assert parse("base_url", url) == parse("base_url", url + "/") == url


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://console.example.com:3780", "no https URL"),
        ("console.example.com:3780", "no https URL"),
        ("https://", "no https URL"),
        ("https://console.example.com:3780/api/3", "leave the rest out"),
        ("https://console.example.com?x=1", "leave the rest out"),
        ("https://me:secret@console.example.com", "leave the rest out"),
        ("https://us.api.insight.rapid7.com", "cloud platform"),
        ("https://insight.rapid7.com", "cloud platform"),
    ],
)
def test_anything_else_is_told(url: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse("base_url", url)


def test_a_login_that_basic_authentication_cannot_carry_is_told() -> None:
    assert parse("username", "svc-bridge") == "svc-bridge"
    with pytest.raises(ValueError, match="colon"):
        parse("username", "domain:bridge")


def test_a_built_in_role_is_no_custom_role() -> None:
    with pytest.raises(ValueError, match="global-admin, user"):
        settings(roles={"user": (), "Ops": ("create-reports",), "global-admin": ()})


def test_secrets_do_not_show() -> None:
    shown = repr(settings(password=Secret("hunter2"), two_factor_key=Secret(RFC_6238_SEED)))

    assert "hunter2" not in shown
    assert RFC_6238_SEED not in shown


@pytest.mark.parametrize("seed", ["", "   ", "0189", "JBSWY3DPEHPK3PX!", "é"])
def test_what_is_no_seed_is_told_without_showing_it(seed: str) -> None:
    with pytest.raises(ValueError, match="no two-factor seed") as caught:
        parse_seed(seed)

    assert not seed.strip() or seed not in str(caught.value)


def test_a_seed_may_be_grouped_and_unpadded() -> None:
    assert parse_seed("jbsw y3dp ehpk 3pxp") == parse_seed("JBSWY3DPEHPK3PXP")
    assert parse_seed("MZXW6") == parse_seed("MZXW6===") == b"foo"


@pytest.mark.parametrize(
    ("now", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_codes_are_those_of_the_standard(now: int, code: str) -> None:
    """RFC 6238 appendix B, of which an authenticator shows the last six digits."""
    assert one_time_code(RFC_6238_SEED, now) == code
