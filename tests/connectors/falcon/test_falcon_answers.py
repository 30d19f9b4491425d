"""The connector with answers that the simulator does not give: scripted ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from scimbridge.config import Secret
from scimbridge.connectors.falcon.connector import FalconConnector
from scimbridge.connectors.falcon.settings import FalconSettings
from scimbridge.connectors.http import Wiring
from scimbridge.connectors.interface import Account, Assignment, Entitlement
from scimbridge.errors import (
    OutcomeUnknown,
    PartialFailure,
    VendorConflict,
    VendorDenied,
    VendorRejected,
    VendorUnavailable,
)

OWN_CID = "/sensors/queries/installers/ccid/v1"
QUERY = "/user-management/queries/users/v1"
READ = "/user-management/entities/users/GET/v1"
USERS = "/user-management/entities/users/v1"
GRANTS = "/user-management/combined/user-roles/v2"
ACTIONS = "/user-management/entities/user-role-actions/v1"
CID, OTHER_CID = "0123456789abcdef0123456789abcdef", "f" * 32
JANE = "7f9d0c3e-1111-4222-8333-444455556666"
ROLE = Entitlement("role", "event_viewer")
Open = Callable[..., FalconConnector]


@pytest.fixture
def open_connector(wiring: Wiring, script: Any, says: Any) -> Open:
    script.on("POST", "/oauth2/token", says(201, {"access_token": "t", "expires_in": 1799}))

    def open_connector(**keys: Any) -> FalconConnector:
        settings = FalconSettings(
            region="us-1", client_id="id", client_secret=Secret("hunter2"), **keys
        )
        return FalconConnector(settings, wiring)

    return open_connector


@pytest.fixture
def falcon(open_connector: Open) -> FalconConnector:
    return open_connector(cid=CID)


def user(uid: str = "jane@example.com", **fields: Any) -> dict[str, Any]:
    return {"uuid": JANE, "uid": uid, "cid": CID, **fields}


def refused(says: Any, status: int, message: str) -> Any:
    return says(status, {"errors": [{"code": status, "message": message}]})


def cids_of_actions(script: Any) -> list[str]:
    return [each.json["cid"] for each in script.asked if each.path == ACTIONS]


# --- the CID that roles are given in -----------------------------------------------------------


def test_the_vendor_is_asked_once_for_the_cid(open_connector: Open, script: Any, says: Any) -> None:
    script.on("GET", OWN_CID, says(200, {"resources": [f"{CID.upper()}-0F"]}))
    script.on("POST", ACTIONS, says(200, {}))
    connector = open_connector()

    connector.grant([Assignment(JANE, ROLE)])
    connector.grant([Assignment(JANE, ROLE)])

    assert cids_of_actions(script) == [CID] * 2
    assert script.calls().count(f"GET {OWN_CID}") == 1


def test_a_configured_cid_is_not_asked_for(falcon: FalconConnector, script: Any, says: Any) -> None:
    script.on("POST", ACTIONS, says(200, {}))

    falcon.grant([Assignment(JANE, ROLE)])

    assert script.calls(but="/oauth2/token") == [f"POST {ACTIONS}"]


@pytest.mark.parametrize("status", [400, 403, 404])
def test_without_the_scope_the_cid_is_that_of_the_users(
    open_connector: Open, script: Any, says: Any, status: int
) -> None:
    script.on("GET", OWN_CID, refused(says, status, "scope not permitted"))
    script.on("GET", QUERY, says(200, {"resources": [JANE, OTHER_CID]}))
    script.on("POST", READ, says(200, {"resources": [user(), user("joe@example.com")]}))
    script.on("POST", ACTIONS, says(200, {}))

    open_connector().grant([Assignment(JANE, ROLE)])

    assert cids_of_actions(script) == [CID]


@pytest.mark.parametrize(
    "users",
    [
        pytest.param([], id="nobody there"),
        pytest.param([user(), user(cid=OTHER_CID)], id="of two CIDs"),
        pytest.param([{"uuid": JANE, "uid": "a@b"}], id="of no CID"),
    ],
)
def test_a_cid_that_is_not_certain_has_to_be_configured(
    open_connector: Open, script: Any, says: Any, users: list[Any]
) -> None:
    script.on("GET", OWN_CID, says(403, {}))
    script.on("GET", QUERY, says(200, {"resources": [JANE] if users else []}))
    script.on("POST", READ, says(200, {"resources": users}))

    with pytest.raises(PartialFailure, match="set cid, or give") as caught:
        open_connector().grant([Assignment(JANE, ROLE)])

    assert isinstance(caught.value.failures[Assignment(JANE, ROLE)], VendorDenied)
    assert cids_of_actions(script) == []


def test_a_check_notices_that_the_configured_cid_is_not_the_credentials(
    falcon: FalconConnector, script: Any, says: Any
) -> None:
    script.on("GET", "/user-management/queries/roles/v1", says(200, {}))
    script.on("GET", OWN_CID, says(200, {"resources": [OTHER_CID]}))

    with pytest.raises(VendorDenied, match=f"act in the CID {OTHER_CID} and .* says {CID}"):
        falcon.check()


def test_a_check_takes_the_configured_cid_where_it_cannot_be_compared(
    falcon: FalconConnector, script: Any, says: Any
) -> None:
    script.on("GET", "/user-management/queries/roles/v1", says(200, {}))
    script.on("GET", OWN_CID, says(403, {}))
    script.on("GET", QUERY, says(200, {}))
    script.on("PATCH", USERS, refused(says, 404, "no such user"))

    falcon.check()


def test_a_check_wants_a_cid_from_somewhere(open_connector: Open, script: Any, says: Any) -> None:
    script.on("GET", "/user-management/queries/roles/v1", says(200, {}))
    script.on("GET", OWN_CID, says(403, {}))
    script.on("GET", QUERY, says(200, {}))

    with pytest.raises(VendorDenied, match="set cid"):
        open_connector().check()


def test_a_vendor_that_is_down_does_not_decide_the_cid(
    open_connector: Open, script: Any, says: Any
) -> None:
    script.on("GET", OWN_CID, says(503))

    with pytest.raises(PartialFailure) as caught:
        open_connector().grant([Assignment(JANE, ROLE)])

    assert isinstance(caught.value.failures[Assignment(JANE, ROLE)], VendorUnavailable)
    assert f"GET {QUERY}" not in script.calls()


# --- accounts ----------------------------------------------------------------------------------


def test_a_filter_of_the_vendor_that_finds_too_much_binds_nobody_else(
    falcon: FalconConnector, script: Any, says: Any
) -> None:
    script.on("GET", QUERY, says(200, {"resources": [JANE], "meta": {"pagination": {"total": 1}}}))
    script.on("POST", READ, says(200, {"resources": [user("john@example.com")]}))

    assert falcon.find_account("jane@example.com") is None


def test_an_answer_about_another_user_is_not_taken_for_this_one(
    falcon: FalconConnector, script: Any, says: Any
) -> None:
    script.on("POST", READ, says(200, {"resources": [user(uuid=JANE[:-1] + "0")]}))

    assert falcon.read_account(JANE) is None


def test_a_user_deleted_while_pages_are_read_hides_nobody(
    falcon: FalconConnector, script: Any, says: Any
) -> None:
    """Three of four users; the first goes after its page, and the third moves to that page."""
    uuids = [JANE[:-1] + digit for digit in "0123"]

    def page(total: int, *found: str) -> Any:
        return says(200, {"resources": list(found), "meta": {"pagination": {"total": total}}})

    script.on("GET", QUERY, page(4, *uuids[:2]), page(3, uuids[3]), page(3, *uuids[2:]))
    script.on(
        "POST",
        READ,
        *(
            says(200, {"resources": [user(each + "@b", uuid=each) for each in read]})
            for read in (uuids[:2], uuids[3:], uuids[2:3])
        ),
    )

    found = [account.native_id for account in falcon.accounts()]

    assert sorted(map(str, found)) == uuids
    assert [each.json["ids"] for each in script.asked if each.path == READ] == [
        uuids[:2],
        uuids[3:],
        uuids[2:3],
    ]


def test_a_page_of_users_seen_before_is_not_read_again(
    falcon: FalconConnector, script: Any, says: Any
) -> None:
    pages = [[JANE, OTHER_CID], [JANE], []]
    script.on("GET", QUERY, *(says(200, {"resources": each}) for each in pages))
    script.on("POST", READ, says(200, {"resources": [user()]}))

    assert len(list(falcon.accounts())) == 1
    assert script.calls().count(f"POST {READ}") == 1


def test_a_new_user_shows_the_vendors_own_attributes_at_once(
    falcon: FalconConnector, script: Any, says: Any
) -> None:
    script.on("POST", USERS, says(201, {"resources": [user(status="active")]}))

    created = falcon.create_account(Account(user_name="jane@example.com"), frozenset())

    assert (created.native_id, created.attributes) == (JANE, {"status": "active"})


@pytest.mark.parametrize("resources", [[], None, ["text"], [{"uid": "jane@example.com"}]])
def test_a_creation_that_shows_no_user_may_have_happened(
    falcon: FalconConnector, script: Any, says: Any, resources: Any
) -> None:
    script.on("POST", USERS, says(201, {"resources": resources, "meta": {"trace_id": "t"}}))

    with pytest.raises(OutcomeUnknown, match="shows no user") as caught:
        falcon.create_account(Account(user_name="jane@example.com"), frozenset())

    assert caught.value.trace_id == "t"


@pytest.mark.parametrize(
    "message", ["user already exists", "uid is in use", "duplicate uid", "Exists"]
)
def test_a_uid_that_is_taken_out_of_sight_is_a_conflict_by_the_words(
    falcon: FalconConnector, script: Any, says: Any, message: str
) -> None:
    script.on("POST", USERS, refused(says, 400, message))

    with pytest.raises(VendorConflict):
        falcon.create_account(Account(user_name="jane@example.com"), frozenset())


def test_a_uid_that_can_be_seen_is_a_conflict_whatever_the_words(
    falcon: FalconConnector, script: Any, says: Any
) -> None:
    script.on("POST", USERS, refused(says, 400, "invalid request"))
    script.on("GET", QUERY, says(200, {"resources": [JANE]}))
    script.on("POST", READ, says(200, {"resources": [user()]}))

    with pytest.raises(VendorConflict, match="invalid request"):
        falcon.create_account(Account(user_name="jane@example.com"), frozenset())


def test_any_other_refusal_is_looked_into(falcon: FalconConnector, script: Any, says: Any) -> None:
    script.on("POST", USERS, refused(says, 400, "domain not allowed"))
    script.on("GET", QUERY, says(200, {"resources": []}))

    with pytest.raises(VendorRejected, match="domain not allowed") as caught:
        falcon.create_account(Account(user_name="jane@example.com"), frozenset())

    assert not isinstance(caught.value, VendorConflict)


# --- grants ------------------------------------------------------------------------------------


def test_a_refusal_to_show_grants_is_not_an_unknown_user(
    falcon: FalconConnector, script: Any, says: Any
) -> None:
    script.on("GET", GRANTS, refused(says, 400, "invalid limit"))

    with pytest.raises(VendorRejected, match="invalid limit"):
        falcon.grants(JANE)


@pytest.mark.parametrize("status", [400, 409])
def test_a_revocation_refused_for_what_is_not_held_is_success(
    falcon: FalconConnector, script: Any, says: Any, status: int
) -> None:
    script.on("POST", ACTIONS, refused(says, status, "not assigned"))
    script.on("GET", GRANTS, says(200, {"resources": [{"role_id": "other"}]}), says(200, {}))

    falcon.revoke([Assignment(JANE, ROLE)])


@pytest.mark.parametrize("status", [400, 409])
def test_a_revocation_refused_for_what_is_held_is_a_failure(
    falcon: FalconConnector, script: Any, says: Any, status: int
) -> None:
    body = {"resources": [{"role_id": "event_viewer"}], "meta": {"pagination": {"total": 1}}}
    script.on("POST", ACTIONS, refused(says, status, "protected"))
    script.on("GET", GRANTS, says(200, body))

    with pytest.raises(PartialFailure, match="protected"):
        falcon.revoke([Assignment(JANE, ROLE)])


def test_a_refused_revocation_of_which_nothing_can_be_seen_is_a_failure(
    falcon: FalconConnector, script: Any, says: Any
) -> None:
    script.on("POST", ACTIONS, refused(says, 400, "protected"))
    script.on("GET", GRANTS, says(503))

    with pytest.raises(PartialFailure, match="protected"):
        falcon.revoke([Assignment(JANE, ROLE)])


@pytest.mark.parametrize(
    "error",
    [
        {"code": 400, "message": "invalid roleID='event_viewer' specified"},
        {"code": 400, "message": "refused", "id": "event_viewer"},
    ],
)
def test_an_error_in_a_success_is_laid_at_the_role_it_names(
    falcon: FalconConnector, script: Any, says: Any, error: dict[str, Any]
) -> None:
    script.on("POST", ACTIONS, says(200, {"errors": [error]}))
    other = Assignment(JANE, Entitlement("role", "help_desk"))

    with pytest.raises(PartialFailure) as caught:
        falcon.grant([other, Assignment(JANE, ROLE)])

    assert set(caught.value.failures) == {Assignment(JANE, ROLE)}


def test_an_error_in_a_success_that_names_no_role_is_laid_at_all(
    falcon: FalconConnector, script: Any, says: Any
) -> None:
    script.on("POST", ACTIONS, says(200, {"errors": [{"code": 500, "message": "oops"}]}))
    wanted = [Assignment(JANE, Entitlement("role", "help_desk")), Assignment(JANE, ROLE)]

    with pytest.raises(PartialFailure, match="2 of 2") as caught:
        falcon.grant(wanted)

    assert set(caught.value.failures) == set(wanted)
    assert all(isinstance(each, VendorUnavailable) for each in caught.value.failures.values())


def test_the_same_assignment_twice_is_one_role_in_one_call(
    falcon: FalconConnector, script: Any, says: Any
) -> None:
    script.on("POST", ACTIONS, says(200, {}))

    falcon.grant([Assignment(JANE, ROLE), Assignment(JANE, ROLE)])

    (asked,) = [each for each in script.asked if each.path == ACTIONS]
    assert asked.json == {
        "action": "grant",
        "cid": CID,
        "uuid": JANE,
        "role_ids": ["event_viewer"],
    }
