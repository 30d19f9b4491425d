"""CID groups and children of a Flight Control parent, against the simulator."""

from __future__ import annotations

from typing import Any

import pytest
from falcon_tenant import resource_type
from parent import Parent

from scimbridge.connectors.interface import Record, RecordPage, RecordQuery
from scimbridge.errors import (
    OutcomeUnknown,
    VendorConflict,
    VendorDenied,
    VendorNotFound,
    VendorRejected,
    VendorUnavailable,
)
from scimbridge.scim.filters import parse_filter
from scimbridge.simulation.faults import Fault

PARENT = "5f1d0c7a93be4e0c8a6f2b41d7e09c35"
NORTH_CID, SOUTH_CID = "a17c3e5b90d2468f8b1e6c04f3d7a952", "c4e80b26d35f4917b7a2908e1f6c3d5b"
NORTH, EVERYBODY = "90c4f7a16e2d4b85b3f1d7a8e5026c39", "e1a85d3f7c0b4962847ef52b6d9c10a3"
NOWHERE = "f" * 32
MEMBERS = "/mssp/entities/cid-group-members/v1"
BY_CID = "/mssp/queries/cid-group-members/v1"
GROUPS = "/mssp/entities/cid-groups/v1"


def names(parent: Parent, filter: str | None = None) -> list[str]:
    where = None if filter is None else parse_filter(filter, resource_type("CidGroup"))
    return [each["name"] for each in parent.falcon.records("CidGroup", where)]


def query(filter: str | None = None, **changes: Any) -> RecordQuery:
    where = None if filter is None else parse_filter(filter, resource_type("CidGroup"))
    values = {"sort_by": None, "descending": False, "offset": 0, "count": 10, **changes}
    return RecordQuery(where, **values)


def members(*cids: str) -> list[dict[str, str]]:
    return [{"value": cid} for cid in cids]


def of(parent: Parent, group: str) -> set[str]:
    """The members by the simulator's own state."""
    return set(parent.control.cid_groups[group].members)


def get(parent: Parent, group: str = NORTH) -> Record:
    found = parent.falcon.read_record("CidGroup", group)
    assert found is not None
    return found


def test_only_a_parent_has_cid_groups_and_children() -> None:
    parent = Parent()
    alone = parent.connector()

    assert {"CidGroup", "Child"} <= parent.falcon.capabilities.record_types.keys()
    assert not {"CidGroup", "Child"} & alone.capabilities.record_types.keys()
    assert parent.falcon.capabilities.record_types["Child"] == frozenset()


@pytest.mark.parametrize("api", ["current", "legacy"])
def test_a_group_is_read_with_its_members(api: str) -> None:
    parent = Parent(falcon_api=api)

    assert get(parent) == {
        "id": NORTH,
        "name": "North",
        "cid": PARENT,
        "members": members(NORTH_CID),
        "isDefault": False,
    }
    version = "v1" if api == "legacy" else "v2"
    assert parent.calls() == [
        f"GET /mssp/entities/cid-groups/{version}",
        f"GET /mssp/entities/cid-group-members/{version}",
    ]


@pytest.mark.parametrize("status", [207, 400, 404])
def test_an_id_without_a_group_is_nobodys(status: int) -> None:
    parent = Parent(mssp_single_bad_id=status)

    assert parent.falcon.read_record("CidGroup", NOWHERE) is None
    assert parent.falcon.read_record("CidGroup", "../users") is None


def test_a_group_that_is_refused_and_listed_all_the_same_is_not_taken_for_gone() -> None:
    parent = Parent()
    parent.simulator.faults.add(Fault(route=f"{GROUPS[:-2]}v2", status=400))

    with pytest.raises(VendorRejected):
        parent.falcon.read_record("CidGroup", NORTH)


def test_all_groups_are_listed_by_name() -> None:
    assert names(Parent()) == ["All CIDs", "North"]


@pytest.mark.parametrize(
    ("filter", "found", "asked"),
    [
        ('name eq "North"', ["North"], "/mssp/queries/cid-groups/v1"),
        (f'id eq "{EVERYBODY}"', ["All CIDs"], "/mssp/entities/cid-groups/v2"),
        (f'id eq "{NOWHERE}"', [], "/mssp/entities/cid-groups/v2"),
        (
            f'members.value eq "{SOUTH_CID.upper()}"',
            ["All CIDs"],
            "/mssp/queries/cid-group-members/v1",
        ),
        (
            f'members[value eq "{NORTH_CID}"] and isDefault eq false',
            None,
            "/mssp/queries/cid-group-members/v1",
        ),
    ],
)
def test_a_filter_asks_the_vendor_for_what_it_can(
    filter: str, found: list[str] | None, asked: str
) -> None:
    parent = Parent()

    seen = names(parent, filter)

    assert seen == found if found is not None else sorted(seen) == ["All CIDs", "North"]
    assert parent.calls()[0] == f"GET {asked}"


def test_what_is_no_customer_id_is_in_no_group() -> None:
    parent = Parent()

    assert names(parent, 'members.value eq "north"') == []
    assert parent.calls() == []


def test_a_page_is_the_vendors() -> None:
    parent = Parent()

    first = parent.falcon.record_page("CidGroup", query(count=1))
    second = parent.falcon.record_page("CidGroup", query(count=1, offset=1))
    total = parent.falcon.record_page("CidGroup", query(count=0))
    of_south = parent.falcon.record_page("CidGroup", query(f'members.value eq "{SOUTH_CID}"'))

    for page, expected in ((first, ["All CIDs"]), (second, ["North"]), (total, [])):
        assert isinstance(page, RecordPage)
        assert ([each["name"] for each in page.records], page.total) == (expected, 2)
    assert of_south is not None
    assert [each["id"] for each in of_south.records] == [EVERYBODY]


@pytest.mark.parametrize(
    "asked",
    [
        query(sort_by="name"),
        query(count=1001),
        query('name eq "North"'),
        query('members.value eq "north"'),
    ],
)
def test_what_the_vendor_cannot_page_exactly_is_left_to_the_list(asked: RecordQuery) -> None:
    assert Parent().falcon.record_page("CidGroup", asked) is None


def test_a_group_is_created_with_its_members() -> None:
    parent = Parent()

    group = parent.falcon.create_record(
        "CidGroup", {"name": "Both", "members": members(NORTH_CID.upper(), SOUTH_CID)}
    )

    assert of(parent, group) == {NORTH_CID, SOUTH_CID}
    assert get(parent, group)["name"] == "Both"


def test_a_group_that_cannot_have_its_members_is_not_left_behind() -> None:
    parent = Parent()

    with pytest.raises(VendorRejected, match=NOWHERE):
        parent.falcon.create_record(
            "CidGroup", {"name": "Both", "members": members(NORTH_CID, NOWHERE)}
        )

    assert names(parent) == ["All CIDs", "North"]


def test_a_group_that_cannot_be_deleted_again_is_told_of() -> None:
    parent = Parent()
    parent.simulator.faults.add(Fault(route=MEMBERS, status=400))
    parent.simulator.faults.add(Fault(route=f"{GROUPS[:-2]}v2", status=400))

    with pytest.raises(VendorUnavailable, match="could not be deleted again"):
        parent.falcon.create_record("CidGroup", {"name": "Both", "members": members(NORTH_CID)})


@pytest.mark.parametrize("policy", ["reject", "207"])
def test_a_name_that_is_taken_is_a_conflict(policy: str) -> None:
    parent = Parent(duplicate_group_name=policy)

    with pytest.raises(VendorConflict):
        parent.falcon.create_record("CidGroup", {"name": "North"})
    with pytest.raises(VendorConflict):
        parent.falcon.update_record("CidGroup", get(parent), {**get(parent), "name": "All CIDs"})


def test_another_refusal_is_none() -> None:
    parent = Parent()
    parent.simulator.faults.add(Fault(route=GROUPS, method="PATCH", status=400))

    with pytest.raises(VendorRejected) as caught:
        parent.falcon.update_record("CidGroup", get(parent), {**get(parent), "name": "Far North"})

    assert type(caught.value) is VendorRejected


def test_a_creation_that_shows_no_group_has_an_open_outcome() -> None:
    parent = Parent()
    parent.simulator.faults.add(Fault(route=GROUPS, method="POST", status=200, body="{}"))

    with pytest.raises(OutcomeUnknown, match="created all the same"):
        parent.falcon.create_record("CidGroup", {"name": "Both"})


def test_more_than_the_limits_is_refused_without_a_change(monkeypatch: pytest.MonkeyPatch) -> None:
    parent = Parent()
    before = get(parent)
    parent.calls()
    many = members(*(f"{number:032x}" for number in range(501)))

    for attempt in (
        lambda: parent.falcon.create_record("CidGroup", {"name": "Many", "members": many}),
        lambda: parent.falcon.update_record("CidGroup", before, {**before, "members": many}),
    ):
        with pytest.raises(VendorRejected, match="500 members"):
            attempt()
    assert parent.calls() == []
    monkeypatch.setattr("scimbridge.connectors.falcon.cid_groups.MOST_GROUPS", 2)
    with pytest.raises(VendorRejected, match="there are 2"):
        parent.falcon.create_record("CidGroup", {"name": "Third"})
    assert parent.calls() == ["GET /mssp/queries/cid-groups/v1"]


def test_what_is_no_customer_id_is_refused_before_the_vendor_is_asked() -> None:
    parent = Parent()

    with pytest.raises(VendorRejected, match="not the id of a Falcon child CID"):
        parent.falcon.create_record("CidGroup", {"name": "X", "members": members("NORTH-0F")})

    assert parent.calls() == []


def test_a_change_of_one_thing_sends_nothing_else() -> None:
    parent = Parent()
    before = get(parent)
    parent.calls()

    parent.falcon.update_record("CidGroup", before, {**before, "description": "Offices"})
    assert parent.calls() == [f"PATCH {GROUPS}"]
    described = get(parent)
    assert (described["name"], described["description"]) == ("North", "Offices")
    parent.calls()

    parent.falcon.update_record("CidGroup", described, {**described, "members": members(SOUTH_CID)})

    assert parent.calls() == [f"DELETE {MEMBERS}", f"POST {MEMBERS}"]
    assert of(parent, NORTH) == {SOUTH_CID}
    assert get(parent)["description"] == "Offices"


def test_members_go_in_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scimbridge.connectors.falcon.cid_group_members._CHUNK", 1)
    parent = Parent()
    parent.calls()

    parent.falcon.create_record(
        "CidGroup", {"name": "Both", "members": members(NORTH_CID, SOUTH_CID)}
    )

    assert parent.calls().count(f"POST {MEMBERS}") == 2


def test_an_unknown_child_is_named_and_the_others_are_in() -> None:
    parent = Parent()
    before = get(parent)

    with pytest.raises(VendorRejected, match=f"not known as children: {NOWHERE}"):
        parent.falcon.update_record(
            "CidGroup", before, {**before, "members": members(NORTH_CID, SOUTH_CID, NOWHERE)}
        )

    assert of(parent, NORTH) == {NORTH_CID, SOUTH_CID}


def test_a_refusal_that_is_about_nobody_is_none() -> None:
    parent = Parent()
    before = get(parent)
    parent.simulator.faults.add(Fault(route=MEMBERS, method="DELETE", status=400))
    parent.falcon.update_record(
        "CidGroup", {**before, "members": members(SOUTH_CID)}, {**before, "members": []}
    )

    parent.simulator.faults.add(Fault(route=MEMBERS, method="DELETE", status=400))
    with pytest.raises(VendorRejected):
        parent.falcon.update_record("CidGroup", before, {**before, "members": []})


def test_a_group_that_is_gone_takes_no_members() -> None:
    parent = Parent()
    before = get(parent)
    del parent.control.cid_groups[NORTH]

    with pytest.raises(VendorNotFound):
        parent.falcon.update_record("CidGroup", before, {**before, "members": members(SOUTH_CID)})


@pytest.mark.parametrize("policy", ["accept", "reject"])
def test_a_group_is_deleted_with_its_members(policy: str) -> None:
    parent = Parent(delete_group_with_members=policy)

    parent.falcon.delete_record("CidGroup", NORTH)
    parent.falcon.delete_record("CidGroup", NORTH)

    assert names(parent) == ["All CIDs"]


def test_the_group_of_all_children_stays_as_it_is() -> None:
    parent = Parent()

    with pytest.raises(VendorConflict, match="group of all children"):
        parent.falcon.delete_record("CidGroup", EVERYBODY)

    assert of(parent, EVERYBODY) == {NORTH_CID, SOUTH_CID}


def test_a_refused_deletion_of_a_group_that_is_still_there_is_a_failure() -> None:
    parent = Parent()
    parent.simulator.faults.add(Fault(route=GROUPS, method="DELETE", status=400))

    with pytest.raises(VendorRejected):
        parent.falcon.delete_record("CidGroup", NORTH)


def test_a_group_whose_members_are_not_shown_is_not_taken_for_empty() -> None:
    parent = Parent()
    parent.simulator.faults.add(
        Fault(route=f"{MEMBERS[:-2]}v2", status=200, body='{"resources": []}')
    )

    with pytest.raises(VendorUnavailable, match=NORTH):
        parent.falcon.read_record("CidGroup", NORTH)


# --- children --------------------------------------------------------------------------------


@pytest.mark.parametrize("api", ["current", "legacy"])
def test_a_child_is_read_by_its_customer_id(api: str) -> None:
    parent = Parent(falcon_api=api)

    found = parent.falcon.read_record("Child", NORTH_CID)

    assert found is not None
    assert (found["id"], found["cid"], found["name"]) == (NORTH_CID, NORTH_CID, "Example North")
    assert found["parentCid"] == PARENT
    expected = (
        "GET /mssp/entities/children/v1"
        if api == "legacy"
        else "POST /mssp/entities/children/GET/v2"
    )
    assert parent.calls() == [expected]
    assert parent.falcon.read_record("Child", NOWHERE) is None
    assert parent.falcon.read_record("Child", "x") is None


def test_children_are_listed_filtered_and_paged() -> None:
    parent = Parent()

    def found(filter: str | None) -> set[str]:
        where = None if filter is None else parse_filter(filter, resource_type("Child"))
        return {each["id"] for each in parent.falcon.records("Child", where)}

    assert found(None) == found('name sw "Example"') == {NORTH_CID, SOUTH_CID}
    assert found(f'cid eq "{NORTH_CID.upper()}"') == found(f'id eq "{NORTH_CID}"') == {NORTH_CID}
    assert found('id eq "x"') == set()
    pages = [parent.falcon.record_page("Child", query(count=1, offset=n)) for n in (0, 1)]
    assert {each["id"] for page in pages if page for each in page.records} == {NORTH_CID, SOUTH_CID}
    assert parent.falcon.record_page("Child", query(sort_by="name")) is None


def test_a_tenant_without_flight_control_is_told_what_is_missing() -> None:
    parent = Parent(flight_control=False)

    with pytest.raises(VendorDenied, match="Flight Control"):
        list(parent.falcon.records("Child"))
