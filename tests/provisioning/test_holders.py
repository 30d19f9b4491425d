"""Who holds something right now, and what of it the bridge gave."""

from __future__ import annotations

import pytest

from scimbridge.connectors.interface import Entitlement
from scimbridge.provisioning.holders import Holder, holders
from tests.provisioning.conftest import JANE, Bench

ANALYST = Entitlement("role", "analyst")


def held(bench: Bench) -> list[Holder]:
    return list(holders(bench.provider.target, bench.directory, ANALYST))


def test_what_the_bridge_gave_is_told_from_what_somebody_else_did(bench: Bench) -> None:
    jane, roe = bench.post_user(), bench.post_user("roe@example.com")
    bench.post_group("Analysts", jane)
    bench.vendor.held["n2"].add(ANALYST)
    bench.vendor.make("n3", "max", ANALYST)

    assert held(bench) == [
        Holder("n1", JANE, jane, given=True),
        Holder("n2", "roe@example.com", roe, given=False),
        Holder("n3", "max", None, given=False),
    ]


def test_an_account_that_ends_while_it_is_listed_is_left_out(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench.vendor, "holders", lambda _entitlement: iter(["gone"]))

    assert held(bench) == []
