"""What holds for every PATCH, whatever it says."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from patching import patched
from scim_generators import GROUP, JSON, USER, documents, filters

from scimbridge.errors import ScimError
from scimbridge.scim import urns
from scimbridge.scim.filters import ValuePathFilter, to_text
from scimbridge.scim.members import members_of, split_members
from scimbridge.scim.patch import apply_patch, parse_patch
from scimbridge.scim.quirks import Dialect
from scimbridge.scim.resources import load_resource

MANY = settings(max_examples=250, deadline=None)
PATHS = st.sampled_from(
    [
        "title",
        "userName",
        "name",
        "name.givenName",
        "emails",
        "emails.value",
        'emails[type eq "work"]',
        'emails[type eq "work"].value',
        'emails[not (type eq "a") or value co "b"].primary',
        'roles[primary eq "True"].value',
        "active",
        "id",
        "groups",
        "meta.version",
        "schemas",
        "password",
        "manager",
        urns.ENTERPRISE_USER,
        f"{urns.ENTERPRISE_USER}:manager.value",
        "shoeSize",
        "",
    ]
)
OPS = st.sampled_from(["add", "remove", "replace", "Replace", "move"])
ELEMENTS = st.lists(
    st.fixed_dictionaries(
        {"value": st.sampled_from("abc")},
        optional={"type": st.sampled_from(["work", "User"]), "primary": st.booleans()},
    ),
    max_size=3,
)
OPERATIONS = st.fixed_dictionaries(
    {"op": OPS},
    optional={
        "path": PATHS,
        "value": JSON
        | st.text(max_size=3)
        | ELEMENTS
        | st.dictionaries(PATHS, JSON | ELEMENTS, max_size=3),
    },
)


@MANY
@given(JSON | st.fixed_dictionaries({"Operations": JSON | st.lists(JSON, max_size=3)}))
def test_any_json_as_a_patch_body_gives_a_document_or_a_scim_error(body: Any) -> None:
    before = {"schemas": [urns.USER], "id": "1", "userName": "babs"}
    try:
        after = apply_patch(parse_patch(body, USER), before, USER)
    except ScimError:
        return

    assert after["userName"]


@MANY
@given(st.lists(OPERATIONS, max_size=4), documents(USER))
def test_a_patch_never_changes_its_input_and_leaves_a_valid_document(
    operations: list[Any], before: dict[str, Any]
) -> None:
    untouched = copy.deepcopy(before)
    try:
        after = patched(before, *operations)
    except ScimError:
        assert before == untouched
        return

    assert before == untouched
    assert after["schemas"] == USER.schemas_of(after)
    reloaded = load_resource(after, USER, dialect=Dialect.strict())
    defaulted = {name: after[name] for name in ("id", "meta", "groups") if name in after}
    assert reloaded | defaulted == {"active": True} | after


@MANY
@given(OPERATIONS, documents(USER))
def test_the_same_operation_twice_is_the_same_as_once(
    operation: dict[str, Any], before: dict[str, Any]
) -> None:
    try:
        once = patched(before, operation)
        twice = patched(once, operation)
    except ScimError:
        return

    assert twice == once


def difference(before: dict[str, Any], after: dict[str, Any]) -> list[dict[str, Any]]:
    """Operations that make ``after`` out of ``before``."""
    operations: list[dict[str, Any]] = []
    for name in (before.keys() | after.keys()) - {"schemas", "id"}:
        if before.get(name) == after.get(name):
            continue
        if name in before and name != "userName":
            operations.append({"op": "remove", "path": name})
        if name in after:
            operations.append({"op": "add", "path": name, "value": after[name]})
    return operations


@MANY
@given(documents(USER), documents(USER))
def test_the_difference_of_two_documents_applied_to_one_gives_the_other(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    assert patched(one, *difference(one, other)) == other


@MANY
@given(documents(USER), documents(USER))
def test_a_patch_and_its_inverse_restore_the_document(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    there_and_back = difference(one, other) + difference(other, one)

    assert patched(one, *there_and_back) == one


@MANY
@given(st.lists(OPERATIONS, max_size=4), documents(USER))
def test_at_most_one_element_is_primary_after_any_patch(
    operations: list[Any], before: dict[str, Any]
) -> None:
    try:
        after = patched(before, *operations)
    except ScimError:
        return
    for value in after.values():
        if isinstance(value, list):
            assert sum(isinstance(e, dict) and e.get("primary") is True for e in value) <= 1


MEMBER = st.fixed_dictionaries(
    {"value": st.sampled_from("abcdef")},
    optional={"type": st.sampled_from(["User", "Group"]), "display": st.sampled_from("xyz")},
)
MEMBERS = st.lists(MEMBER, max_size=4, unique_by=lambda each: each["value"])
SELECTIONS = (
    filters(GROUP, lambda a: a.name in ("members", "value", "type", "display"))
    .filter(lambda each: isinstance(each, ValuePathFilter))
    .map(to_text)
)
MEMBER_OPERATIONS = st.lists(
    st.one_of(
        st.builds(lambda v: {"op": "add", "path": "members", "value": v}, MEMBERS),
        st.builds(lambda v: {"op": "replace", "path": "members", "value": v}, MEMBERS),
        st.builds(
            lambda v: {"op": "replace", "value": {"members": v, "displayName": "n"}}, MEMBERS
        ),
        st.builds(lambda v: {"op": "remove", "path": "members", "value": v}, MEMBERS),
        st.just({"op": "remove", "path": "members"}),
        st.sampled_from("abcdef").map(
            lambda v: {"op": "remove", "path": f'members[value eq "{v}"]'}
        ),
        st.builds(lambda path: {"op": "remove", "path": path}, SELECTIONS),
        st.just({"op": "replace", "path": "displayName", "value": "other"}),
    ),
    max_size=6,
)


@settings(max_examples=600, deadline=None)
@given(MEMBER_OPERATIONS, MEMBERS)
def test_a_member_change_equals_the_operations_one_after_the_other(
    operations: list[Any], current: list[dict[str, str]]
) -> None:
    group = {"schemas": [urns.GROUP], "id": "g", "displayName": "n"}
    if current:
        group["members"] = current
    parsed = parse_patch({"Operations": operations}, GROUP)

    expected = apply_patch(parsed, group, GROUP)
    others, change = split_members(parsed, GROUP)

    assert change.apply(members_of(group)) == members_of(expected)
    without = apply_patch(others, {k: v for k, v in group.items() if k != "members"}, GROUP)
    assert without == {k: v for k, v in expected.items() if k != "members"}
    assert not change.remove & change.add.keys()
    assert change.renewed <= change.add.keys()
    if not change.needs_members:
        kept = set() if change.replace else members_of(group).keys() - change.remove
        assert kept | change.add.keys() == members_of(expected).keys()
