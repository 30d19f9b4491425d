"""Planning, as a table and as properties over all states."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from scimbridge.connectors.interface import Account, Capabilities, Entitlement
from scimbridge.provisioning.plan import (
    CreateAccount,
    DeleteAccount,
    Desired,
    Disposition,
    Grant,
    Observed,
    Policy,
    Revoke,
    SetActive,
    Step,
    UpdateAccount,
    changed_attributes,
    effective,
    needs_direct_grants,
    plan,
    takes_all_access,
)

FALCON = Capabilities(
    account_attributes=frozenset({"given_name", "family_name"}), entitlement_kinds=("role",)
)
CONSOLE = Capabilities(
    account_attributes=frozenset({"user_name", "display_name"}),
    entitlement_kinds=("role", "site"),
    single_valued_kinds=frozenset({"role"}),
    can_disable_accounts=True,
    revoke_on_disable=False,
    can_rename_accounts=True,
)
ADOPTING = Capabilities(
    account_attributes=frozenset(),
    entitlement_kinds=("role", "user-group"),
    single_valued_kinds=frozenset({"role"}),
    can_create_accounts=False,
    can_delete_accounts=False,
    can_disable_accounts=True,
)
VENDORS = {"falcon": FALCON, "console": CONSOLE, "adopting": ADOPTING}

JANE = Account("jane@example.com", given_name="Jane", family_name="Doe")
A, B, C = (Entitlement("role", name) for name in "abc")
SITE = Entitlement("site", "1")
NATIVE = "n1"


def wanted(*entitlements: Entitlement, active: bool = True) -> Desired:
    return Desired(Disposition.PRESENT, replace(JANE, active=active), frozenset(entitlements))


def known(**changes: object) -> Observed:
    return replace(Observed(native_id=NATIVE, account=JANE), **changes)  # type: ignore[arg-type]


def policy(vendor: str = "falcon", **changes: object) -> Policy:
    return replace(Policy(VENDORS[vendor]), **changes)  # type: ignore[arg-type]


def test_what_is_as_wanted_needs_no_step() -> None:
    assert plan(wanted(A), known(held=frozenset({A})), policy()) == ()


def test_a_missing_account_is_created_before_it_is_granted_anything() -> None:
    assert plan(wanted(A, B), Observed(), policy()) == (
        CreateAccount(JANE, frozenset({A, B})),
        Grant(None, A),
        Grant(None, B),
    )


def test_revocations_come_before_changes_and_grants_last() -> None:
    observed = known(held=frozenset({A}), account=replace(JANE, given_name="J"))

    steps = plan(wanted(B), observed, policy())

    assert [type(step) for step in steps] == [Revoke, UpdateAccount, Grant]


def test_a_grant_whose_outcome_is_unknown_is_given_again_or_taken() -> None:
    observed = known(uncertain=frozenset({A, B}))

    assert plan(wanted(A), observed, policy()) == (Revoke(NATIVE, B), Grant(NATIVE, A))


def test_an_account_about_which_nothing_is_known_is_written_in_full() -> None:
    (step,) = plan(wanted(), known(account=None), policy())

    assert step == UpdateAccount(
        replace(JANE, native_id=NATIVE), frozenset({"given_name", "family_name"})
    )


def test_a_secret_is_sent_although_nothing_else_changes() -> None:
    desired = replace(wanted(), account=replace(JANE, secrets={"password": "x"}))

    (step,) = plan(desired, known(), policy())

    assert isinstance(step, UpdateAccount)
    assert step.changed == {"password"}


def test_deactivation_takes_what_was_given_by_anybody() -> None:
    observed = known(held=frozenset({A}), uncertain=frozenset({B}), direct=frozenset({C}))

    steps = plan(wanted(A, active=False), observed, policy())

    assert steps == (Revoke(NATIVE, A), Revoke(NATIVE, B), Revoke(NATIVE, C))


def test_deactivation_by_deletion_deletes() -> None:
    steps = plan(wanted(A, active=False), known(), policy(deactivate="delete"))

    assert steps == (DeleteAccount(NATIVE),)


def test_an_inactive_person_without_account_gets_an_empty_one() -> None:
    inactive = replace(JANE, active=False)

    steps = plan(wanted(A, active=False), Observed(), policy())

    assert steps == (CreateAccount(inactive, frozenset()),)


def test_an_inactive_person_needs_no_account_where_deactivation_deletes() -> None:
    assert plan(wanted(active=False), Observed(), policy(deactivate="delete")) == ()


def test_where_disabling_is_enough_the_grants_stay() -> None:
    steps = plan(wanted(A, active=False), known(held=frozenset({A})), policy("console"))

    assert steps == (SetActive(NATIVE, active=False),)


def test_a_disabled_account_is_not_disabled_again() -> None:
    observed = known(account=replace(JANE, active=False))

    assert plan(wanted(active=False), observed, policy("console")) == ()


def test_activation_enables_a_disabled_account_before_it_grants() -> None:
    observed = known(account=replace(JANE, active=False))

    steps = plan(wanted(SITE), observed, policy("console"))

    assert steps == (SetActive(NATIVE, active=True), Grant(NATIVE, SITE))


def test_reactivation_gives_back_what_was_found_on_the_account() -> None:
    observed = known(suspended=frozenset({C}))

    assert plan(wanted(A), observed, policy()) == (Grant(NATIVE, A), Grant(NATIVE, C))


def test_deleting_deletes_the_account_and_those_it_replaces() -> None:
    desired = replace(wanted(A), disposition=Disposition.DELETED)

    assert plan(desired, known(retired=("n0",)), policy()) == (
        DeleteAccount(NATIVE),
        DeleteAccount("n0"),
    )


def test_deleting_what_cannot_be_deleted_takes_all_access() -> None:
    desired = replace(wanted(A), disposition=Disposition.DELETED)
    observed = known(held=frozenset({A}), direct=frozenset({B}))

    assert plan(desired, observed, policy("adopting")) == (
        SetActive(NATIVE, active=False),
        Revoke(NATIVE, A),
        Revoke(NATIVE, B),
    )


def test_deleting_a_person_without_account_is_done() -> None:
    desired = replace(wanted(A), disposition=Disposition.DELETED)

    assert plan(desired, Observed(), policy()) == ()


def test_deleting_a_person_who_comes_by_an_account_unaided_begins_with_looking_for_it() -> None:
    desired = replace(wanted(A), disposition=Disposition.DELETED)

    steps = plan(desired, Observed(), policy("adopting"))

    assert steps == (CreateAccount(replace(JANE, active=False), frozenset()),)


def test_releasing_takes_only_what_the_bridge_gave() -> None:
    desired = replace(wanted(), disposition=Disposition.RELEASED)
    observed = known(held=frozenset({A}), uncertain=frozenset({B}), direct=frozenset({A, B, C}))

    assert plan(desired, observed, policy()) == (Revoke(NATIVE, A), Revoke(NATIVE, B))


def test_a_new_account_takes_over_what_was_given_by_hand_before_the_old_one_goes() -> None:
    observed = Observed(retired=("n0",), uncertain=frozenset({A}), direct=frozenset({A, C}))

    steps = plan(wanted(A), observed, policy())

    assert steps[-1] == DeleteAccount("n0")
    assert {step.entitlement for step in steps if isinstance(step, Grant)} == {A, C}


def test_a_new_account_does_not_take_over_what_is_no_longer_wanted() -> None:
    observed = Observed(retired=("n0",), uncertain=frozenset({A}), direct=frozenset({A}))

    assert not [step for step in plan(wanted(), observed, policy()) if isinstance(step, Grant)]


def test_unmanaged_grants_can_be_revoked_by_policy() -> None:
    observed = known(held=frozenset({A}), direct=frozenset({A, C}))

    assert plan(wanted(A), observed, policy(unmanaged_grants="revoke")) == (Revoke(NATIVE, C),)


def test_a_single_valued_role_is_replaced_without_being_revoked_first() -> None:
    steps = plan(wanted(B), known(held=frozenset({A})), policy("console"))

    assert steps == (Grant(NATIVE, B),)


def test_a_single_valued_role_that_nobody_wants_is_revoked() -> None:
    assert plan(wanted(), known(held=frozenset({A})), policy("console")) == (Revoke(NATIVE, A),)


def test_a_single_valued_role_is_granted_again_if_a_rival_may_have_replaced_it() -> None:
    observed = known(held=frozenset({B}), uncertain=frozenset({A}))

    assert plan(wanted(B), observed, policy("console")) == (Grant(NATIVE, B),)


def test_of_several_single_valued_roles_the_ranking_decides() -> None:
    ranked = policy("console", role_ranking={C: 0, A: 1})

    assert effective(frozenset({A, B, C, SITE}), ranked) == {C, SITE}


def test_without_a_ranking_the_choice_is_still_stable() -> None:
    assert effective(frozenset({C, B, A}), policy("console")) == {A}


def test_only_attributes_that_the_vendor_stores_count_as_changed() -> None:
    other = replace(JANE, email="x@example.com", family_name="Roe")

    assert changed_attributes(other, JANE, FALCON) == {"family_name"}


def test_access_is_taken_completely_from_the_inactive_and_the_deleted_only() -> None:
    assert takes_all_access(wanted(active=False))
    assert takes_all_access(replace(wanted(), disposition=Disposition.DELETED))
    assert not takes_all_access(wanted())
    assert not takes_all_access(replace(wanted(), disposition=Disposition.RELEASED))


@pytest.mark.parametrize(
    ("desired", "observed", "vendor", "expected"),
    [
        (wanted(A), known(), "falcon", False),
        (wanted(active=False), known(), "falcon", True),
        (wanted(active=False), Observed(), "falcon", False),
        (wanted(active=False), known(), "console", False),
        (wanted(A), Observed(retired=("n0",)), "falcon", True),
        (replace(wanted(), disposition=Disposition.DELETED), known(), "falcon", False),
        (replace(wanted(), disposition=Disposition.DELETED), known(), "adopting", True),
        (replace(wanted(active=False), disposition=Disposition.RELEASED), known(), "falcon", False),
    ],
)
def test_the_vendor_is_read_only_where_the_record_is_not_enough(
    desired: Desired, observed: Observed, vendor: str, expected: bool
) -> None:
    assert needs_direct_grants(desired, observed, policy(vendor)) is expected


# --- properties ----------------------------------------------------------------------------

entitlements = st.frozensets(
    st.builds(Entitlement, st.sampled_from(["role", "site"]), st.sampled_from("abc")), max_size=5
)
desires = st.builds(
    Desired,
    st.sampled_from(Disposition),
    st.builds(
        Account,
        user_name=st.just("jane@example.com"),
        given_name=st.sampled_from(["Jane", "J"]),
        display_name=st.sampled_from(["Jane", "J"]),
        active=st.booleans(),
    ),
    entitlements,
)
policies = st.builds(
    Policy,
    st.sampled_from(list(VENDORS.values())),
    deactivate=st.sampled_from(["revoke", "delete"]),
    unmanaged_grants=st.sampled_from(["keep", "revoke"]),
)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[Observed, frozenset[Entitlement]]:
    """What is recorded of an account, and what it really holds: what was recorded, and more."""
    held = draw(entitlements)
    by_hand = draw(entitlements) - held
    uncertain = draw(entitlements) - held - by_hand
    really_uncertain = (
        draw(st.frozensets(st.sampled_from(sorted(uncertain)))) if uncertain else (frozenset())
    )
    really = held | by_hand | really_uncertain
    observed = Observed(
        native_id=draw(st.sampled_from([NATIVE, None])),
        account=draw(st.sampled_from([JANE, replace(JANE, active=False), None])),
        held=held,
        uncertain=uncertain,
        suspended=draw(entitlements) - held - uncertain,
        direct=really,
    )
    return observed, really


def carry_out(
    steps: tuple[Step, ...], holds: frozenset[Entitlement], single: frozenset[str]
) -> frozenset[Entitlement]:
    """What the account holds afterwards, by the meaning of the steps alone."""
    for step in steps:
        match step:
            case Revoke():
                holds -= {step.entitlement}
            case Grant():
                if step.entitlement.kind in single:
                    holds = frozenset(i for i in holds if i.kind != step.entitlement.kind)
                holds |= {step.entitlement}
            case DeleteAccount():
                holds = frozenset()
    return holds


@given(desires, worlds(), policies)
def test_afterwards_the_wanted_is_held_and_what_the_bridge_gave_beyond_it_is_not(
    desired: Desired, world: tuple[Observed, frozenset[Entitlement]], chosen: Policy
) -> None:
    observed, really = world
    if observed.native_id is None:
        really = frozenset()
    single = chosen.capabilities.single_valued_kinds
    assume(all(sum(item.kind == kind for item in really) <= 1 for kind in single))
    after = carry_out(plan(desired, observed, chosen), really, single)

    present = desired.disposition is Disposition.PRESENT
    if present and desired.account.active:
        target = effective(desired.entitlements | observed.suspended, chosen)
        assert target <= after
        assert not ((observed.held | observed.uncertain) - target) & after
    elif takes_all_access(desired) and chosen.capabilities.revoke_on_disable:
        assert not after


@given(desires, worlds(), policies)
def test_what_was_given_by_hand_is_left_alone(
    desired: Desired, world: tuple[Observed, frozenset[Entitlement]], chosen: Policy
) -> None:
    observed, really = world
    by_hand = really - observed.held - observed.uncertain
    single = chosen.capabilities.single_valued_kinds
    steps = plan(desired, observed, chosen)

    if not takes_all_access(desired) and chosen.unmanaged_grants == "keep":
        after = carry_out(steps, really, single)
        assert {item for item in by_hand if item.kind not in single} <= after


@given(desires, worlds(), policies)
def test_no_access_is_given_before_access_is_taken(
    desired: Desired, world: tuple[Observed, frozenset[Entitlement]], chosen: Policy
) -> None:
    kinds = [type(step) for step in plan(desired, world[0], chosen)]

    if Grant in kinds and Revoke in kinds:
        assert max(i for i, kind in enumerate(kinds) if kind is Revoke) < kinds.index(Grant)


@given(desires, worlds(), policies)
def test_who_is_not_to_have_access_is_granted_nothing(
    desired: Desired, world: tuple[Observed, frozenset[Entitlement]], chosen: Policy
) -> None:
    steps = plan(desired, world[0], chosen)

    if takes_all_access(desired):
        assert not [step for step in steps if isinstance(step, Grant)]
