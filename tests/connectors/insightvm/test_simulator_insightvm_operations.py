"""Every operation once with success and once with each of its errors, against their shapes.

`simulated_console.Console` checks the shape of every answer, in the other modules too.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from shape_checks import OPERATIONS
from simulated_console import IRENE, LENA, MARA, PAT, SERVICE, Console, message, user_edit

from scimbridge.connectors.insightvm.simulator.seed import PERSON_PASSWORD
from scimbridge.simulation.faults import Fault

SEED = "GEZDGNBVGY3TQOJQ"
MARA_SIGNS_IN = ("mara.lind", PERSON_PASSWORD)
EDIT = user_edit(login="mara.lind", password=None)

# The path and the body with which each operation succeeds on a fresh console.
CALLS: dict[str, tuple[str, Any]] = {
    "resources": ("", None),
    "info": ("/administration/info", None),
    "settings": ("/administration/settings", None),
    "getUsers": ("/users", None),
    "createUser": ("/users", user_edit()),
    "getUser": (f"/users/{MARA}", None),
    "updateUser": (f"/users/{MARA}", EDIT),
    "deleteUser": (f"/users/{MARA}", None),
    "unlockUser": (f"/users/{LENA}/lock", None),
    "resetPassword": (f"/users/{SERVICE}/password", "Another-Good-1"),
    "getTwoFactorAuthenticationKey": (f"/users/{LENA}/2FA", None),
    "regenerateTwoFactorAuthentication": (f"/users/{MARA}/2FA", None),
    "setTwoFactorAuthentication": (f"/users/{MARA}/2FA", SEED),
    "getUserPrivileges": (f"/users/{MARA}/privileges", None),
    "getUserSites": (f"/users/{MARA}/sites", None),
    "setUserSites": (f"/users/{MARA}/sites", [3]),
    "removeAllUserSites": (f"/users/{MARA}/sites", None),
    "addUserSite": (f"/users/{MARA}/sites/3", None),
    "removeUserSite": (f"/users/{MARA}/sites/1", None),
    "getUserAssetGroups": (f"/users/{MARA}/asset_groups", None),
    "setUserAssetGroups": (f"/users/{MARA}/asset_groups", [2, 3]),
    "removeAllUserAssetGroups": (f"/users/{MARA}/asset_groups", None),
    "addUserAssetGroup": (f"/users/{MARA}/asset_groups/2", None),
    "removeUserAssetGroup": (f"/users/{MARA}/asset_groups/1", None),
    "getRoles": ("/roles", None),
    "getRole": ("/roles/Patch%20Coordinator", None),
    "updateRole": ("/roles/Night%20Shift", {"name": "Night Shift", "description": "At night"}),
    "deleteRole": ("/roles/Unused", None),
    "getRoleUsers": ("/roles/user/users", None),
    "getPrivileges": ("/privileges", None),
    "getPrivilege": ("/privileges/create-reports", None),
    "getUsersWithPrivilege": ("/privileges/create-reports/users", None),
    "getAuthenticationSources": ("/authentication_sources", None),
    "getAuthenticationSource": ("/authentication_sources/4", None),
    "getAuthenticationSourceUsers": ("/authentication_sources/4/users", None),
    "getAssetGroups": ("/asset_groups", None),
    "getAssetGroupUsers": ("/asset_groups/1/users", None),
    "setAssetGroupUsers": ("/asset_groups/1/users", [MARA]),
    "addAssetGroupUser": (f"/asset_groups/2/users/{MARA}", None),
    "removeAssetGroupUser": (f"/asset_groups/1/users/{MARA}", None),
    "getSites": ("/sites", None),
    "getSiteUsers": ("/sites/1/users", None),
    "addSiteUser": ("/sites/3/users", MARA),
    "setSiteUsers": ("/sites/1/users", [MARA, PAT, IRENE]),
    "removeSiteUser": (f"/sites/1/users/{MARA}", None),
}
METHODS = {each["name"]: key.split()[0] for key, each in OPERATIONS.items()}
ROUTES = {each["name"]: key.split()[1] for key, each in OPERATIONS.items()}
TAKES_BODY = [name for name, (_, body) in CALLS.items() if body is not None]
FOR_ANYBODY = {"resources", "getSites", "getAssetGroups"}
CREATE_BY_PUT = {"updateRole"}
EVERY = pytest.mark.parametrize("name", sorted(CALLS))


@pytest.fixture(scope="module")
def shared() -> Console:
    return Console(two_factor=True)


@pytest.fixture
def opened(shared: Console) -> Console:
    """A console as new, with two-factor authentication, and with a role that nobody has."""
    shared.simulator.reset()
    shared.call("PUT", "/roles/Unused", {"name": "Unused", "description": "Nobody's"})
    return shared


def perform(opened: Console, name: str, **options: Any) -> Any:
    path, body = CALLS[name]
    return opened.call(METHODS[name], path, body, **options)


def test_the_table_covers_every_operation_of_the_specification() -> None:
    assert set(CALLS) == set(METHODS)
    assert len(OPERATIONS) == 45


@EVERY
def test_an_operation_succeeds_on_its_own_route(opened: Console, name: str) -> None:
    answer = perform(opened, name)

    assert answer.ok, answer.text
    assert answer.headers["Cache-Control"] == "no-store, must-revalidate"
    assert opened.simulator.log.requests()[-1].route == ROUTES[name]


@EVERY
def test_the_specification_alone_may_decide_the_code_of_a_success(
    opened: Console, name: str
) -> None:
    opened.simulator.switches.set({"success_codes": "strict_swagger"})

    answer = perform(opened, name)

    assert answer.status_code == (201 if name == "addSiteUser" else 200)


@EVERY
def test_the_guide_may_decide_the_code_of_a_success(opened: Console, name: str) -> None:
    opened.simulator.switches.set({"success_codes": "guide"})

    answer = perform(opened, name)

    assert answer.status_code == {"GET": 200, "POST": 201, "PUT": 201, "DELETE": 204}[METHODS[name]]


@EVERY
def test_without_credentials_every_operation_is_401(opened: Console, name: str) -> None:
    assert perform(opened, name, auth=("", "")).status_code == 401


@EVERY
def test_to_anybody_but_an_administrator_an_operation_does_not_exist(
    opened: Console, name: str
) -> None:
    opened.simulator.state.add_account({"user_name": "plain", "password": "Plain"})

    answer = perform(opened, name, auth=("plain", "Plain"))

    assert answer.status_code == (200 if name in FOR_ANYBODY else 404)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "", None),
        ("GET", "/sites", None),
        ("GET", "/asset_groups", None),
        ("POST", "/2FA", None),
        ("PUT", "/2FA", SEED),
        ("PUT", "/password", "Another-Good-1"),
    ],
)
def test_users_may_see_to_some_things_of_their_own(
    opened: Console, method: str, path: str, body: Any
) -> None:
    assert opened.call(method, f"/users/{MARA}{path}", body, auth=MARA_SIGNS_IN).ok


@EVERY
def test_while_the_console_starts_every_operation_is_503(opened: Console, name: str) -> None:
    opened.simulator.switches.set({"console": "starting"})

    answer = perform(opened, name)

    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "30"


@EVERY
def test_in_maintenance_every_operation_is_401(opened: Console, name: str) -> None:
    opened.simulator.switches.set({"console": "maintenance"})

    answer = perform(opened, name)

    assert answer.status_code == 401
    assert message(answer) == "The console is in maintenance mode."


@EVERY
def test_a_fault_is_worded_as_the_console_words_its_errors(opened: Console, name: str) -> None:
    opened.simulator.faults.add(Fault(method=METHODS[name], route=ROUTES[name], status=500))

    assert perform(opened, name).status_code == 500
    assert perform(opened, name).ok


@pytest.mark.parametrize("name", TAKES_BODY)
@pytest.mark.parametrize("body", ["", "{", "[1", '{"login": 7}', "[true]", '["1"]', "1.5", "[[]]"])
def test_a_body_that_makes_no_sense_is_400(opened: Console, name: str, body: str) -> None:
    opened.simulator.switches.set({"bare_string_bodies": "quoted"})

    assert opened.call(METHODS[name], CALLS[name][0], data=body).status_code == 400


@pytest.mark.parametrize("name", TAKES_BODY)
def test_a_body_of_another_media_type_is_415(opened: Console, name: str) -> None:
    headers = {"Content-Type": "text/plain"}

    answer = opened.call(METHODS[name], CALLS[name][0], data="1", headers=headers)

    assert answer.status_code == 415


@pytest.mark.parametrize(
    "name", [each for each, route in ROUTES.items() if "{" in route and each not in CREATE_BY_PUT]
)
def test_what_does_not_exist_is_404(opened: Console, name: str) -> None:
    path = re.sub(r"\{[^}]*\}", "999999", ROUTES[name].removeprefix("/api/3"))

    assert opened.call(METHODS[name], path, CALLS[name][1]).status_code == 404
