"""The tenant itself: what it starts with, what people do by hand, and `Cortex`, a caller of it.

The other tests of the simulator talk through `Cortex` too.
"""

from __future__ import annotations

import hashlib
import secrets
import string
from typing import Any

import pytest
import requests

from scimbridge.connectors.cortex_xdr.simulator import create_simulator
from scimbridge.connectors.cortex_xdr.simulator.seed import READERS, SOC, SOC_LEVEL_1
from scimbridge.errors import ConfigError
from scimbridge.simulation.clock import ManualClock
from scimbridge.simulation.server import serve
from scimbridge.simulation.wsgi_adapter import WsgiAdapter

BASE = "http://cortex.test"
RBAC = "/public_api/v1/rbac"
IAM = "/platform/iam/v1"

DANA = "dana.keller@example.com"
OMAR = "omar.haddad@example.com"
LENA = "Lena.Fischer@example.com"
RAJ = "raj.patel@example.com"
YUKI = "yuki.tanaka@example.com"
NOA = "noa.levi@example.com"
EVERYBODY = [DANA, OMAR, LENA, RAJ, YUKI, NOA]


class Cortex:
    """A fresh tenant, a clock that stands still, and a caller with both keys of it."""

    def __init__(self, **switches: Any) -> None:
        self.clock = ManualClock()
        self.simulator = create_simulator(switches=switches, clock=self.clock)
        self.session = requests.Session()
        self.session.mount(BASE, WsgiAdapter(self.simulator.app))

    def standard(self) -> dict[str, str]:
        """The headers of the standard key."""
        known = self.simulator.credentials
        return {
            "Authorization": known["standard_api_key"],
            "x-xdr-auth-id": known["standard_api_key_id"],
        }

    def advanced(self, *, nonce: str = "", late_s: float = 0.0) -> dict[str, str]:
        """Fresh headers of the advanced key; ``late_s`` is how old they are."""
        known = self.simulator.credentials
        nonce = nonce or "".join(
            secrets.choice(string.ascii_letters + string.digits) for _ in range(64)
        )
        timestamp = str(int((self.clock() - late_s) * 1000))
        text = known["api_key"] + nonce + timestamp
        return {
            "Authorization": hashlib.sha256(text.encode()).hexdigest(),
            "x-xdr-auth-id": known["api_key_id"],
            "x-xdr-nonce": nonce,
            "x-xdr-timestamp": timestamp,
        }

    def send(self, method: str, path: str, **options: Any) -> requests.Response:
        """Call with the standard key, or with ``headers``."""
        options.setdefault("headers", self.standard())
        return self.session.request(method, BASE + path, **options)

    def rbac(self, operation: str, **data: Any) -> requests.Response:
        """One of the v1 operations."""
        return self.send("POST", f"{RBAC}/{operation}", json={"request_data": data})

    def iam(self, method: str, path: str, **data: Any) -> requests.Response:
        """One operation of Platform IAM, with a body where there is one."""
        body = None if method in ("GET", "DELETE") else {"request_data": data}
        return self.send(method, f"{IAM}/{path}", json=body)

    def hand(self, method: str, path: str, body: Any = None) -> requests.Response:
        """A control route."""
        return self.session.request(method, f"{BASE}/_sim/{path}", json=body)

    def sign_in(self, email: str, **spec: Any) -> None:
        """Somebody signs in through the IdP."""
        answer = self.hand("POST", "accounts", [{"user_name": email, "jit": True, **spec}])
        assert answer.status_code == 201, answer.text

    def users(self) -> dict[str, dict[str, Any]]:
        """What ``get_users`` shows, by e-mail address."""
        return {each["user_email"]: each for each in reply(self.rbac("get_users"))}

    def iam_user(self, email: str) -> dict[str, Any]:
        """What Platform IAM shows of one user."""
        user: dict[str, Any] = data(self.iam("GET", f"user/{email}"))
        return user

    def group(self, group_id: str) -> dict[str, Any]:
        """What Platform IAM shows of one group."""
        groups = {each["group_id"]: each for each in data(self.iam("GET", "user-group"))}
        group: dict[str, Any] = groups[group_id]
        return group


def reply(response: requests.Response) -> Any:
    """``reply`` of a successful v1 answer."""
    assert response.status_code == 200, response.text
    return response.json()["reply"]


def data(response: requests.Response) -> Any:
    """``data`` of a successful answer of Platform IAM."""
    assert response.status_code == 200, response.text
    return response.json()["data"]


def reason(response: requests.Response) -> Any:
    """``err_extra``, wherever it stands."""
    body = response.json()
    inner = body.get("reply") or body["data"]
    return inner.get("metadata", {}).get("err_extra") or inner.get("err_extra")


def test_the_credentials_hold_a_key_of_each_type() -> None:
    credentials = create_simulator().credentials

    assert (credentials["key_type"], credentials["standard_key_type"]) == ("advanced", "standard")
    assert credentials["api_key"] != credentials["standard_api_key"]
    assert credentials["api_key_id"] != credentials["standard_api_key_id"]


def test_the_tenant_starts_with_people_and_with_groups_of_each_kind() -> None:
    state = Cortex().hand("GET", "state").json()

    assert [each["user_name"] for each in state["accounts"]] == EVERYBODY
    assert [each["name"] for each in state["groups"]] == [
        "SOC",
        "SOC Level 1",
        "Threat Hunters",
        "AAD Security Readers",
    ]
    assert [each["directory"] for each in state["groups"]] == [False, False, False, True]


def test_the_state_shows_roles_and_memberships_as_grants() -> None:
    grants = Cortex().hand("GET", "state").json()["grants"]

    assert {
        "account": "lena.fischer@example.com",
        "kind": "role",
        "entitlement": "investigator",
        "name": "Investigator",
    } in grants
    assert {
        "account": RAJ,
        "kind": "user-group",
        "entitlement": SOC_LEVEL_1,
        "name": "SOC Level 1",
        "direct": False,
    } in grants
    roles = {each["account"] for each in grants if each["kind"] == "role"}
    assert roles == {DANA, OMAR, LENA.lower(), RAJ}


def test_a_user_of_the_support_portal_is_added_by_hand() -> None:
    cortex = Cortex()

    cortex.hand(
        "POST",
        "accounts",
        [{"user_name": "New@example.com", "given_name": "N", "roles": ["Viewer"], "groups": [SOC]}],
    )

    added = cortex.users()["New@example.com"]
    assert (added["user_type"], added["role_name"], added["groups"]) == ("CSP", "Viewer", ["SOC"])
    assert added["last_logged_in"] is None
    assert "New@example.com" in cortex.group(SOC)["users"]


def test_a_first_sign_in_creates_the_user_in_the_groups_linked_to_the_idp() -> None:
    cortex = Cortex()

    cortex.sign_in("new@example.com", family_name="New", idp_groups=["okta-soc-l1", "other"])

    added = cortex.users()["new@example.com"]
    assert (added["user_type"], added["role_name"]) == ("SSO", "")
    assert added["groups"] == ["SOC Level 1"]
    assert added["last_logged_in"] == int(cortex.clock() * 1000)


def test_a_later_sign_in_takes_over_names_and_memberships_and_keeps_role_and_direct_ones() -> None:
    cortex = Cortex()
    cortex.iam("PATCH", f"user/{RAJ}", user_groups=[SOC])

    cortex.sign_in(RAJ, given_name="Rajesh")

    user = cortex.users()[RAJ]
    assert (user["user_first_name"], user["user_last_name"]) == ("Rajesh", "Patel")
    assert (user["role_name"], user["groups"]) == ("Responder", ["SOC"])


def test_whoever_came_from_the_portal_and_signs_in_is_of_both_types() -> None:
    cortex = Cortex()

    cortex.sign_in(LENA)

    assert cortex.users()[LENA]["user_type"] == "CSP / SSO"


def test_a_sign_in_leaves_the_groups_of_the_directory_alone() -> None:
    cortex = Cortex()

    cortex.sign_in(YUKI)

    assert cortex.group(READERS)["users"] == [YUKI]


@pytest.mark.parametrize(
    ("spec", "problem"),
    [
        ({}, "user_name None"),
        ({"user_name": "nobody"}, "no e-mail address"),
        ({"user_name": RAJ.upper()}, "is taken"),
        ({"user_name": "a@example.com", "role": "Viewer"}, "unknown key 'role'"),
        ({"user_name": "a@example.com", "roles": ["Nope"]}, "no role 'Nope'"),
        ({"user_name": "a@example.com", "roles": ["Viewer", "Responder"]}, "one role at most"),
        ({"user_name": "a@example.com", "groups": ["Nope"]}, "no user-group 'Nope'"),
        ({"user_name": "a@example.com", "groups": "SOC"}, "list of strings"),
        ({"user_name": "a@example.com", "active": 1}, "true or false"),
        ({"user_name": "a@example.com", "given_name": 1}, "give a string"),
    ],
)
def test_an_account_that_makes_no_sense_is_refused_and_nobody_is_added(
    spec: dict[str, Any], problem: str
) -> None:
    cortex = Cortex()

    answer = cortex.hand("POST", "accounts", [spec])

    assert answer.status_code == 400
    assert problem in answer.json()["error"]
    assert list(cortex.users()) == EVERYBODY


@pytest.mark.parametrize("entitlement", ["viewer", "Viewer", "role:viewer"])
def test_an_administrator_gives_and_takes_the_role(entitlement: str) -> None:
    cortex = Cortex()
    grant = {"account": YUKI, "entitlement": entitlement}

    cortex.hand("POST", "grants", grant)
    given = cortex.users()[YUKI]["role_name"]
    cortex.hand("DELETE", "grants", grant)

    assert given == "Viewer"
    assert cortex.users()[YUKI]["role_name"] == ""


@pytest.mark.parametrize(
    "grant",
    [
        {"kind": "user-group", "entitlement": "role: night"},
        {"kind": "user-group", "entitlement": "user-group:role: night"},
        {"entitlement": "user-group:role: night"},
    ],
)
def test_a_name_with_a_colon_can_be_given(grant: dict[str, str]) -> None:
    cortex = Cortex()
    cortex.iam("POST", "user-group", group_name="role: night")

    cortex.hand("POST", "grants", {"account": YUKI, **grant})

    assert cortex.users()[YUKI]["groups"] == ["AAD Security Readers", "role: night"]


def test_taking_a_role_that_is_not_held_leaves_the_other() -> None:
    cortex = Cortex()

    cortex.hand("DELETE", "grants", {"account": RAJ, "entitlement": "viewer"})

    assert cortex.users()[RAJ]["role_name"] == "Responder"


def test_an_administrator_gives_and_takes_a_direct_membership() -> None:
    cortex = Cortex()
    grant = {"account": LENA, "kind": "user-group", "entitlement": "Threat Hunters"}

    cortex.hand("POST", "grants", grant)
    given = cortex.users()[LENA]["groups"]
    cortex.hand("DELETE", "grants", grant)

    assert given == ["SOC", "SOC Level 1", "Threat Hunters"]
    assert cortex.users()[LENA]["groups"] == ["SOC", "SOC Level 1"]


@pytest.mark.parametrize(
    "grant",
    [
        {"account": "nobody@example.com", "entitlement": "viewer"},
        {"account": RAJ, "entitlement": "nope"},
        {"account": RAJ, "entitlement": "SOC", "kind": "site"},
        {"account": RAJ, "entitlement": "nope", "kind": "user-group"},
    ],
)
def test_a_grant_of_something_unknown_is_refused(grant: dict[str, str]) -> None:
    assert Cortex().hand("POST", "grants", grant).status_code == 400


def test_a_reset_brings_the_seed_back() -> None:
    cortex = Cortex()
    before = cortex.hand("GET", "state").json()
    cortex.sign_in("new@example.com")
    cortex.iam("DELETE", f"user-group/{SOC}")
    cortex.iam("POST", "role", pretty_name="R", component_permissions=["reports_view"])

    cortex.hand("POST", "reset")

    assert cortex.hand("GET", "state").json() == before


def test_an_unknown_switch_is_refused() -> None:
    with pytest.raises(ConfigError, match="unknown switch"):
        create_simulator(switches={"generatoin": 3})


def test_the_tenant_is_served_over_a_socket() -> None:
    simulator = create_simulator()
    headers = {
        "Authorization": simulator.credentials["standard_api_key"],
        "x-xdr-auth-id": simulator.credentials["standard_api_key_id"],
    }

    with serve(simulator.app) as served:
        url = f"{served.url}{IAM}/user/raj.patel%40example.com"
        answer = requests.get(url, headers=headers, timeout=5)
        seen = requests.get(f"{served.url}/_sim/requests", timeout=5).json()["requests"]

    assert data(answer)["user_email"] == RAJ
    assert [each["route"] for each in seen] == [f"{IAM}/user/{{user_email}}"]
    assert simulator.credentials["standard_api_key"] not in str(seen)
