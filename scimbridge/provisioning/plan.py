"""Planning: from what is desired and what was observed to the vendor calls between the two.

Pure: no I/O, no clock, no randomness. The same function serves a live request, a retry after a
crash, a dry run, the drift report and reconciliation; there is no second way to change a vendor.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Literal

from scimbridge.connectors.interface import Account, Capabilities, Entitlement


class Disposition(Enum):
    """What is to become of the account."""

    PRESENT = "present"
    DELETED = "deleted"
    RELEASED = "released"
    """The account is not ours and stays; the grants that the bridge gave go."""


@dataclass(frozen=True, slots=True)
class Desired:
    """What the IdP asked for, of one person at one target."""

    disposition: Disposition
    account: Account
    entitlements: frozenset[Entitlement] = frozenset()
    """The union over the person's groups, roles and entitlements, whether active or not."""


@dataclass(frozen=True, slots=True)
class Observed:
    """What the directory knows of the vendor's side."""

    native_id: str | None = None
    account: Account | None = None
    """The attributes as the vendor last took or showed them; None if they are not known."""
    held: frozenset[Entitlement] = frozenset()
    """Given by the bridge and confirmed."""
    uncertain: frozenset[Entitlement] = frozenset()
    """Given or taken by the bridge, the outcome not recorded."""
    suspended: frozenset[Entitlement] = frozenset()
    """Given by hand, and taken by a deactivation or dropped by another call: to be given back."""
    direct: frozenset[Entitlement] | None = None
    """All direct grants of the account and of those it replaces, freshly read; None if not read."""
    temporary: frozenset[Entitlement] = frozenset()
    """Those of ``direct`` that expire by themselves: taken with all access, never given again."""
    echoes: frozenset[Entitlement] = frozenset()
    """Revoked by the bridge so recently that ``direct`` may still show them: nobody gave them."""
    found: frozenset[Entitlement] = frozenset()
    """Those of ``suspended`` that were taken from an account which a rename came upon: they stay
    with that account, whosever it will be."""
    own: frozenset[Entitlement] = frozenset()
    """Those of ``direct`` that such an account still has, and that do not expire."""
    restored: frozenset[Entitlement] = frozenset()
    """Given back by the bridge so recently that a read may not show them; ``direct`` has them."""
    retired: tuple[str, ...] = ()
    """Native ids of accounts that this one replaces."""
    was_disabled: bool = False
    """The account was somebody else's work, and disabled, when the bridge came upon it."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What the target's configuration and vendor decide."""

    capabilities: Capabilities
    deactivate: Literal["revoke", "delete"] = "revoke"
    unmanaged_grants: Literal["keep", "revoke"] = "keep"
    missing_user: Literal["reject", "pending"] = "reject"
    role_ranking: Mapping[Entitlement, int] = field(default_factory=dict)
    """Entitlement to rank; the smallest wins where an account holds only one of its kind."""


@dataclass(frozen=True, slots=True)
class Revoke:
    """Take one entitlement from the account."""

    native_id: str
    entitlement: Entitlement


@dataclass(frozen=True, slots=True)
class SetActive:
    """Enable or disable the account."""

    native_id: str
    active: bool


@dataclass(frozen=True, slots=True)
class DeleteAccount:
    """Delete the account."""

    native_id: str


@dataclass(frozen=True, slots=True)
class CreateAccount:
    """Find the account by its login or, if there is none, create it."""

    account: Account
    entitlements: frozenset[Entitlement]


@dataclass(frozen=True, slots=True)
class UpdateAccount:
    """Bring the account's attributes to the desired ones."""

    account: Account
    changed: frozenset[str]


@dataclass(frozen=True, slots=True)
class Grant:
    """Give one entitlement to the account; to the one just created if ``native_id`` is None."""

    native_id: str | None
    entitlement: Entitlement


Step = Revoke | SetActive | DeleteAccount | CreateAccount | UpdateAccount | Grant


def needs_direct_grants(desired: Desired, observed: Observed, policy: Policy) -> bool:
    """Whether `plan` must be given ``observed.direct``: the vendor has to be read first.

    Taking all access away, carrying it over to another account, and revoking what no mapping
    names are the cases in which the bridge's own record of grants is not enough.
    """
    if observed.retired:
        return True
    if observed.native_id is None:
        return False
    return _access_must_go(desired, policy) or policy.unmanaged_grants == "revoke"


def takes_all_access(desired: Desired) -> bool:
    """Whether nothing may be left to the person once the plan is carried out."""
    if desired.disposition is Disposition.PRESENT:
        return not desired.account.active
    return desired.disposition is Disposition.DELETED


def plan(desired: Desired, observed: Observed, policy: Policy) -> tuple[Step, ...]:
    """The steps that bring the vendor from ``observed`` to ``desired``; empty if there are none.

    Removals come first and grants last, so that an interruption leaves too little access rather
    than too much. Applying the same plan twice does no harm.
    """
    if desired.disposition is not Disposition.PRESENT:
        return _plan_removal(desired, observed, policy)
    if not desired.account.active:
        return _plan_deactivation(desired, observed, policy)
    return _plan_active(desired, observed, policy)


def effective(entitlements: frozenset[Entitlement], policy: Policy) -> frozenset[Entitlement]:
    """What of ``entitlements`` an account can hold at once: one of each single-valued kind.

    The ranking decides; without one, the order of the names does, so that the choice is stable.
    """
    single = policy.capabilities.single_valued_kinds
    chosen = {item for item in entitlements if item.kind not in single}
    for kind in single:
        rivals = [item for item in entitlements if item.kind == kind]
        if rivals:
            chosen.add(min(rivals, key=lambda item: (_rank(item, policy), item)))
    return frozenset(chosen)


def changed_attributes(
    wanted: Account, shown: Account | None, capabilities: Capabilities
) -> frozenset[str]:
    """The fields that the vendor stores and that differ; all of them if nothing is known."""
    stored = capabilities.account_attributes
    if shown is None:
        return stored
    return frozenset(name for name in stored if getattr(wanted, name) != getattr(shown, name))


def _plan_removal(desired: Desired, observed: Observed, policy: Policy) -> tuple[Step, ...]:
    capabilities = policy.capabilities
    steps: list[Step] = []
    if observed.native_id is not None:
        if desired.disposition is Disposition.RELEASED:
            dropped = _dropped(observed, policy)
            if observed.was_disabled:
                steps += _disabling(observed.native_id, observed, policy)
            steps += _revokes(observed.native_id, (observed.held | observed.uncertain) - dropped)
            steps += [Grant(observed.native_id, item) for item in sorted(dropped)]
        elif capabilities.can_delete_accounts:
            steps.append(DeleteAccount(observed.native_id))
        else:
            steps += _take_all_access(observed.native_id, observed, policy)
    elif desired.disposition is Disposition.DELETED and not capabilities.can_create_accounts:
        # Whoever had none may have come by an account since the vendor was looked at.
        steps.append(CreateAccount(replace(desired.account, active=False), frozenset()))
    steps += _retirements(observed, policy)
    return tuple(steps)


def _plan_deactivation(desired: Desired, observed: Observed, policy: Policy) -> tuple[Step, ...]:
    steps: list[Step] = []
    if observed.native_id is not None:
        if _deactivation_deletes(policy):
            steps.append(DeleteAccount(observed.native_id))
        else:
            steps += _take_all_access(observed.native_id, observed, policy)
            steps += _updates(observed.native_id, desired, observed, policy)
    elif not _deactivation_deletes(policy):
        steps.append(CreateAccount(desired.account, frozenset()))
    steps += _retirements(observed, policy)
    return tuple(steps)


def _plan_active(desired: Desired, observed: Observed, policy: Policy) -> tuple[Step, ...]:
    wanted = effective(desired.entitlements | observed.suspended | _carried(observed), policy)
    if observed.native_id is None:
        return (
            CreateAccount(desired.account, wanted),
            *(Grant(None, item) for item in sorted(wanted)),
            *_retirements(observed, policy),
        )
    native_id = observed.native_id
    superfluous = (observed.held | observed.uncertain) - wanted
    if policy.unmanaged_grants == "revoke" and observed.direct is not None:
        superfluous |= observed.direct - wanted - observed.temporary
    return (
        *_revokes(native_id, _not_replaced(superfluous, wanted, policy)),
        *_updates(native_id, desired, observed, policy),
        *_activations(native_id, desired, observed, policy),
        *(
            Grant(native_id, item)
            for item in sorted(wanted - _surely_held(wanted, observed, policy))
        ),
        *_retirements(observed, policy),
    )


def _dropped(observed: Observed, policy: Policy) -> frozenset[Entitlement]:
    """What an account that the bridge has no business with lost to it."""
    dependent = policy.capabilities.dependent_kinds
    by_the_way = frozenset(item for item in observed.suspended if item.kind in dependent)
    return observed.found | by_the_way


def _take_all_access(native_id: str, observed: Observed, policy: Policy) -> Sequence[Step]:
    steps: list[Step] = [*_disabling(native_id, observed, policy)]
    if policy.capabilities.revoke_on_disable:
        everything = observed.held | observed.uncertain | (observed.direct or frozenset())
        steps += _revokes(native_id, everything)
    return steps


def _disabling(native_id: str, observed: Observed, policy: Policy) -> Sequence[Step]:
    can_disable = policy.capabilities.can_disable_accounts
    is_disabled = observed.account is not None and not observed.account.active
    return [SetActive(native_id, active=False)] if can_disable and not is_disabled else []


def _retirements(observed: Observed, policy: Policy) -> Sequence[Step]:
    """What ends the accounts that this one replaces."""
    if policy.capabilities.can_delete_accounts:
        return [DeleteAccount(native_id) for native_id in observed.retired]
    steps: list[Step] = []
    for native_id in observed.retired:
        steps += _take_all_access(native_id, replace(observed, account=None), policy)
    return steps


def _updates(
    native_id: str, desired: Desired, observed: Observed, policy: Policy
) -> Sequence[Step]:
    changed = changed_attributes(desired.account, observed.account, policy.capabilities)
    if desired.account.secrets:
        changed |= frozenset(desired.account.secrets)
    if not changed:
        return ()
    return (UpdateAccount(replace(desired.account, native_id=native_id), changed),)


def _activations(
    native_id: str, desired: Desired, observed: Observed, policy: Policy
) -> Sequence[Step]:
    if not policy.capabilities.can_disable_accounts:
        return ()
    if observed.account is not None and observed.account.active:
        return ()
    return (SetActive(native_id, active=desired.account.active),)


def _surely_held(
    wanted: frozenset[Entitlement], observed: Observed, policy: Policy
) -> frozenset[Entitlement]:
    """What need not be granted again.

    Of a single-valued kind, a rival whose grant may have gone through has replaced what was held;
    and whatever replaces it may have swallowed the grants of the kinds that depend on it.
    """
    capabilities = policy.capabilities
    single = capabilities.single_valued_kinds
    doubtful = {item.kind for item in observed.uncertain} & single
    if any(item.kind in single for item in (observed.held ^ wanted) | observed.uncertain):
        doubtful |= capabilities.dependent_kinds
    return frozenset(item for item in observed.held if item.kind not in doubtful)


def _carried(observed: Observed) -> frozenset[Entitlement]:
    """What was given by hand to an account that is being replaced."""
    if not observed.retired or observed.direct is None:
        return frozenset()
    ours = observed.held | observed.uncertain | observed.echoes
    return observed.direct - ours - observed.temporary


def _revokes(native_id: str, entitlements: frozenset[Entitlement]) -> Sequence[Step]:
    return [Revoke(native_id, item) for item in sorted(entitlements)]


def _not_replaced(
    superfluous: frozenset[Entitlement], wanted: frozenset[Entitlement], policy: Policy
) -> frozenset[Entitlement]:
    """Without those that granting a wanted one of the same single-valued kind takes away."""
    single = policy.capabilities.single_valued_kinds
    replaced = {item.kind for item in wanted if item.kind in single}
    return frozenset(item for item in superfluous if item.kind not in replaced)


def _access_must_go(desired: Desired, policy: Policy) -> bool:
    if desired.disposition is Disposition.DELETED:
        return not policy.capabilities.can_delete_accounts
    if desired.disposition is Disposition.RELEASED or desired.account.active:
        return False
    # Deleting takes the grants given by hand as well; they are read so that they can be restored.
    return policy.capabilities.revoke_on_disable or _deactivation_deletes(policy)


def _deactivation_deletes(policy: Policy) -> bool:
    return policy.deactivate == "delete" and policy.capabilities.can_delete_accounts


def _rank(item: Entitlement, policy: Policy) -> int:
    return policy.role_ranking.get(item, len(policy.role_ranking))
