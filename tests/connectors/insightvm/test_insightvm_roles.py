"""Custom roles as the settings describe them, and what else a console has."""

from __future__ import annotations

import logging

import pytest
from insightvm_console import ADMIN, INES, MARA, SERVICE, Console, gives

from scimbridge.connectors.insightvm.mapping import Source
from scimbridge.connectors.interface import Entitlement
from scimbridge.errors import VendorNotFound, VendorUnavailable

OPS = ("create-reports", "view-site-asset-data")


def privileges(console: Console, name: str) -> set[str] | None:
    """The privileges of a role in the console's own state; None if there is no such role."""
    found = [
        each for each in console.simulator.state.snapshot()["roles"] if each["native_id"] == name
    ]
    return set(found[0]["privileges"]) if found else None


def test_a_described_role_is_created_and_can_be_given_at_once() -> None:
    console = Console()
    connector = console.connector(roles={"Site Ops": OPS})
    assert Entitlement("role", "Site Ops") not in {
        each.entitlement for each in connector.entitlements()
    }

    connector.prepare()
    connector.grant(gives(MARA, "role:Site Ops"))

    assert privileges(console, "Site Ops") == set(OPS)
    assert "role:Site Ops" in console.held(MARA)


def test_a_described_role_is_brought_to_its_privileges() -> None:
    console = Console()
    console.connector(roles={"Ops": OPS}).prepare()

    console.connector(roles={"Ops": OPS[:1]}).prepare()

    assert privileges(console, "Ops") == set(OPS[:1])


def test_a_role_that_is_as_described_is_left_alone() -> None:
    console = Console()
    connector = console.connector(roles={"Ops": OPS, "Gone": ()})
    connector.prepare()
    console.forget()

    connector.prepare()

    assert console.asked() == ["GET /api/3/roles"]


def test_nothing_described_makes_no_call() -> None:
    console = Console()

    console.connector().prepare()

    assert console.asked() == []


def test_roles_that_are_not_described_are_left_alone() -> None:
    console = Console()
    before = privileges(console, "Patch Coordinator")

    console.connector(roles={"Ops": OPS}).prepare()

    assert privileges(console, "Patch Coordinator") == before


def test_a_role_without_privileges_is_deleted() -> None:
    console = Console()
    console.connector(roles={"Ops": OPS}).prepare()

    console.connector(roles={"Ops": ()}).prepare()

    assert privileges(console, "Ops") is None


def test_a_role_that_somebody_has_is_not_deleted_and_this_is_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    console = Console()

    console.connector(roles={"Patch Coordinator": (), "Ops": OPS}).prepare()

    assert privileges(console, "Patch Coordinator") is not None
    assert privileges(console, "Ops") == set(OPS)
    (error,) = [each.getMessage() for each in caplog.records if each.levelno == logging.ERROR]
    assert "'Patch Coordinator'" in error
    assert "while users have it (5)" in error
    assert not any(each.startswith("DELETE") for each in console.asked())


def test_a_refused_role_does_not_keep_the_others_away(caplog: pytest.LogCaptureFixture) -> None:
    console = Console()

    console.connector(roles={"Bad": ("no-such-privilege",), "Ops": OPS}).prepare()

    assert privileges(console, "Bad") is None
    assert privileges(console, "Ops") == set(OPS)
    assert "custom role 'Bad'" in caplog.text


@pytest.mark.parametrize(("method", "described"), [("PUT", OPS), ("DELETE", ())])
def test_a_change_of_a_role_that_does_not_show_is_no_success(
    method: str, described: tuple[str, ...]
) -> None:
    console = Console()
    if method == "DELETE":
        console.connector(roles={"Ops": OPS}).prepare()
    console.fails(method=method, route="/api/3/roles/{id}", status=200, body={"links": []})

    with pytest.raises(VendorUnavailable):
        console.connector(roles={"Ops": described}).prepare()


def test_a_role_that_is_gone_when_it_is_deleted_is_success() -> None:
    console = Console()
    console.connector(roles={"Ops": OPS}).prepare()
    console.fails(method="DELETE", route="/api/3/roles/{id}", drop=True, when="after")

    console.connector(roles={"Ops": ()}).prepare()

    assert privileges(console, "Ops") is None


# --- the catalogue ---------------------------------------------------------------------------


def test_the_catalogue_holds_roles_sites_and_asset_groups_by_name() -> None:
    found = {
        str(each.entitlement): each.display_name for each in Console().connector().entitlements()
    }

    assert found["role:site-admin"] == "Site Owner"
    assert found["role:Patch Coordinator"] == "Patch Coordinator"
    assert found["site:2"] == "Data Centre North"
    assert found["asset-group:1"] == "Payment Systems"


def test_the_pseudo_role_that_stands_for_custom_ones_is_not_offered() -> None:
    assert Entitlement("role", "custom") not in {
        each.entitlement for each in Console().connector().entitlements()
    }


def test_who_has_a_role_a_privilege_or_a_source_can_be_read() -> None:
    catalogue = Console().connector().catalogue
    sources = {source.name: source for source in catalogue.authentication_sources()}

    assert set(catalogue.holders_of_role("global-admin")) == {ADMIN, SERVICE}
    assert ADMIN in catalogue.holders_of_privilege("all-permissions")
    assert MARA not in catalogue.holders_of_privilege("all-permissions")
    sso = sources["Example SSO"]
    assert sso == Source("saml", sso.id, "Example SSO")
    assert sso.id is not None
    assert catalogue.users_of_source(sso.id) == (INES,)
    assert catalogue.find_authentication_source(sso.id) == sso
    assert catalogue.find_authentication_source(4711) is None


def test_the_privileges_are_those_of_the_console() -> None:
    catalogue = Console().connector().catalogue

    assert {"all-permissions", "create-reports"} < set(catalogue.privileges())
    assert catalogue.has_privilege("create-reports")
    assert not catalogue.has_privilege("no-such-privilege")
    assert "create-reports" in catalogue.privileges_of(MARA)
    assert "all-permissions" not in catalogue.privileges_of(MARA)


def test_holders_of_what_is_not_there_are_not_found() -> None:
    catalogue = Console().connector().catalogue

    with pytest.raises(VendorNotFound):
        catalogue.holders_of_role("No Such Role")
