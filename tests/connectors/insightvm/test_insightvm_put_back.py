"""When things go wrong between a PUT of a user and the putting back of what it drops."""

from __future__ import annotations

import logging

import pytest
from insightvm_console import MARA, Console, only, update

from scimbridge.connectors.deadline import deadline
from scimbridge.errors import (
    VendorDenied,
    VendorRejected,
    VendorUnavailable,
)

USER = "/api/3/users/{id}"


@pytest.mark.parametrize("route", [f"{USER}/sites", f"{USER}/asset_groups"])
def test_access_that_could_not_be_put_back_is_put_back_next_time(route: str) -> None:
    console = Console()
    connector = console.connector()
    before = console.held(MARA)
    console.fails(method="PUT", route=route, status=503, count=3)
    with pytest.raises(VendorUnavailable):
        update(connector, MARA, display_name="New Name")
    assert console.held(MARA) < before

    update(connector, MARA, display_name="New Name")

    only(console, MARA, name="New Name")
    assert console.held(MARA) == before


def test_what_could_not_be_put_back_is_written_to_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    console = Console()
    console.fails(method="PUT", route=f"{USER}/sites", status=503, count=3)

    with pytest.raises(VendorUnavailable):
        update(console.connector(), MARA, display_name="New Name")

    errors = [each.getMessage() for each in caplog.records if each.levelno == logging.ERROR]
    assert errors == [
        "console: user mara.lind (3): access to site 1, 2 could not be put back",
    ]


def test_a_put_whose_answer_is_lost_does_not_lose_access() -> None:
    console = Console()
    connector = console.connector()
    before = console.held(MARA)
    console.fails(method="PUT", route=USER, drop=True, when="after", count=3)
    with pytest.raises(VendorUnavailable):
        update(connector, MARA, display_name="New Name")

    update(connector, MARA, display_name="New Name")

    assert console.held(MARA) == before


def test_a_failure_to_put_back_does_not_stand_in_the_way_of_a_deletion() -> None:
    console = Console()
    connector = console.connector()
    console.fails(method="PUT", route=f"{USER}/sites", status=503, count=50)
    with pytest.raises(VendorUnavailable):
        update(connector, MARA, display_name="New Name")

    connector.delete_account(MARA)

    assert "mara.lind" not in console.user_names()


def test_a_failure_to_put_back_does_not_stand_in_the_way_of_disabling() -> None:
    console = Console()
    connector = console.connector()
    console.fails(method="PUT", route=f"{USER}/sites", status=503, count=50)
    with pytest.raises(VendorUnavailable):
        update(connector, MARA, display_name="New Name")

    with pytest.raises(VendorUnavailable):
        connector.set_active(MARA, active=False)

    assert console.account(MARA)["enabled"] is False


def test_a_refused_put_takes_nothing_away_and_owes_nothing() -> None:
    console = Console()
    connector = console.connector()
    console.fails(method="PUT", route=USER, status=400)

    with pytest.raises(VendorRejected):
        update(connector, MARA, display_name="New Name")
    console.forget()
    connector.set_active(MARA, active=True)

    assert console.asked() == ["GET /api/3/users/3"]


def test_a_list_that_is_refused_as_a_whole_is_put_back_one_by_one() -> None:
    console = Console()
    connector = console.connector()
    console.fails(method="PUT", route=f"{USER}/sites", status=400)

    update(connector, MARA, display_name="New Name")

    assert console.held(MARA) == {"role:security-manager", "site:1", "site:2", "asset-group:1"}


def test_a_site_that_the_console_no_longer_has_does_not_keep_the_others_away(
    caplog: pytest.LogCaptureFixture,
) -> None:
    console = Console()
    console.fails(method="PUT", route=f"{USER}/sites", status=400)
    console.fails(method="PUT", route=f"{USER}/sites/{{siteId}}", status=404)

    update(console.connector(), MARA, display_name="New Name")

    assert console.held(MARA) == {"role:security-manager", "site:2", "asset-group:1"}
    assert "access of user 3 to site 1" in caplog.text


def test_a_put_that_drops_access_is_not_begun_when_time_is_short() -> None:
    console = Console()
    connector = console.connector()

    with deadline(1), pytest.raises(VendorUnavailable, match="no time was left"):
        update(connector, MARA, display_name="New Name")

    assert console.writes() == []


def test_a_refused_login_after_a_lost_answer_does_not_lose_access() -> None:
    console = Console()
    connector = console.connector()
    before = console.held(MARA)
    console.fails(method="PUT", route=USER, drop=True, when="after")
    console.fails(method="PUT", route=USER, status=401)
    with pytest.raises(VendorDenied):
        update(connector, MARA, display_name="New Name")
    assert console.held(MARA) < before

    console.clock.advance(60)
    update(connector, MARA, display_name="New Name")

    assert console.held(MARA) == before
