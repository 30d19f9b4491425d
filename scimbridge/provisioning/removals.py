"""Who loses access by a request: compared in the transaction of its intent, and counted there."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection

from scimbridge.connectors.interface import Entitlement
from scimbridge.directory import grants
from scimbridge.provisioning.budget import Budget
from scimbridge.provisioning.correlation import entitlement_keys
from scimbridge.provisioning.plan import takes_all_access
from scimbridge.provisioning.targets import Target
from scimbridge.provisioning.work import Work, load


@dataclass(frozen=True, slots=True)
class Removals:
    """Holds the intents of one target to its removal budget."""

    target: Target
    budget: Budget

    @contextmanager
    def counted(
        self,
        connection: Connection,
        pks: Sequence[int],
        lessened: Collection[Entitlement] = (),
    ) -> Iterator[None]:
        """Count those of the users ``pks`` whom what is recorded inside leaves with less access.

        So it leaves all to whom ``lessened`` were given: entitlements that give less from now on.
        Raises what `Budget.spend` does.
        """
        for each in entitlement_keys(frozenset(lessened)):
            pks = [*pks, *grants.recipients(connection, self.target.name, each)]
        if not pks or not self.target.config.removal_budget:
            yield
            return
        before = self._load(connection, pks)
        yield
        after = self._load(connection, pks)
        losing = {
            str(work.row.scim_id)
            for pk, work in before.items()
            if _loses(work, after[pk], frozenset(lessened))
        }
        if losing:
            self.budget.spend(connection, losing)

    def count_values(self, connection: Connection, record: str, values: Collection[str]) -> None:
        """Count what is taken from one of the vendor's own records, each value like an account.

        ``record`` names it for a person. Raises what `Budget.spend` does.
        """
        if values and self.target.config.removal_budget:
            lost = [f"{record}: {each}" for each in values]
            self.budget.spend(connection, lost, record=record)

    def _load(self, connection: Connection, pks: Sequence[int]) -> dict[int, Work]:
        work = load(connection, self.target, pks, {}, now=self.budget.now())
        return {each.row.pk: each for each in work}


def _loses(before: Work, after: Work, lessened: frozenset[Entitlement]) -> bool:
    """Whether the account can do less afterwards, or is gone.

    Only what the bridge gave counts, and only if nobody asks for it any more: another entitlement
    that takes its place by the ranking is not a removal.
    """
    observed = before.observed
    has_account = observed.native_id is not None or bool(observed.retired)
    if takes_all_access(before.desired) or not has_account:
        return False
    if takes_all_access(after.desired):
        return True
    given = observed.held | observed.uncertain
    gone = before.desired.entitlements - after.desired.entitlements
    return bool((gone | lessened) & given)
