from __future__ import annotations

import pytest

from scimbridge.connectors.cortex_xdr.iam_picture import IamPicture
from scimbridge.connectors.cortex_xdr.mapping import GroupRef, Role, User, UserGroup
from scimbridge.connectors.interface import Entitlement, HeldGrant

JANE = "jane@example.com"
VIEWER, HUNTER = Entitlement("role", "viewer"), Entitlement("role", "hunter")


def group(number: int, *, nested: tuple[int, ...] = (), **fields: str) -> UserGroup:
    refs = tuple(GroupRef(f"id_{each}", f"Group {each}") for each in nested)
    return UserGroup(f"id_{number}", f"Group {number}", nested=refs, **fields)


def picture(*groups: UserGroup, roles: tuple[Role, ...] = ()) -> IamPicture:
    return IamPicture({}, {each.id: each for each in roles}, {each.id: each for each in groups})


def jane(*refs: GroupRef, role_name: str = "") -> User:
    return User(JANE, role_name=role_name, groups=refs)


def held(number: int) -> Entitlement:
    return Entitlement("user-group", f"id_{number}")


@pytest.mark.parametrize(
    "ref",
    [
        GroupRef("id_1", "Group 1"),
        GroupRef("id_1", ""),
        GroupRef("", "Group 1"),
        GroupRef("11", "Group 1"),
        GroupRef("id_1", "Its old name"),
    ],
)
def test_a_group_is_known_by_its_id_or_else_by_its_name(ref: GroupRef) -> None:
    seen = picture(group(1), group(2))

    assert seen.holds(jane(ref), held(1))
    assert not seen.holds(jane(ref), held(2))


def test_a_group_that_no_list_shows_is_held_under_the_id_it_was_named_by() -> None:
    grants = set(picture().grants(jane(GroupRef("id_9", "Hidden"))))

    assert grants == {HeldGrant(held(9))}


@pytest.mark.parametrize(
    "groups",
    [
        (group(1, nested=(2,)), group(2, role_id="hunter")),
        (group(1), group(2, nested=(1,), role_id="hunter")),
        (group(1, nested=(3,)), group(3, nested=(2,)), group(2, role_id="hunter")),
        (group(1), group(3, nested=(1,)), group(2, nested=(3,), role_id="hunter")),
        (group(1, nested=(2,)), group(2, nested=(1,), role_id="hunter")),
    ],
    ids=["inner", "outer", "inner of inner", "outer of outer", "circle"],
)
def test_roles_of_nested_groups_come_with_the_membership(groups: tuple[UserGroup, ...]) -> None:
    grants = set(picture(*groups).grants(jane(GroupRef("id_1", "Group 1"))))

    assert grants == {
        HeldGrant(held(1)),
        HeldGrant(
            HUNTER,
            direct=False,
            via="user group Group 1, which is nested with Group 2",
            source=held(1),
        ),
    }


def test_the_role_of_a_sibling_does_not_come_with_the_membership() -> None:
    outer = group(3, nested=(1, 2))
    grants = picture(group(1), group(2, role_id="hunter"), outer).grants(jane(GroupRef("id_1", "")))

    assert set(grants) == {HeldGrant(held(1))}


def test_a_role_that_no_list_shows_is_held_under_its_name() -> None:
    admin = Entitlement("role", "Account Admin")
    seen = picture(roles=(Role("viewer", "Viewer"),))
    person = jane(role_name="Account Admin")

    assert set(seen.grants(person)) == {HeldGrant(admin)}
    assert seen.holds(person, admin)
    assert not seen.holds(person, VIEWER)


def test_the_groups_that_are_sent_are_the_direct_ones_and_what_was_asked_for() -> None:
    seen = picture(group(1), group(2, managed_by="the IdP"), group(3))
    person = jane(GroupRef("id_1", "Group 1"), GroupRef("id_2", "Group 2"), GroupRef("id_9", ""))

    assert seen.request("grant", person, [held(3)]) == {"user_groups": ["id_1", "id_3", "id_9"]}
    assert seen.request("revoke", person, [held(1)]) == {"user_groups": ["id_9"]}


def test_groups_are_not_sent_where_only_the_role_changes() -> None:
    person = jane(GroupRef("id_1", "Group 1"))

    assert picture(group(1)).request("grant", person, [VIEWER]) == {"role_id": "viewer"}
    assert picture(group(1)).request("revoke", person, [VIEWER]) == {"role_id": ""}
