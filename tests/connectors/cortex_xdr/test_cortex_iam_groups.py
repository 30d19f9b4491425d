from __future__ import annotations

from typing import Any

import pytest
from cortex_tenant import IAM, LENA, OMAR, CortexTenant, grant, open_tenant

from scimbridge.connectors.interface import Entitlement, ManagedEntitlement
from scimbridge.errors import (
    OutcomeUnknown,
    VendorConflict,
    VendorDenied,
    VendorError,
    VendorNotFound,
    VendorRejected,
    VendorUnavailable,
)

GROUPS, GROUP = "/platform/iam/v1/user-group", "/platform/iam/v1/user-group/{group_id}"


def create(tenant: CortexTenant, name: str) -> Entitlement:
    return tenant.connector.create_entitlement("user-group", ManagedEntitlement(name))


def rename(tenant: CortexTenant, group: Entitlement, name: str) -> None:
    before = [ManagedEntitlement("whatever it was")]
    tenant.connector.update_entitlement(group, before, ManagedEntitlement(name))


def described(tenant: CortexTenant, entitlement: Entitlement) -> tuple[str, str]:
    (group,) = (
        each
        for each in tenant.simulator.state.snapshot()["groups"]
        if each["native_id"] == entitlement.native_id
    )
    return group["name"], group["description"] or ""


def test_a_group_is_created_and_its_id_is_the_one_in_the_list(iam: CortexTenant) -> None:
    created = create(iam, "Leavers")

    assert created == iam.group("Leavers")
    assert described(iam, created) == ("Leavers", "")
    assert iam.calls() == ["POST user-group", "GET user-group"]


def test_a_group_is_found_by_its_name(iam: CortexTenant) -> None:
    assert iam.connector.find_entitlement("user-group", "SOC") == iam.group("SOC")
    assert iam.connector.find_entitlement("user-group", "soc") is None
    assert iam.calls() == ["GET user-group"] * 2


def test_a_name_that_is_taken_is_a_conflict(iam: CortexTenant) -> None:
    with pytest.raises(VendorConflict):
        create(iam, "SOC")


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_creation_without_an_answer_is_not_repeated(iam: CortexTenant, when: Any) -> None:
    iam.fails(f"POST {GROUPS}", count=1, drop=True, when=when)

    with pytest.raises(OutcomeUnknown):
        create(iam, "Leavers")

    assert iam.calls().count("POST user-group") == 1


def test_a_creation_that_is_accepted_and_not_shown_is_not_done(iam: CortexTenant) -> None:
    iam.fails(f"POST {GROUPS}", status=201, body={"data": {"message": "group id 1 created"}})

    with pytest.raises(OutcomeUnknown, match="does not show it yet"):
        create(iam, "Leavers")


def test_a_group_is_renamed_and_keeps_its_members(iam: CortexTenant) -> None:
    soc = iam.group("SOC")
    before = described(iam, soc)

    rename(iam, soc, "Security Operations")

    assert described(iam, soc) == ("Security Operations", before[1])
    assert "Security Operations" in iam.groups(LENA, direct=True)


def test_renaming_to_what_it_is_makes_no_change(iam: CortexTenant) -> None:
    rename(iam, iam.group("SOC"), "SOC")

    assert iam.calls() == ["GET user-group"]


def test_what_was_never_called_otherwise_is_left_alone(iam: CortexTenant) -> None:
    same = ManagedEntitlement("SOC (user-group:1)")

    iam.connector.update_entitlement(iam.group("SOC"), [same], same)

    assert iam.calls() == []


def test_renaming_to_a_name_that_is_taken_is_a_conflict(iam: CortexTenant) -> None:
    with pytest.raises(VendorConflict):
        rename(iam, iam.group("SOC"), "Threat Hunters")


def test_renaming_what_is_gone_is_told(iam: CortexTenant) -> None:
    with pytest.raises(VendorNotFound):
        rename(iam, Entitlement("user-group", "1-2_3"), "New")


def test_a_new_name_that_is_accepted_and_not_shown_is_not_done(iam: CortexTenant) -> None:
    iam.fails(f"PATCH {GROUP}", status=200, body={"data": {"message": "updated successfully"}})

    with pytest.raises(VendorUnavailable, match="still shown as 'SOC'"):
        rename(iam, iam.group("SOC"), "New")


def test_a_deleted_group_is_gone_and_deleting_again_is_success(iam: CortexTenant) -> None:
    soc = iam.group("SOC")

    iam.connector.delete_entitlement(soc)
    iam.connector.delete_entitlement(soc)

    assert "SOC" not in iam.group_names()
    assert "Threat Hunters" in iam.group_names()
    assert "SOC" not in iam.groups(LENA)


@pytest.mark.parametrize(
    ("how", "kind"),
    [
        ({"status": 400}, VendorRejected),
        ({"status": 403}, VendorDenied),
        ({"status": 503}, VendorUnavailable),
        ({"status": 200, "body": {"data": {"message": "deleted"}}}, VendorUnavailable),
        ({"status": 200, "body": "<html>"}, VendorUnavailable),
    ],
)
def test_a_group_that_is_still_there_was_not_deleted(
    iam: CortexTenant, how: dict[str, Any], kind: type[VendorError]
) -> None:
    iam.fails(f"DELETE {GROUP}", **how)

    with pytest.raises(kind):
        iam.connector.delete_entitlement(iam.group("SOC"))


@pytest.mark.parametrize("native_id", ["", "..", "../user/x", "a/b", "1\n", "-"])
def test_what_cannot_be_the_id_of_a_group_is_refused_without_a_call(
    iam: CortexTenant, native_id: str
) -> None:
    for act in (
        lambda each: iam.connector.delete_entitlement(each),
        lambda each: rename(iam, each, "New"),
    ):
        with pytest.raises(VendorRejected, match="is not the id of"):
            act(Entitlement("user-group", native_id))

    assert iam.calls() == []


@pytest.mark.parametrize("kind", ["role", "site"])
def test_no_other_kind_is_managed(iam: CortexTenant, kind: str) -> None:
    with pytest.raises(VendorRejected, match="manages no entitlements of the kind"):
        iam.connector.create_entitlement(kind, ManagedEntitlement("New"))


def test_a_group_can_be_filled_as_soon_as_it_is_created(iam: CortexTenant) -> None:
    iam.connector.grants(OMAR)  # keeps a list of groups without the new one
    created = create(iam, "Leavers")

    grant(iam, OMAR, created)

    assert iam.groups(OMAR) == {"Leavers"}


def test_the_catalogue_tells_which_groups_can_be_given(iam: CortexTenant) -> None:
    assignable = {
        each.display_name: each.assignable
        for each in iam.connector.entitlements()
        if each.entitlement.kind == "user-group"
    }

    assert assignable == {
        "SOC": True,
        "Threat Hunters": True,
        "SOC Level 1": False,
        "AAD Security Readers": False,
    }


def test_every_form_of_refusing_a_duplicate_is_understood() -> None:
    for form in ("observed", "root", "details"):
        with (
            open_tenant(IAM, switches={"error_form": form}) as tenant,
            pytest.raises(VendorConflict),
        ):
            rename(tenant, tenant.group("SOC"), "Threat Hunters")
