"""What is taken over from the vendor, and what is not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.provisioning.conftest import JANE, Bench, Opener
from tests.provisioning.fake_vendor import DISABLING


@pytest.fixture
def bench(open_bench: Opener) -> Bench:
    """At a vendor whose accounts keep their roles while they are disabled."""
    return open_bench(replace(DISABLING, revoke_on_disable=False))


def set_by_hand(bench: Bench, *, active: bool) -> None:
    bench.vendor.people["n1"] = replace(bench.vendor.people["n1"], active=active)
    bench.clock.advance(1000)


def test_a_leaver_whom_somebody_enabled_is_not_accepted_as_active(bench: Bench) -> None:
    jane = bench.post_user()
    bench.post_group("Analysts", jane)
    bench.patch_user(jane, active=False)
    assert bench.vendor.roles(JANE) == {"analyst"}
    set_by_hand(bench, active=True)

    (drift,) = bench.provider.reconciler.run("accept")

    assert "enforce what it asked for" in drift.failure
    assert bench.shown("Users", jane)["active"] is False
    assert [each.failure for each in bench.provider.reconciler.run("enforce")] == [""]
    assert bench.vendor.people["n1"].active is False


def test_somebody_whom_an_administrator_disabled_is_accepted_as_inactive(bench: Bench) -> None:
    jane = bench.post_user()
    set_by_hand(bench, active=False)

    (drift,) = bench.provider.reconciler.run("accept")

    assert drift.failure == ""
    assert bench.shown("Users", jane)["active"] is False
