"""A whole configuration file: what it gives, and that every mistake in it is told at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from scimbridge.config import BridgeConfig, Config, ConsoleConfig, Secret, TargetConfig, load_config
from scimbridge.errors import ConfigError

KEY = "k" * 32
ENVIRON = {"KEY": KEY, "SHORT": "k" * 31, "HASH": f"scrypt:2:8:1$salt${'0' * 128}"}


@dataclass(frozen=True, slots=True, kw_only=True)
class AcmeSettings:
    """A vendor's settings, as a vendor's folder would define them."""

    url: str
    token: Secret | None = None
    seats: int = field(default=5, metadata={"min": 1})


@dataclass(frozen=True)
class Careless:
    rename: str = ""


VENDORS = {"acme": AcmeSettings, "careless": Careless}
Load = Callable[[str], Config]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    def load(text: str) -> Config:
        (tmp_path / "bridge.toml").write_bytes(text.encode())
        return load_config(tmp_path / "bridge.toml", VENDORS, environ=ENVIRON)

    return load


@pytest.fixture
def mistakes(load: Load, tmp_path: Path) -> Callable[[str], list[str]]:
    def mistakes(text: str) -> list[str]:
        with pytest.raises(ConfigError) as caught:
            load(text)
        return [each.replace(f"{tmp_path}/", "") for each in caught.value.problems]

    return mistakes


Mistakes = Callable[[str], list[str]]
BRIDGE = '[bridge]\ndatabase = "d"\n'
TARGET = '[targets.a]\ntype = "acme"\nurl = "https://acme.test"\n'


def test_a_minimal_file_gives_every_default(load: Load, tmp_path: Path) -> None:
    config = load(BRIDGE + TARGET)

    assert config == Config(
        bridge=BridgeConfig(database=f"sqlite:///{tmp_path}/d"),
        targets={
            "a": TargetConfig(name="a", type="acme", vendor=AcmeSettings(url="https://acme.test"))
        },
    )


def test_policy_and_vendor_keys_stand_in_one_table(load: Load) -> None:
    target = load(
        BRIDGE
        + TARGET
        + """
        token = "env:KEY"
        seats = 7
        deactivate = "delete"
        role_ranking = ["role:admin", "role:reader"]
        default_role = "role:reader"
        transient_status = 503
        [targets.a.groups]
        "SEC Admins" = ["role:admin", "user-group:Blue Team: West"]
        """
    ).targets["a"]

    assert target.vendor == AcmeSettings(url="https://acme.test", token=Secret(KEY), seats=7)
    assert target.deactivate == "delete"
    assert target.role_ranking == ("role:admin", "role:reader")
    assert target.default_role == "role:reader"
    assert target.transient_status == 503
    assert target.groups == {"SEC Admins": ("role:admin", "user-group:Blue Team: West")}


def test_two_targets_may_be_tenants_of_one_vendor(load: Load) -> None:
    config = load(BRIDGE + TARGET + TARGET.replace("targets.a", "targets.acme-2"))

    assert list(config.targets) == ["a", "acme-2"]


def test_a_file_from_windows_is_read(load: Load) -> None:
    assert load("\ufeff" + (BRIDGE + TARGET).replace("\n", "\r\n")).targets.keys() == {"a"}


def test_lines_are_counted_right_in_a_file_from_windows(mistakes: Mistakes) -> None:
    text = BRIDGE + "workers = '''\n'''\nthreads = 0\n" + TARGET

    assert mistakes(text.replace("\n", "\r\n"))[1].startswith("bridge.toml:5: bridge.threads")


def test_every_mistake_is_told_at_once_and_on_its_line(mistakes: Mistakes) -> None:
    said = mistakes(
        """
        [bridge]
        workers = 0
        data_base = "d"
        deadline_s = 60
        [targets.Acme_1]
        type = "acne"
        strict = 1
        seats = 1
        [targets.b]
        type = "acme"
        seats = 0
        token = "hunter2"
        renmae = "refuse"
        [targets.b.groups]
        Admins = ["admin"]
        [target.c]
        """
    )

    assert [each.split(": ")[:2] for each in said] == [
        ["bridge.toml:17", "target"],
        ["bridge.toml:4", "bridge.data_base"],
        ["bridge.toml:2", "bridge.database"],
        ["bridge.toml:3", "bridge.workers = 0"],
        ["bridge.toml:5", "bridge.deadline_s = 60"],
        ["bridge.toml:6", "targets.Acme_1"],
        ["bridge.toml:7", 'targets.Acme_1.type = "acne"'],
        ["bridge.toml:8", "targets.Acme_1.strict = 1"],
        ["bridge.toml:10", "targets.b.url"],
        ["bridge.toml:13", 'targets.b.token = "***"'],
        ["bridge.toml:12", "targets.b.seats = 0"],
        ["bridge.toml:14", "targets.b.renmae"],
        ["bridge.toml:16", 'targets.b.groups.Admins[0] = "admin"'],
    ]
    assert "hunter2" not in "".join(said)


@pytest.mark.parametrize("seconds", ["1", "54.9"])
def test_a_deadline_ends_before_okta_gives_up(load: Load, seconds: str) -> None:
    assert load(with_bridge(f"deadline_s = {seconds}")).bridge.deadline_s == float(seconds)


def with_bridge(key: str) -> str:
    return BRIDGE + key + "\n" + TARGET


def with_target(key: str) -> str:
    return BRIDGE + TARGET + key


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "bridge.toml: bridge.database: is missing"),
        (BRIDGE, "bridge.toml: targets: no target is configured"),
        (BRIDGE + "[targets]", "bridge.toml:3: targets: no target is configured"),
        (BRIDGE + "[[targets]]", "bridge.toml:3: targets: no target is configured"),
        ('bridge = "x"\n' + TARGET, 'bridge.toml:1: bridge = "x": has the wrong type'),
        (BRIDGE + "[targets]\na = 1", "bridge.toml:4: targets.a = 1: has the wrong type"),
        (BRIDGE + "[targets.a]", 'bridge.toml:3: targets.a.type: is missing; write "acme" or'),
        (BRIDGE + "[targets.a]\ntype = 1", "bridge.toml:4: targets.a.type = 1: is not a known"),
        (with_target("name = 'b'"), "bridge.toml:6: targets.a.name: is not a known key"),
        (with_target("vendor = 'b'"), "bridge.toml:6: targets.a.vendor: is not a known key"),
        (with_bridge("deadline_s = 55"), "Okta closes the connection after 60 seconds"),
        (with_bridge("deadline_s = 0.5"), "write a number from 1 to less than 55"),
        (
            with_bridge('secret_key = "env:SHORT"'),
            '= "env:SHORT": is shorter than 32 characters; make one',
        ),
        (with_bridge("page_size = 1001"), "bridge.page_size = 1001: is above max_page_size"),
        (with_target("groups.'' = []"), 'targets.a.groups."": has no name'),
        (
            with_target('groups.STRASSE = []\ngroups."Straße" = []'),
            'bridge.toml:7: targets.a.groups."Straße": is the group "STRASSE" once more',
        ),
        (
            with_target("protected_entitlements = ['role:x']\ngroups.G = [\n'role:x']"),
            'bridge.toml:8: targets.a.groups.G[0] = "role:x": is in protected_entitlements too',
        ),
        ("a = 'x", 'bridge.toml:1: this is not TOML: Expected "\'"'),
        ("[bridge]\nworkers 2\n", "bridge.toml:2: this is not TOML: Expected '=' after a key"),
    ],
)
def test_a_mistake_is_told(mistakes: Mistakes, text: str, said: str) -> None:
    [only] = [each for each in mistakes(text) if said in each]
    assert only


def test_a_page_may_be_as_long_as_the_longest(load: Load) -> None:
    assert load(with_bridge("page_size = 1000")).bridge.page_size == 1000


@pytest.mark.parametrize(
    "listen", ["127.0.0.1", ":8080", "host:0", "host:65536", "[::1:8080", "a b:1"]
)
def test_an_address_to_listen_on_needs_host_and_port(mistakes: Mistakes, listen: str) -> None:
    [said] = mistakes(with_bridge(f'listen = "{listen}"'))

    assert 'write for example "127.0.0.1:8080"' in said


@pytest.mark.parametrize("listen", ["0.0.0.0:80", "[::1]:8080", "bridge.internal:65535"])
def test_any_host_and_port_may_be_listened_on(load: Load, listen: str) -> None:
    assert load(with_bridge(f'listen = "{listen}"')).bridge.listen == listen


@pytest.mark.parametrize(
    "url",
    [
        "scim.test",
        "ftp://scim.test",
        "https://",
        "https://a?b",
        "https://a#b",
        "https://u@a",
        "https://a:99999",
        "https://[a",
    ],
)
def test_a_public_url_that_is_no_base_url_is_a_mistake(mistakes: Mistakes, url: str) -> None:
    [said] = mistakes(with_bridge(f'public_url = "{url}"'))

    assert "bridge.toml:3: bridge.public_url" in said


def test_a_public_url_is_kept_without_its_final_slash(load: Load) -> None:
    config = load(with_bridge('public_url = "https://scim.test:8443/bridge/"'))

    assert config.bridge.public_url == "https://scim.test:8443/bridge"


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("scim.db", "sqlite:///FOLDER/scim.db"),
        ("/var/lib/scim.db", "sqlite:////var/lib/scim.db"),
        ("sqlite:///state/scim.db", "sqlite:///FOLDER/state/scim.db"),
        ("sqlite:////var/lib/scim.db", "sqlite:////var/lib/scim.db"),
        ("postgresql://scim@db:5432/scim?sslmode=verify-full", None),
        ("postgresql:///scim", None),
    ],
)
def test_a_database_is_a_file_or_a_postgresql_url(
    load: Load, tmp_path: Path, written: str, url: str | None
) -> None:
    config = load(f'[bridge]\ndatabase = "{written}"\n' + TARGET)

    assert config.bridge.database == (url or written).replace("FOLDER", str(tmp_path))


@pytest.mark.parametrize(
    "url",
    [
        "mysql://db/x",
        "sqlite://",
        "sqlite:///",
        "sqlite:///:memory:",
        ":memory:",
        "sqlite://host/x",
        "a.db?mode=ro",
        "postgresql://db:port/x",
    ],
)
def test_another_database_is_a_mistake(mistakes: Mistakes, url: str) -> None:
    [said] = mistakes(f'[bridge]\ndatabase = "{url}"\n' + TARGET)

    assert "is no database; write a path" in said


@pytest.mark.parametrize(
    "url", ["postgresql://a:hunter2@db/x", "postgresql://db/x?password=hunter2"]
)
def test_a_password_in_the_database_url_is_a_mistake(mistakes: Mistakes, url: str) -> None:
    [said] = mistakes(f'[bridge]\ndatabase = "{url}"\n' + TARGET)

    assert "holds a password; leave it out" in said
    assert "hunter2" not in said


@pytest.mark.parametrize(
    "entitlement",
    ["admin", ":admin", "role:", "Role:admin", "role: admin", "role:admin ", "role:a\\nb"],
)
def test_an_entitlement_needs_kind_and_native_id(mistakes: Mistakes, entitlement: str) -> None:
    [said] = mistakes(with_target(f'groups.G = ["{entitlement}"]'))

    assert 'is no entitlement; write "kind:native id"' in said


@pytest.mark.parametrize(
    ("name", "instead"),
    [
        ("Falcon Prod", "falcon-prod"),
        ("-a", "a"),
        ("a_b", "a-b"),
        ("a/b", "a-b"),
        ("ü", "falcon-prod"),
    ],
)
def test_a_target_needs_a_name_that_fits_a_url(mistakes: Mistakes, name: str, instead: str) -> None:
    [said] = mistakes(BRIDGE + TARGET.replace("targets.a", f'targets."{name}"'))

    assert f'for example "{instead}"' in said


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.toml: .*No such file.*; name one"):
        load_config(tmp_path / "none.toml", VENDORS)


def test_a_file_that_is_not_utf_8_is_named(tmp_path: Path) -> None:
    (tmp_path / "bridge.toml").write_bytes(b"# \xff")

    with pytest.raises(ConfigError, match=r"byte 2 is not UTF-8 text; save"):
        load_config(tmp_path / "bridge.toml", VENDORS)


def test_secrets_are_taken_from_the_process_unless_told_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bridge.toml").write_text(with_bridge('secret_key = "env:KEY"'))
    monkeypatch.setenv("KEY", KEY)

    config = load_config(tmp_path / "bridge.toml", VENDORS)

    assert config.bridge.secret_key == Secret(KEY)


def test_a_vendor_may_not_redefine_a_key_of_every_target(load: Load) -> None:
    with pytest.raises(TypeError, match=r"Careless redefines keys of every target: \['rename'\]"):
        load(BRIDGE + '[targets.a]\ntype = "careless"')


CONSOLE = '[console]\noperators = { ada = "env:HASH" }\n'


def test_operators_are_named_with_the_hashes_of_their_passwords(load: Load) -> None:
    console = load(BRIDGE + TARGET + CONSOLE).console

    assert console == ConsoleConfig(operators={"ada": Secret(ENVIRON["HASH"])})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("console = 1\n" + BRIDGE + TARGET, "bridge.toml:1: console = 1: has the wrong type"),
        (BRIDGE + TARGET + "[console]", "bridge.toml:6: console.operators: is missing"),
        (BRIDGE + TARGET + "[console]\noperators = {}", "operators names nobody"),
        (
            BRIDGE + TARGET + '[console]\noperators = { ada = "env:KEY" }',
            "scimbridge console password",
        ),
        (
            BRIDGE + TARGET + '[console]\noperators = { "a b" = "env:HASH" }',
            "operators has the name 'a b'",
        ),
        (
            BRIDGE + TARGET.replace("targets.a", "targets.console") + CONSOLE,
            "bridge.toml:3: targets.console: has the URL of the operators' pages",
        ),
    ],
)
def test_a_console_that_cannot_be_is_refused(mistakes: Mistakes, text: str, said: str) -> None:
    [found] = mistakes(text)

    assert said in found


def test_a_target_may_be_called_console_where_there_is_none(load: Load) -> None:
    assert list(load(BRIDGE + TARGET.replace("targets.a", "targets.console")).targets) == [
        "console"
    ]
