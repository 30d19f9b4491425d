"""Users on the current routes: what the contract says, and every switch."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulator_client import Falcon, message, resources

from scimbridge.connectors.falcon.simulator.records import User
from scimbridge.connectors.falcon.simulator.seed import CHILD_CIDS, PARENT_CID

QUERY = "/user-management/queries/users/v1"
GET = "/user-management/entities/users/GET/v1"
USERS = "/user-management/entities/users/v1"
MARA, TOMAS, IDA, PAT = (
    "mara.lind@example.com",
    "tomas.ruiz@example.com",
    "ida.okafor@example.com",
    "pat.novak@north.example.com",
)


def found(falcon: Falcon, **query: Any) -> list[str]:
    """The logins that a query finds, in its order."""
    uuids = resources(falcon.call("GET", QUERY, **query))
    return [falcon.simulator.state.users[uuid].uid for uuid in uuids]


def create(falcon: Falcon, uid: str = "new@example.com", **body: Any) -> Any:
    body = {"uid": uid, "first_name": "New", "last_name": "Hire", **body}
    return falcon.call("POST", USERS, body)


def test_a_user_is_created_with_201_and_read_back() -> None:
    falcon = Falcon()

    created = create(falcon)
    uuid = resources(created)[0]["uuid"]

    assert created.status_code == 201
    assert resources(falcon.call("POST", GET, {"ids": [uuid]})) == [
        {
            "uuid": uuid,
            "cid": PARENT_CID,
            "uid": "new@example.com",
            "status": "active",
            "user_type": "internal",
            "first_name": "New",
            "last_name": "Hire",
            "created_at": "2026-01-01T00:00:00.000000Z",
            "updated_at": "2026-01-01T00:00:00.000000Z",
        }
    ]


def test_camel_case_names_are_not_understood_on_the_current_route() -> None:
    created = Falcon().call("POST", USERS, {"uid": "a@example.com", "firstName": "A"})

    assert "first_name" not in resources(created)[0]


def test_success_has_no_errors_key_unless_the_switch_says_null() -> None:
    assert "errors" not in Falcon().call("GET", QUERY).json()
    assert Falcon(success_errors="null").call("GET", QUERY).json()["errors"] is None


def test_validating_creates_nothing() -> None:
    falcon = Falcon()

    answer = falcon.call("POST", USERS, {"uid": "a@example.com"}, validate_only="true")

    assert answer.status_code == 201
    assert falcon.simulator.state.find_by_uid("a@example.com") is None


def test_a_python_boolean_is_refused() -> None:
    answer = Falcon().call("POST", USERS, {"uid": "a@example.com"}, validate_only="True")

    assert answer.status_code == 400


@pytest.mark.parametrize("status", [400, 409])
def test_a_login_that_is_taken_in_any_cid_is_refused_whatever_its_case(status: int) -> None:
    falcon = Falcon(duplicate_uid_status=status)
    falcon.login(member_cid=CHILD_CIDS[1])

    assert create(falcon, MARA.upper()).status_code == status


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"uid": ""},
        {"uid": 7},
        {"uid": "a@example.com", "cid": "f" * 32},
        {"uid": "a@example.com", "first_name": ["A"]},
        [],
        None,
    ],
    ids=repr,
)
def test_a_user_that_makes_no_sense_is_refused(body: Any) -> None:
    assert Falcon().call("POST", USERS, body).status_code == 400


@pytest.mark.parametrize(("strict", "status"), [(True, 400), (False, 201)])
def test_whether_a_login_must_be_an_address_is_a_switch(strict: bool, status: int) -> None:
    assert create(Falcon(uid_must_be_email=strict), "no-at-sign").status_code == status


def test_a_parent_creates_users_in_its_children() -> None:
    created = create(Falcon(), cid=CHILD_CIDS[0])

    assert resources(created)[0]["cid"] == CHILD_CIDS[0]


def test_a_domain_that_is_not_on_the_approved_list_is_refused() -> None:
    falcon = Falcon(allowed_domains=["example.com"])

    assert create(falcon, "a@example.com").status_code == 201
    assert create(falcon, "a@other.example").status_code == 400


def test_of_many_creating_the_same_login_at_once_one_succeeds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    falcon = Falcon()
    falcon.login()
    meeting = threading.Barrier(8)
    find = falcon.simulator.state.find_by_uid

    def find_and_wait_for_the_others(uid: str) -> User | None:
        found = find(uid)
        with suppress(threading.BrokenBarrierError):
            # All eight arrive only if nothing keeps them from being here at once.
            meeting.wait(timeout=0.2)
        return found

    monkeypatch.setattr(falcon.simulator.state, "find_by_uid", find_and_wait_for_the_others)
    with ThreadPoolExecutor(8) as threads:
        statuses = list(threads.map(lambda _: create(falcon).status_code, range(8)))

    assert sorted(statuses) == [201] + [400] * 7


def test_a_password_matters_only_without_single_sign_on() -> None:
    assert create(Falcon(), password="short").status_code == 201
    assert create(Falcon(sso=False), password="short").status_code == 400
    assert create(Falcon(sso=False), password="Long-enough-1").status_code == 201


def test_a_name_that_is_left_out_of_an_update_is_cleared() -> None:
    falcon = Falcon()
    uuid = falcon.uuid(MARA)

    updated = resources(falcon.call("PATCH", USERS, {"first_name": "M"}, user_uuid=uuid))

    assert updated[0]["first_name"] == "M"
    assert "last_name" not in updated[0]


@pytest.mark.parametrize("status", [400, 404])
@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_an_unknown_user_is_refused_with_the_status_of_the_switch(method: str, status: int) -> None:
    falcon = Falcon(unknown_user_status=status)

    assert falcon.call(method, USERS, {}, user_uuid="unknown").status_code == status


def test_a_deleted_user_is_gone_with_its_grants() -> None:
    falcon = Falcon()
    uuid = falcon.uuid(MARA)

    deleted = falcon.call("DELETE", USERS, user_uuid=uuid)

    assert "resources" not in deleted.json()
    assert deleted.json()["meta"]["writes"] == {"resources_affected": 1}
    assert resources(falcon.call("POST", GET, {"ids": [uuid]})) == []
    assert uuid not in falcon.simulator.state.grants.users()


def test_a_child_token_neither_sees_nor_changes_the_parents_users() -> None:
    falcon = Falcon()
    mara = falcon.uuid(MARA)
    falcon.login(member_cid=CHILD_CIDS[0])

    assert found(falcon) == [PAT]
    assert resources(falcon.call("POST", GET, {"ids": [mara]})) == []
    assert falcon.call("DELETE", USERS, user_uuid=mara).status_code == 404


def test_users_are_listed_by_uid_and_the_offset_is_echoed() -> None:
    answer = Falcon().call("GET", QUERY, offset=1, limit=2)

    assert answer.json()["meta"]["pagination"] == {"offset": 1, "limit": 2, "total": 4}
    assert len(resources(answer)) == 2


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": 501}, {"limit": "x"}, {"offset": -1}])
def test_a_page_out_of_range_is_refused(query: dict[str, Any]) -> None:
    assert Falcon().call("GET", QUERY, **query).status_code == 400


@pytest.mark.parametrize(("limit", "used"), [(0, 1), (501, 500)])
def test_a_limit_out_of_range_may_be_clamped_instead(limit: int, used: int) -> None:
    answer = Falcon(limit_out_of_range="clamp").call("GET", QUERY, limit=limit)

    assert answer.json()["meta"]["pagination"]["limit"] == used


@pytest.mark.parametrize(
    ("sort", "logins"),
    [
        ("uid", [IDA, MARA, PAT, TOMAS]),
        ("uid|desc", [TOMAS, PAT, MARA, IDA]),
        ("created_at|asc", [MARA, TOMAS, PAT, IDA]),
        ("last_name|asc", [MARA, PAT, IDA, TOMAS]),
        ("cid_name|asc", [TOMAS, IDA, MARA, PAT]),
    ],
)
def test_users_are_sorted_by(sort: str, logins: list[str]) -> None:
    order = found(Falcon(), sort=sort)

    if sort == "cid_name|asc":
        assert order[-1] == logins[-1]
    else:
        assert order == logins


@pytest.mark.parametrize("sort", ["uid.asc", "uuid|asc", "updated_at|desc", "uid|up"])
def test_a_sort_outside_the_enumeration_is_refused(sort: str) -> None:
    assert Falcon().call("GET", QUERY, sort=sort).status_code == 400


@pytest.mark.parametrize(
    ("fql", "logins"),
    [
        ("uid:'mara.lind@example.com'", [MARA]),
        ("uid:'MARA.LIND@EXAMPLE.COM'", [MARA]),
        ("uid:['MARA.LIND@EXAMPLE.COM']", []),
        ("uid:['mara.lind@example.com','ida.okafor@example.com']", [IDA, MARA]),
        ("uid:*'*@example.com'", [IDA, MARA, TOMAS]),
        ("uid:'*@example.com'", []),
        ("first_name:~*'t*s'", [TOMAS]),
        ("first_name:'Tomás'", [TOMAS]),
        ("name:'Mara Lind'", [MARA]),
        ("name:~'ralind'", [MARA]),
        ("name:!~'ralind'+cid:'" + PARENT_CID + "'", [IDA, TOMAS]),
        ("cid:'" + CHILD_CIDS[0] + "'", [PAT]),
        ("has_temporary_roles:true", [IDA]),
        ("temporarily_assigned_cids:'" + PARENT_CID + "'", [IDA]),
        ("assigned_cids:'" + CHILD_CIDS[0] + "'", [PAT, TOMAS]),
        ("direct_assigned_cids:'" + CHILD_CIDS[0] + "'", [PAT]),
        ("non_ancestor_assigned_cids:'" + CHILD_CIDS[0] + "'", [PAT, TOMAS]),
        ("factors:'TOTP'", [IDA, MARA, PAT, TOMAS]),
        ("uid:>'n'", [PAT, TOMAS]),
        ("uid:>=7", []),
        ("uid:<='mara.lind@example.com'", [IDA, MARA]),
        ("first_name:null", []),
        ("status:!'active'", []),
        ("first_name:'Mara',first_name:'Ida'+last_name:'nobody'", [MARA]),
        ("(first_name:'Mara',first_name:'Ida')+last_name:'nobody'", []),
    ],
)
def test_users_are_found_by(fql: str, logins: list[str]) -> None:
    assert found(Falcon(), filter=fql) == logins


@pytest.mark.parametrize(
    "fql",
    [
        "uid:'open",
        "uid:mara",
        "uid='x'",
        "uid:'a' uid:'b'",
        "(uid:'a'",
        "uid:'a')",
        "uid:['a'",
        "!uid:'a'",
        "UID:'a'",
        "uid:'a'+",
        "+".join(["uid:'a'"] * 21),
    ],
)
def test_a_filter_that_does_not_parse_is_refused(fql: str) -> None:
    answer = Falcon().call("GET", QUERY, filter=fql)

    assert answer.status_code == 400
    assert "invalid filter" in message(answer)


@pytest.mark.parametrize("field", ["created_at", "updated_at", "last_login_at", "roles"])
def test_a_field_that_cannot_be_filtered_is_refused_or_finds_nothing(field: str) -> None:
    fql = f"{field}:>'2020-01-01'"

    assert Falcon().call("GET", QUERY, filter=fql).status_code == 400
    assert found(Falcon(user_unsupported_field="empty"), filter=fql) == []


def test_case_matters_in_filters_where_the_switch_says_so() -> None:
    falcon = Falcon(fql_case_sensitive=True)

    assert found(falcon, filter=f"uid:'{MARA.upper()}'") == []
    assert found(falcon, filter=f"uid:'{MARA}'") == [MARA]


@pytest.mark.parametrize(("matches", "logins"), [(True, ["new@example.com"]), (False, [])])
def test_whether_not_equal_finds_users_without_a_value_is_a_switch(
    matches: bool, logins: list[str]
) -> None:
    falcon = Falcon(fql_not_matches_absent=matches)
    create(falcon)

    assert found(falcon, filter="factors:!'TOTP'") == logins


def test_any_name_without_a_backslash_is_found_when_only_its_quotes_are_escaped() -> None:
    falcon = Falcon()

    @settings(deadline=None)
    @given(name=st.text(st.characters(codec="utf-8", exclude_characters="\\"), min_size=1))
    def found_by(name: str) -> None:
        falcon.simulator.reset()
        falcon.login()
        create(falcon, first_name=name)
        quoted = name.replace("'", "\\'")
        assert "new@example.com" in found(falcon, filter=f"first_name:'{quoted}'")

    found_by()


def test_a_parent_lists_its_childrens_users_unless_the_switch_says_own() -> None:
    falcon = Falcon(parent_sees="own")

    assert PAT in found(Falcon())
    assert PAT not in found(falcon)
    assert found(falcon, filter=f"cid:'{CHILD_CIDS[0]}'") == [PAT]


def test_a_new_user_stays_out_of_queries_for_the_search_lag_and_can_be_read_meanwhile() -> None:
    falcon = Falcon(search_lag_s=90)
    uuid = resources(create(falcon))[0]["uuid"]
    fql = "uid:'new@example.com'"

    early = found(falcon, filter=fql)
    read = resources(falcon.call("POST", GET, {"ids": [uuid]}))
    falcon.clock.advance(90)

    assert early == []
    assert len(read) == 1
    assert found(falcon, filter=fql) == ["new@example.com"]


def test_a_deleted_user_stays_in_queries_for_the_search_lag_and_cannot_be_read_meanwhile() -> None:
    falcon = Falcon(search_lag_s=90)
    uuid = falcon.uuid(MARA)
    falcon.clock.advance(90)
    falcon.call("DELETE", USERS, user_uuid=uuid)

    early = resources(falcon.call("GET", QUERY, filter=f"uid:'{MARA}'"))
    read = resources(falcon.call("POST", GET, {"ids": [uuid]}))
    falcon.clock.advance(90)

    assert early == [uuid]
    assert read == []
    assert found(falcon, filter=f"uid:'{MARA}'") == []


def test_external_users_are_found_by_version_two_only() -> None:
    falcon = Falcon()
    falcon.simulator.state.add_account({"user_name": "x@partner.example", "user_type": "external"})
    v2 = "/user-management/queries/users/v2"

    assert "x@partner.example" not in found(falcon)
    assert len(resources(falcon.call("GET", v2))) == 5
    assert len(resources(falcon.call("GET", v2, user_type="external"))) == 1
    assert falcon.call("GET", v2, user_type="alien").status_code == 400


def test_a_retrieval_takes_as_many_ids_as_the_switch_says() -> None:
    falcon = Falcon(users_get_maximum=2)

    assert falcon.call("POST", GET, {"ids": ["a", "b"]}).status_code == 200
    assert falcon.call("POST", GET, {"ids": ["a", "b", "c"]}).status_code == 400
    assert falcon.call("POST", GET, {"ids": []}).status_code == 400
    assert falcon.call("POST", GET, {"ids": "a"}).status_code == 400
