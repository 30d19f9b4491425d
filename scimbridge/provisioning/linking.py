"""Accounts that were seen at the vendor: who has none yet becomes a user, others are brought up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from scimbridge.connectors.interface import Account
from scimbridge.directory import grants, resources
from scimbridge.directory.resources import ResourceRow
from scimbridge.provisioning.correlate import new_user_ids, user_key
from scimbridge.provisioning.mapping import display_of, from_account, is_active
from scimbridge.provisioning.outcome import Outcomes
from scimbridge.provisioning.targets import Target
from scimbridge.provisioning.work import dump_account, dump_document, parse_document

_TOGETHER = 500
"""How many accounts are written in one transaction: nobody else writes meanwhile."""


def batches(accounts: Iterable[Account]) -> Iterator[list[Account]]:
    """``accounts`` in runs that `Linking.link_all` takes: no two of a run may be the same."""
    batch: list[Account] = []
    seen: set[tuple[str, str | None]] = set()
    for account in accounts:
        names = {("id", account.native_id), ("login", user_key(account.user_name))}
        if len(batch) == _TOGETHER or names & seen:
            yield batch
            batch, seen = [], set()
        batch.append(account)
        seen |= names
    if batch:
        yield batch


@dataclass(frozen=True, slots=True)
class Linking:
    """Links the accounts of one target to users. Every method is part of a transaction."""

    target: Target
    outcomes: Outcomes
    now: Callable[[], int]

    def unknown(self, connection: Connection, accounts: Sequence[Account]) -> list[Account]:
        """Those that no user is bound to."""
        bound = self._bound(connection, accounts)
        return [each for each in accounts if each.native_id not in bound]

    def link_all(self, connection: Connection, accounts: Sequence[Account]) -> None:
        """`link` each of ``accounts``, a run of `batches`.

        Those who are new to everybody, and those who are as they were, are most; what they have to
        do with others takes a statement for all of them. The rest is linked one by one.
        """
        name = self.target.name
        keys = [user_key(each.user_name) for each in accounts]
        bound = self._bound(connection, accounts)
        known = resources.known_keys(connection, name, "User", keys)
        retired = grants.retirees(connection, name, [str(each.native_id) for each in accounts])
        new: list[Account] = []
        for account, key in zip(accounts, keys, strict=True):
            row = bound.get(account.native_id)
            if row is not None and (_is_written(row) or row.observed == dump_account(account)):
                continue
            if row is None and key not in known and account.native_id not in retired:
                new.append(account)
            else:
                self.link(connection, account)
        resources.create_all(connection, self._columns(connection, new))

    def link(self, connection: Connection, account: Account) -> bool:
        """Make the account a visible user; False if it is known, or somebody waits for it."""
        assert account.native_id is not None  # noqa: S101 - an account that was read has one
        name, key = self.target.name, user_key(account.user_name)
        bound = resources.find_by_native_id(connection, name, "User", account.native_id)
        if bound is not None:
            self._refresh(connection, bound, account)
            return False
        if grants.retiree(connection, name, account.native_id) is not None:
            return False  # about to be deleted
        known = resources.find_by_any_key(connection, name, "User", key)
        if known is not None:
            if known.native_id is None and known.settled:
                if self._ends_on_sight(known):
                    resources.change(connection, known.pk, native_id=account.native_id)
                # The account that the person was waiting for, or one re-created by hand.
                self.outcomes.request_repair(connection, known, kind="first sign-in")
            return False
        resources.create_all(connection, self._columns(connection, [account]))
        return True

    def _columns(
        self, connection: Connection, accounts: Sequence[Account]
    ) -> Sequence[Mapping[str, Any]]:
        """What the directory has of accounts that become users by themselves."""
        native_ids = [str(each.native_id) for each in accounts]
        ids = new_user_ids(connection, self.target.name, native_ids)
        return [self._row(*each) for each in zip(accounts, ids, strict=True)]

    def _row(self, account: Account, scim_id: str) -> Mapping[str, Any]:
        document = from_account(account, extension=self.target.extension)
        text, key = dump_document(document), user_key(account.user_name)
        created = _milliseconds(account, self.now())
        return {
            "target": self.target.name,
            "resource_type": "User",
            "scim_id": scim_id,
            "desired_key": key,
            "confirmed_key": key,
            "desired": text,
            "confirmed": text,
            "confirmed_generation": 1,
            "origin": "adopted",
            "native_id": account.native_id,
            "observed": dump_account(account),
            "display": display_of(document),
            "created": created,
            "last_modified": created,
            # The vendor tells the same time of creation to whoever finds the account again.
            "fence": self.now(),
        }

    def _refresh(self, connection: Connection, row: ResourceRow, account: Account) -> None:
        """Show a user whom nobody has written yet as the vendor shows the account now.

        Otherwise a later write would be planned from what the account was when it was first seen.
        What was written is what is desired, though the IdP may not have been answered.
        """
        observed = dump_account(account)
        if _is_written(row) or row.observed == observed:
            return
        document = from_account(account, extension=self.target.extension)
        key = user_key(account.user_name)
        rival = resources.find_by_any_key(connection, self.target.name, "User", key)
        if rival is not None and rival.pk != row.pk:
            return  # the login changed hands; it is free for this one once the other is renamed
        text = dump_document(document)
        resources.change(
            connection,
            row.pk,
            desired=text,
            confirmed=text,
            desired_key=key,
            confirmed_key=key,
            observed=observed,
            display=display_of(document),
            revision=row.revision + 1,
            last_modified=self.now(),
        )

    def _ends_on_sight(self, row: ResourceRow) -> bool:
        """Whether the person was deactivated by deletion, and is to have no account at all."""
        deletes = self.target.policy.capabilities.can_delete_accounts
        inactive = not is_active(parse_document(row.desired))
        return inactive and deletes and self.target.policy.deactivate == "delete"

    def _bound(
        self, connection: Connection, accounts: Sequence[Account]
    ) -> Mapping[str | None, ResourceRow]:
        """The users of ``accounts``, by native id."""
        ids = [str(each.native_id) for each in accounts]
        rows = resources.by_native_ids(connection, self.target.name, "User", ids)
        return {row.native_id: row for row in rows}


def _is_written(row: ResourceRow) -> bool:
    """Whether an IdP wants something of the user: then that is shown, not what the account is."""
    return bool(row.claimed or row.converged_at or not row.settled)


def _milliseconds(account: Account, default: int) -> int:
    return default if account.created is None else round(account.created.timestamp() * 1000)
