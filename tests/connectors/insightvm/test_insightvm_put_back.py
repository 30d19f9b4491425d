"""When things go wrong between a PUT of a user and the putting back of what it drops."""

from __future__ import annotations

import logging

import pytest
from insightvm_console import MARA, Console, gives, update

from scimbridge.connectors.deadline import deadline
from scimbridge.errors import (
    VendorDenied,
    VendorRejected,
    VendorUnavailable,
)

USER = "/api/3/users/{id}"


@pytest.mark.parametrize("taken", [("site:1",), ("site:1", "site:2")])
def test_access_that_was_taken_away_since_a_failure_to_put_back_does_not_return(
    taken: tuple[str, ...],
) -> None:
    console = Console()
    failing, other = console.connector(), console.connector()
    console.fails(method="PUT", route=f"{USER}/sites", status=503, count=3)
    with pytest.raises(VendorUnavailable):
        update(failing, MARA, display_name="New Name")
    other.grant(gives(MARA, "site:1", "site:2"))
    other.revoke(gives(MARA, *taken))

    update(failing, MARA, display_name="Newer Name")

    assert not console.held(MARA) & set(taken)


@pytest.mark.parametrize(
    ("route", "kind"), [(f"{USER}/sites", "site"), (f"{USER}/asset_groups", "asset-group")]
)
def test_a_list_that_cannot_be_put_back_does_not_take_the_other_along(
    route: str, kind: str
) -> None:
    console = Console()
    before = console.held(MARA)
    console.fails(method="PUT", route=route, status=503, count=3)

    with pytest.raises(VendorUnavailable):
        update(console.connector(), MARA, display_name="New Name")

    assert console.held(MARA) == {each for each in before if not each.startswith(f"{kind}:")}


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

    connector.set_active(MARA, active=False)

    assert console.account(MARA)["enabled"] is False


def test_a_refused_put_leaves_nothing_to_be_done() -> None:
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


def test_what_a_refused_login_after_a_lost_answer_loses_is_written_to_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    console = Console()
    console.fails(method="PUT", route=USER, drop=True, when="after")
    console.fails(method="PUT", route=USER, status=401)

    with pytest.raises(VendorDenied):
        update(console.connector(), MARA, display_name="New Name")

    errors = [each.getMessage() for each in caplog.records if each.levelno == logging.ERROR]
    assert errors == [
        "console: user mara.lind (3): access to site 1, 2 could not be put back",
        "console: user mara.lind (3): access to asset-group 1 could not be put back",
    ]
