"""Whatever happens on the way: what is reported as done is so, and nothing else is changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cortex_tenant import DANA, IAM, LENA, OMAR, RAJ, V1, YUKI, CortexTenant, open_tenant, role
from hypothesis import given, settings
from hypothesis import strategies as st

from scimbridge.connectors.interface import Assignment, Entitlement
from scimbridge.errors import PartialFailure

ACCOUNTS = (DANA, OMAR, RAJ, YUKI, "nobody@example.com")
IN_GROUPS_OF_OTHERS = {RAJ: {"SOC Level 1"}, YUKI: {"AAD Security Readers"}}
ROLES = ("Viewer", "Responder", "Account Admin", "Nope")
GROUPS = ("SOC", "Threat Hunters", "SOC Level 1", "AAD Security Readers")

Change = tuple[str, list[tuple[str, str, str]], list[tuple[str, dict[str, Any], int]]]
"""Action; account, kind and name of what is to change; faults on the way and how often."""

troubles = st.sampled_from(
    [
        {"status": 503},
        {"status": 500},
        {"status": 500, "when": "after"},
        {"status": 400},
        {"status": 403, "when": "after"},
        {"status": 429},
        {"status": 404},
        {"drop": True},
        {"drop": True, "when": "after"},
        {"status": 200, "body": "<html>"},
        {"status": 200, "body": {"data": {"message": "done"}, "reply": {"update_count": "1"}}},
        {"headers": {"X-Nothing": "wrong"}},
    ]
)
what = st.tuples(st.just("role"), st.sampled_from(ROLES)) | st.tuples(
    st.just("user-group"), st.sampled_from(GROUPS)
)
changes: st.SearchStrategy[list[Change]] = st.lists(
    st.tuples(
        st.sampled_from(["grant", "revoke"]),
        st.lists(
            st.tuples(st.sampled_from(ACCOUNTS), what).map(lambda each: (each[0], *each[1])),
            min_size=1,
            max_size=5,
            unique_by=lambda each: each[:2],
        ),
        st.lists(
            st.tuples(st.sampled_from(["GET", "PATCH", "POST"]), troubles, st.integers(1, 4)),
            max_size=2,
        ),
    ),
    min_size=1,
    max_size=6,
)


@dataclass
class StoppedClock:
    seconds: float = 1000.0

    def __call__(self) -> float:
        return self.seconds


def held(tenant: CortexTenant) -> set[tuple[str, str, str]]:
    """Account, kind and name of all that is held."""
    rows = tenant.simulator.state.snapshot()["grants"]
    return {(each["account"], each["kind"], each["name"]) for each in rows}


def entitlements(tenant: CortexTenant) -> dict[tuple[str, str], Entitlement]:
    """What a kind and a name stand for in this generation."""
    groups = {("user-group", name): tenant.group(name) for name in GROUPS}
    ids = {"Viewer": "viewer", "Responder": "responder", "Account Admin": "account_admin"}
    if tenant.connector.capabilities.managed_kinds:
        return groups | {("role", name): role(ids.get(name, name)) for name in ROLES}
    return {("user-group", name): Entitlement("user-group", name) for name in GROUPS} | {
        ("role", name): role(name) for name in ROLES
    }


def follow(tenant: CortexTenant, done: list[Change], clock: StoppedClock) -> None:
    known = entitlements(tenant)
    for action, wanted, faults in done:
        before = held(tenant)
        assignments = {
            Assignment(account_id, known[kind, name]): (account_id, kind, name)
            for account_id, kind, name in wanted
        }
        for method, how, count in faults:
            tenant.fails(method, count=count, **how)
        failed: set[Assignment] = set()
        try:
            getattr(tenant.connector, action)(list(assignments))
        except PartialFailure as error:
            failed = set(error.failures)
        assert failed <= assignments.keys()
        tenant.simulator.faults.clear()
        clock.seconds += 60  # a breaker that has opened lets a call through again

        after = held(tenant)
        for assignment, row in assignments.items():
            if assignment not in failed:
                assert (row in after) is (action == "grant")
        asked = {row[:2] if row[1] == "role" else row for row in assignments.values()}
        assert all(row in asked or row[:2] in asked for row in before ^ after)
        for account_id, names in IN_GROUPS_OF_OTHERS.items():
            assert tenant.groups(account_id, direct=False) == names


@settings(max_examples=60, deadline=None)
@given(changes=changes, empty_clears_rejected=st.booleans())
def test_platform_iam(changes: list[Change], empty_clears_rejected: bool) -> None:
    clock, switches = StoppedClock(), {"empty_clears_rejected": empty_clears_rejected}
    with open_tenant(IAM, switches=switches, clock=clock) as tenant:
        follow(tenant, changes, clock)
        assert tenant.groups(LENA) == {"SOC", "SOC Level 1"}


@settings(max_examples=60, deadline=None)
@given(changes=changes, unknown_email=st.sampled_from(["reject", "ignore"]))
def test_first_generation(changes: list[Change], unknown_email: str) -> None:
    clock, switches = StoppedClock(), {"unknown_email": unknown_email}
    with open_tenant(V1, switches=switches, clock=clock) as tenant:
        follow(tenant, changes, clock)
