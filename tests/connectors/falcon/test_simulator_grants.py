"""Roles and grants on the current routes: what the contract says, and every switch."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulator_client import BASE, Falcon, message, resources

from scimbridge.connectors.falcon.simulator.seed import CHILD_CIDS, CUSTOM_ROLE_ID, PARENT_CID

ACTIONS = "/user-management/entities/user-role-actions/v1"
GRANTS = "/user-management/combined/user-roles/v2"
ROLES = "/user-management/queries/roles/v1"
MARA, PAT, IDA = (
    "mara.lind@example.com",
    "pat.novak@north.example.com",
    "ida.okafor@example.com",
)


def act(falcon: Falcon, action: str, *roles: str, uid: str = MARA, body: Any = None) -> Any:
    fields = {
        "action": action,
        "cid": PARENT_CID,
        "uuid": falcon.uuid(uid),
        "role_ids": list(roles),
        **(body or {}),
    }
    return falcon.call("POST", ACTIONS, fields)


def held(falcon: Falcon, uid: str = MARA, **query: Any) -> set[str]:
    grants = resources(falcon.call("GET", GRANTS, user_uuid=falcon.uuid(uid), **query))
    return {grant["role_id"] for grant in grants}


def test_a_granted_role_is_read_back_as_a_direct_grant() -> None:
    falcon = Falcon()

    answer = act(falcon, "grant", "help_desk")

    assert answer.status_code == 200
    assert "resources" not in answer.json()
    grants = resources(falcon.call("GET", GRANTS, user_uuid=falcon.uuid(MARA), sort="role_name"))
    assert grants[1] == {
        "uuid": falcon.uuid(MARA),
        "cid": PARENT_CID,
        "role_id": "help_desk",
        "role_name": "Help Desk",
        "grant_type": "direct",
        "user_type": "internal",
    }


def test_a_revoked_role_is_gone() -> None:
    falcon = Falcon()

    act(falcon, "revoke", "falconhost_admin")

    assert held(falcon) == set()


@pytest.mark.parametrize("action", ["grant", "revoke"])
@pytest.mark.parametrize("status", [200, 409])
def test_repeating_an_action_changes_nothing_and_answers_as_the_switch_says(
    action: str, status: int
) -> None:
    falcon = Falcon(repeated_grant_status=status)
    role = "falconhost_admin" if action == "grant" else "help_desk"

    answer = act(falcon, action, role)

    assert answer.status_code == status
    assert held(falcon) == {"falconhost_admin"}


def test_an_unknown_role_is_refused_and_nothing_is_applied() -> None:
    falcon = Falcon()

    answer = act(falcon, "grant", "help_desk", "no_such_role")

    assert answer.status_code == 400
    assert message(answer) == "invalid roleID='no_such_role' specified"
    assert held(falcon) == {"falconhost_admin"}


def test_the_rest_may_be_applied_beside_an_unknown_role() -> None:
    falcon = Falcon(unknown_role_in_grant="partial")

    answer = act(falcon, "grant", "help_desk", "no_such_role")

    assert answer.status_code == 200
    assert answer.json()["errors"] == [
        {"code": 400, "message": "invalid roleID='no_such_role' specified", "id": "no_such_role"}
    ]
    assert held(falcon) == {"falconhost_admin", "help_desk"}


def test_a_custom_role_goes_only_to_users_whose_home_owns_it() -> None:
    falcon = Falcon()

    own = act(falcon, "grant", CUSTOM_ROLE_ID)
    foreign = act(falcon, "grant", CUSTOM_ROLE_ID, uid=PAT)

    assert own.status_code == 200
    assert foreign.status_code == 400
    assert message(foreign) == f"invalid roleID='{CUSTOM_ROLE_ID}' specified"


@pytest.mark.parametrize("missing", ["action", "cid", "uuid", "role_ids"])
def test_an_action_needs(missing: str) -> None:
    answer = act(Falcon(), "grant", "help_desk", body={missing: None})

    assert answer.status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        {"action": "assign-role"},
        {"uuid": "unknown"},
        {"cid": "f" * 32},
        {"expires_at": "soon"},
        {"expires_at": "2020-01-01T00:00:00Z"},
        {"role_ids": "help_desk"},
    ],
    ids=repr,
)
def test_an_action_that_makes_no_sense_is_refused(body: dict[str, Any]) -> None:
    assert act(Falcon(), "grant", "help_desk", body=body).status_code == 400


def test_version_two_has_more_words_for_the_actions() -> None:
    falcon = Falcon()
    body = {"cid": PARENT_CID, "uuid": falcon.uuid(MARA), "role_ids": ["help_desk"]}
    path = "/user-management/entities/user-role-actions/v2"

    falcon.call("POST", path, {**body, "action": "assign-role"})
    assigned = held(falcon)
    falcon.call("POST", path, {**body, "action": "remove-role"})

    assert "help_desk" in assigned
    assert "help_desk" not in held(falcon)


def test_a_temporary_grant_shows_its_expiry_and_ends() -> None:
    falcon = Falcon()
    act(falcon, "grant", "help_desk", body={"expires_at": "2026-01-02T00:00:00Z"})

    shown = resources(
        falcon.call("GET", GRANTS, user_uuid=falcon.uuid(MARA), filter="expires_at:>'2026-01-01'")
    )
    falcon.clock.advance(24 * 3600)
    falcon.login()

    assert [grant["expires_at"] for grant in shown] == ["2026-01-02T00:00:00.000000Z"]
    assert held(falcon) == {"falconhost_admin"}


@pytest.mark.parametrize("uuid", ["unknown", "00000000-0000-4000-8000-000000000000"])
def test_the_grants_of_an_unknown_user_are_a_400(uuid: str) -> None:
    answer = Falcon().call("GET", GRANTS, user_uuid=uuid)

    assert answer.status_code == 400
    assert message(answer) == f"invalid user uuid='{uuid}' specified"


def test_grants_are_read_for_one_cid_unless_the_switch_says_all() -> None:
    for reads, expected in (
        ("token", {"falconhost_admin"}),
        ("all", {"falconhost_admin", "help_desk"}),
    ):
        falcon = Falcon(grants_without_cid=reads)
        act(falcon, "grant", "help_desk", body={"cid": CHILD_CIDS[0]})

        assert held(falcon) == expected
        assert held(falcon, cid=CHILD_CIDS[0]) == {"help_desk"}


def test_grants_are_filtered_sorted_and_paged() -> None:
    falcon = Falcon()
    act(falcon, "grant", "help_desk", "event_viewer")
    query = {"user_uuid": falcon.uuid(MARA)}

    page = falcon.call("GET", GRANTS, **query, sort="role_name|desc", limit=2, offset=1)

    assert [grant["role_id"] for grant in resources(page)] == ["falconhost_admin", "event_viewer"]
    assert page.json()["meta"]["pagination"] == {"offset": 1, "limit": 2, "total": 3}
    assert held(falcon, filter="role_id:'help_desk'") == {"help_desk"}
    assert held(falcon, filter="role_name:'Event Viewer'") == {"event_viewer"}
    assert falcon.call("GET", GRANTS, **query, filter="cid:'x'").status_code == 400
    assert falcon.call("GET", GRANTS, **query, sort="role_id").status_code == 400


def test_reads_lag_behind_grants_by_the_seconds_of_the_switch() -> None:
    falcon = Falcon(grants_lag_s=30)
    act(falcon, "grant", "help_desk")
    falcon.clock.advance(20)
    act(falcon, "revoke", "falconhost_admin")

    seen = [held(falcon)]
    for _ in range(2):
        falcon.clock.advance(10)
        seen.append(held(falcon))
    falcon.clock.advance(10)

    assert seen == [
        {"falconhost_admin"},
        {"falconhost_admin", "help_desk"},
        {"falconhost_admin", "help_desk"},
    ]
    assert held(falcon) == {"help_desk"}


CHANGES = st.lists(
    st.tuples(
        st.sampled_from(["grant", "revoke"]),
        st.sampled_from(["help_desk", "event_viewer", "falconhost_admin"]),
        st.sampled_from([0, 5, 10, 30]),
    ),
    max_size=8,
)


def test_what_is_read_is_what_was_held_that_many_seconds_ago() -> None:
    falcon = Falcon(grants_lag_s=30)

    @settings(max_examples=50, deadline=None)
    @given(changes=CHANGES)
    def reads(changes: list[tuple[str, str, int]]) -> None:
        falcon.simulator.reset()
        falcon.login()
        history = [(falcon.clock(), {"falconhost_admin"})]
        for action, role, pause in changes:
            act(falcon, action, role)
            roles = history[-1][1]
            roles = roles | {role} if action == "grant" else roles - {role}
            history.append((falcon.clock(), roles))
            falcon.clock.advance(pause)

            due = [roles for at, roles in history[1:] if at <= falcon.clock() - 30]
            assert held(falcon) == (due[-1] if due else history[0][1])

    reads()


def test_grantable_roles_are_the_catalogue_and_say_nothing_of_what_is_held() -> None:
    falcon = Falcon()

    for_pat = resources(falcon.call("GET", ROLES, user_uuid=falcon.uuid(PAT)))
    for_mara = resources(falcon.call("GET", ROLES, user_uuid=falcon.uuid(MARA)))

    assert "falconhost_admin" in for_mara
    assert "help_desk" in for_mara
    assert set(for_mara) - set(for_pat) == {CUSTOM_ROLE_ID}


def test_the_catalogue_of_a_child_has_no_custom_roles_of_the_parent() -> None:
    falcon = Falcon()

    assert CUSTOM_ROLE_ID in resources(falcon.call("GET", ROLES))
    assert CUSTOM_ROLE_ID not in resources(falcon.call("GET", ROLES, cid=CHILD_CIDS[0]))
    assert falcon.call("GET", ROLES, cid="f" * 32).status_code == 400


def test_a_role_shows_whether_it_is_custom_and_whose() -> None:
    falcon = Falcon()
    path = "/user-management/entities/roles/v1"

    shown = resources(falcon.call("GET", path, ids=["help_desk", CUSTOM_ROLE_ID, "unknown"]))

    assert [(role["type"], role.get("cid")) for role in shown] == [
        ("default", None),
        ("custom", PARENT_CID),
    ]
    assert falcon.call("GET", path, ids="unknown").status_code == 404


def test_what_an_administrator_grants_by_hand_is_held() -> None:
    falcon = Falcon()
    change = {"account": IDA, "entitlement": "role:help_desk"}

    falcon.session.post(f"{BASE}/_sim/grants", json=change)
    granted = held(falcon, IDA)
    falcon.session.delete(f"{BASE}/_sim/grants", json=change)

    assert "help_desk" in granted
    assert "help_desk" not in held(falcon, IDA)
