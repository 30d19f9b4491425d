"""Changes of response policies: what is sent, in which order, and what the vendor has then."""

from __future__ import annotations

import json
from typing import Any

import pytest
from falcon_tenant import Tenant
from hypothesis import given, settings
from hypothesis import strategies as st
from policies import (
    ACTIONS,
    ENTITIES,
    POLICY,
    PRECEDENCE,
    WINDOWS_DEFAULT,
    change,
    create,
    ids,
    of_a_child,
    of_the_parent,
    on,
    read,
    writes,
)

from scimbridge.connectors.falcon.connector import FalconConnector
from scimbridge.connectors.falcon.simulator.seed import CHILD_CIDS
from scimbridge.connectors.falcon.simulator.seed_policies import (
    LAPTOP_POLICY_ID,
    LAPTOPS,
    SERVER_POLICY_ID,
    SERVERS,
)
from scimbridge.errors import VendorConflict, VendorNotFound, VendorRejected


def test_nothing_is_sent_for_no_change(tenant: Tenant, parent: FalconConnector) -> None:
    change(parent, LAPTOP_POLICY_ID)

    assert writes(tenant) == []


@pytest.mark.parametrize(
    ("values", "sent"),
    [
        ({"name": "Other"}, f"PATCH {ENTITIES}"),
        ({"description": "Of the help desk"}, f"PATCH {ENTITIES}"),
        ({"settings": on("RealTimeFunctionality")}, f"PATCH {ENTITIES}"),
        ({"settings": None}, f"PATCH {ENTITIES}"),
        ({"enabled": False}, f"POST {ACTIONS} disable"),
        ({"enabled": None}, f"POST {ACTIONS} disable"),
        ({"hostGroups": None}, f"POST {ACTIONS} remove-host-group"),
        (
            {"hostGroups": [{"value": LAPTOPS}, {"value": SERVERS}]},
            f"POST {ACTIONS} add-host-group",
        ),
    ],
)
def test_a_change_takes_the_one_call_that_makes_it(
    tenant: Tenant, parent: FalconConnector, values: dict[str, Any], sent: str
) -> None:
    shown = change(parent, LAPTOP_POLICY_ID, **values)

    assert writes(tenant) == [sent]
    for name, value in values.items():
        if name in ("settings", "hostGroups"):
            assert ids(shown.get(name, [])) == ids(value or [])
        else:
            assert shown[name] == (value or False)


def test_what_takes_away_goes_first_and_enabling_last(
    tenant: Tenant, parent: FalconConnector
) -> None:
    create(parent, "Second")
    tenant.simulator.log.clear()

    change(parent, LAPTOP_POLICY_ID, enabled=False, hostGroups=[{"value": SERVERS}], precedence=2)
    change(parent, LAPTOP_POLICY_ID, enabled=True, settings=on("RealTimeFunctionality"))

    assert writes(tenant) == [
        f"POST {ACTIONS} disable",
        f"POST {ACTIONS} remove-host-group",
        f"POST {ACTIONS} add-host-group",
        f"POST {PRECEDENCE}",
        f"PATCH {ENTITIES}",
        f"POST {ACTIONS} enable",
    ]


@pytest.mark.parametrize("policy_settings", ["merge", "replace"])
def test_settings_become_those_that_are_listed_however_the_vendor_takes_an_update(
    policy_settings: str,
) -> None:
    parent = of_the_parent(Tenant(policy_settings=policy_settings))

    shown = change(
        parent,
        LAPTOP_POLICY_ID,
        settings=on("RealTimeFunctionality", "PutCommand", "MemDumpCommand"),
    )
    renamed = change(parent, LAPTOP_POLICY_ID, name="Renamed")

    assert ids(shown["settings"]) == {"RealTimeFunctionality", "PutCommand", "MemDumpCommand"}
    assert ids(renamed["settings"]) == ids(shown["settings"])


def test_a_description_can_be_taken_away(parent: FalconConnector) -> None:
    change(parent, LAPTOP_POLICY_ID, description="Old")

    assert "description" not in change(parent, LAPTOP_POLICY_ID, description=None)


def test_a_rename_to_a_taken_name_is_a_conflict(parent: FalconConnector) -> None:
    other = create(parent, "Other")

    with pytest.raises(VendorConflict):
        change(parent, other, name="Responders on laptops")


def test_a_refused_setting_of_a_kept_name_is_no_conflict(parent: FalconConnector) -> None:
    with pytest.raises(VendorRejected) as caught:
        change(parent, LAPTOP_POLICY_ID, settings=on("GetCommand"))

    assert not isinstance(caught.value, VendorConflict)


def test_the_whole_order_of_the_platform_is_sent_without_default_and_foreign_policies(
    tenant: Tenant, parent: FalconConnector
) -> None:
    second, third = create(parent, "Second"), create(parent, "Third")
    of_a_child(tenant).create_record(POLICY, {"name": "Theirs", "platformName": "Windows"})

    shown = change(parent, third, precedence=1)

    [sent] = [
        json.loads(each.body) for each in tenant.simulator.log.requests() if each.path == PRECEDENCE
    ]
    assert sent == {"ids": [third, LAPTOP_POLICY_ID, second], "platform_name": "Windows"}
    assert shown["precedence"] == 1
    assert read(parent, second)["precedence"] == 3


@pytest.mark.parametrize("place", [0, -1, 3, None])
def test_a_place_that_there_is_not_is_refused(
    tenant: Tenant, parent: FalconConnector, place: int | None
) -> None:
    create(parent, "Second")
    tenant.simulator.log.clear()

    with pytest.raises(VendorRejected, match="precedence"):
        change(parent, LAPTOP_POLICY_ID, precedence=place, enabled=False)

    assert writes(tenant) == []


def test_the_default_policy_stays_the_last(parent: FalconConnector) -> None:
    with pytest.raises(VendorRejected, match="comes last"):
        change(parent, WINDOWS_DEFAULT, precedence=1)


def test_a_clone_id_is_refused_for_a_policy_that_is_there(parent: FalconConnector) -> None:
    with pytest.raises(VendorRejected, match="cloneId"):
        change(parent, LAPTOP_POLICY_ID, cloneId=SERVER_POLICY_ID)


def test_a_policy_that_went_meanwhile_is_not_found(parent: FalconConnector) -> None:
    before = read(parent, SERVER_POLICY_ID)
    parent.delete_record(POLICY, SERVER_POLICY_ID)

    with pytest.raises(VendorNotFound):
        parent.update_record(POLICY, before, {**before, "name": "Gone"})


# --- any sequence of changes -------------------------------------------------------------------

SETTINGS = ["RealTimeFunctionality", "CustomScripts", "FalconScripts", "GetCommand", "ExecCommand"]
CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(["A", "B", "C"]),
        "description": st.sampled_from(["", "x", "y"]),
        "enabled": st.booleans(),
        "precedence": st.integers(1, 3),
        "hostGroups": st.sets(st.sampled_from([LAPTOPS, SERVERS])),
        "settings": st.sets(st.sampled_from(SETTINGS)).map(lambda found: found | {SETTINGS[0]}),
    },
)


@given(
    st.lists(st.tuples(st.integers(0, 2), CHANGES), max_size=5),
    st.sampled_from(["merge", "replace"]),
)
@settings(max_examples=12, deadline=None)
def test_after_any_changes_the_vendor_has_what_was_asked_for(
    changes: list[tuple[int, dict[str, Any]]], policy_settings: str
) -> None:
    tenant = Tenant(policy_settings=policy_settings, policy_setting_rules="ignore")
    child = of_a_child(tenant)
    policies = [create(child, f"P{n}", settings=on(SETTINGS[0])) for n in range(3)]
    order = list(policies)
    model: dict[str, dict[str, Any]] = {
        policy: {"name": f"P{n}", "settings": {SETTINGS[0]}} for n, policy in enumerate(policies)
    }

    for which, values in changes:
        policy = policies[which]
        taken = {each["name"] for other, each in model.items() if other != policy}
        if values.get("name") in taken:
            continue
        asked = {
            name: [{"value": each} for each in sorted(value)] if isinstance(value, set) else value
            for name, value in values.items()
        }
        change(child, policy, **asked)
        model[policy] |= {name: value for name, value in values.items() if name != "precedence"}
        if "precedence" in values:
            order.remove(policy)
            order.insert(values["precedence"] - 1, policy)

    book = tenant.simulator.state.policies
    ranked = book.ranked(CHILD_CIDS[0], "Windows")
    assert [each.policy_id for each in ranked][:-1] == order
    for policy, wanted in model.items():
        held = book.policies[policy]
        assert held.name == wanted["name"]
        assert held.description == wanted.get("description", "")
        assert held.enabled is wanted.get("enabled", False)
        assert set(held.group_ids) == wanted.get("hostGroups", set())
        assert held.settings == wanted["settings"]
