"""What the configuration says of callers, and the mistakes that are found in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from scimbridge.config import Config, load_config
from scimbridge.connectors.registry import vendor_settings
from scimbridge.errors import ConfigError

TARGET = """
[targets.{name}]
type = "falcon"
region = "us-1"
client_id = "0123456789abcdef0123456789abcdef"
client_secret = "env:SECRET"
"""
JWT = """
jwt_issuer = "https://login.example.com/"
jwt_audience = "api://scim"
jwt_jwks_url = "https://login.example.com/keys"
"""


def load(folder: Path, *tables: str, bridge: str = "") -> Config:
    path = folder / "scimbridge.toml"
    path.write_text(f'[bridge]\ndatabase = "x.db"\n{bridge}\n' + "\n".join(tables))
    return load_config(path, vendor_settings(), environ={"SECRET": "x"})


def mistakes(folder: Path, *tables: str, bridge: str = "") -> str:
    with pytest.raises(ConfigError) as raised:
        load(folder, *tables, bridge=bridge)
    return str(raised.value)


def test_networks_are_addresses_or_prefixes(tmp_path: Path) -> None:
    lines = 'allowed_networks = ["203.0.113.0/24", "2001:db8::1"]'

    config = load(
        tmp_path, TARGET.format(name="a") + lines, bridge='trusted_proxies = ["127.0.0.1"]'
    )

    assert config.targets["a"].allowed_networks == ("203.0.113.0/24", "2001:db8::1/128")
    assert config.bridge.trusted_proxies == ("127.0.0.1/32",)


@pytest.mark.parametrize("text", ["203.0.113.7/24", "example.com", "10.0.0", "*", "1"])
def test_what_is_no_network_is_a_mistake(tmp_path: Path, text: str) -> None:
    told = mistakes(tmp_path, TARGET.format(name="a") + f'allowed_networks = ["{text}"]')

    assert "is no network" in told
    assert text in told


@pytest.mark.parametrize(
    "url", ["http://login.example.com/keys", "login.example.com", "file:///keys", "https://[", "x"]
)
def test_keys_come_by_https(tmp_path: Path, url: str) -> None:
    lines = JWT.replace("https://login.example.com/keys", url)

    assert "is not an https URL" in mistakes(tmp_path, TARGET.format(name="a") + lines)


@pytest.mark.parametrize("key", ["jwt_issuer", "jwt_audience", "jwt_jwks_url"])
def test_half_a_description_of_an_issuer_is_a_mistake(tmp_path: Path, key: str) -> None:
    lines = "\n".join(line for line in JWT.splitlines() if not line.startswith(key))

    told = mistakes(tmp_path, TARGET.format(name="a") + lines)

    assert "JWTs need jwt_issuer, jwt_audience and jwt_jwks_url" in told


def test_an_issuer_of_microsoft_needs_the_tenant(tmp_path: Path) -> None:
    lines = JWT.replace('"https://login.example.com/"', '"https://sts.windows.net/x/"')

    assert "jwt_tenant_id is missing" in mistakes(tmp_path, TARGET.format(name="a") + lines)
    load(tmp_path, TARGET.format(name="a") + lines + 'jwt_tenant_id = "x"')


def test_no_jwt_opens_two_targets(tmp_path: Path) -> None:
    one, other = (TARGET.format(name=name) + JWT for name in ("a", "b"))

    told = mistakes(tmp_path, one, other)

    assert "targets.b.jwt_audience" in told
    assert "accepts JWTs that targets.a accepts too" in told
    assert "accepts JWTs" in mistakes(tmp_path, one + 'jwt_clients = ["x"]', other)
    load(tmp_path, one + 'jwt_clients = ["x"]', other + 'jwt_clients = ["y"]')
    load(tmp_path, one, other.replace("api://scim", "api://another"))


@pytest.mark.parametrize("tenants", [("", "x"), ("x", ""), ("x", "x")])
def test_a_target_without_a_tenant_takes_the_jwts_of_each(
    tmp_path: Path, tenants: tuple[str, str]
) -> None:
    named = [f'jwt_tenant_id = "{each}"' if each else "" for each in tenants]
    one, other = (
        TARGET.format(name=name) + JWT + line for name, line in zip("ab", named, strict=True)
    )

    assert "none may open two targets" in mistakes(tmp_path, one, other)


def test_targets_of_two_tenants_may_share_an_audience(tmp_path: Path) -> None:
    one, other = (
        TARGET.format(name=name) + JWT + f'jwt_tenant_id = "tenant-{name}"' for name in ("a", "b")
    )

    assert set(load(tmp_path, one, other).targets) == {"a", "b"}
