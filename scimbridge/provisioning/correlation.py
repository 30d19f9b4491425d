"""Binding a person to an account: found by its login and adopted, or created exactly once.

A crash or a lost answer between "created at the vendor" and "stored here" must lead neither to a
second account nor to an orphan. So every create is preceded by a search for the login and by a
durable mark; while a marked create's outcome is unknown, and the vendor's search may lag, the
search is repeated before the create is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from scimbridge.connectors.interface import Account, Created, Entitlement
from scimbridge.directory import grants, leases, resources
from scimbridge.directory.engine import Directory
from scimbridge.directory.resources import ResourceRow
from scimbridge.errors import (
    NotYet,
    OutcomeUnknown,
    Uniqueness,
    VendorConflict,
    VendorError,
    VendorRejected,
)
from scimbridge.provisioning.correlate import new_user_ids, user_key
from scimbridge.provisioning.mapping import with_attributes
from scimbridge.provisioning.plan import CreateAccount, Disposition
from scimbridge.provisioning.targets import Target
from scimbridge.provisioning.work import (
    ADOPTED_DISABLED,
    Work,
    dump_account,
    dump_document,
    parse_document,
)


@dataclass(frozen=True, slots=True)
class Correlation:
    """Finds or creates the accounts of one target."""

    target: Target
    directory: Directory
    now: Callable[[], int]
    """Milliseconds since the epoch."""

    def bind(self, item: Work, step: CreateAccount) -> None:
        """Give ``item`` its account, recording each stage; an error is left on the item."""
        try:
            account = self.target.connector.find_account(step.account.user_name)
            if account is not None:
                self._adopt(item, account)
            elif not self.target.policy.capabilities.can_create_accounts:
                self._do_without(item, step.account)
            elif self._needs_none(item):
                self._wait_for_search(item.row, step.account.user_name)
                self._do_without(item, step.account)
            else:
                self._create(item, step)
        except VendorConflict as conflict:
            self._adopt_rival(item, step.account.user_name, conflict)
        except (VendorError, Uniqueness) as error:
            item.error = error

    def other_attempts(self, item: Work, creation: CreateAccount | None) -> list[str]:
        """The logins under which there may be an account that is not wanted any more."""
        wanted = None if creation is None else user_key(creation.account.user_name)
        return [login for login in self._attempted(item) if user_key(login) != wanted]

    def _attempted(self, item: Work) -> Sequence[str]:
        if item.row.attempted_at is None:
            return ()
        login = item.row.attempted_login or item.desired.account.user_name
        # A create is of one login, whatever is in it.
        creates = self.target.policy.capabilities.can_create_accounts
        return (login,) if creates else login.split("\n")

    def end_attempts(self, item: Work, logins: Sequence[str]) -> None:
        """Find out which accounts there are that are not wanted any more: they are to go.

        Raises `NotYet` while the vendor's search may not show them yet, and `VendorError`.
        """
        found = {login: self.target.connector.find_account(login) for login in logins}
        for login, account in found.items():
            if account is None:
                self._wait_for_search(item.row, login)
        with self.directory.write() as connection:
            if not leases.is_held(connection, item.row.pk, item.row.fence):
                raise NotYet("somebody else has taken the account over")
            for login, account in found.items():
                if account is not None and self._is_nobodys(connection, item, account):
                    grants.retire(connection, item.row.pk, str(account.native_id), confirmed=False)
                    item.log.append({"step": f"retire {login}, which nobody wants any more"})
            _forget_attempt(connection, item.row.pk)
        item.row = replace(item.row, attempted_at=None, attempted_login=None)

    def _is_nobodys(self, connection: Connection, item: Work, account: Account) -> bool:
        target, native_id = self.target.name, str(account.native_id)
        linked = resources.find_by_native_id(connection, target, "User", native_id)
        former_of = grants.retiree(connection, target, native_id)
        # Somebody else who was given the login since then finds the account and adopts it.
        heir = resources.find_by_any_key(connection, target, "User", user_key(account.user_name))
        return linked is None and former_of is None and (heir is None or heir.pk == item.row.pk)

    def _wait_for_search(self, row: ResourceRow, login: str) -> None:
        if row.attempted_at is None:
            return
        settle_ms = round(self.target.policy.capabilities.settle_seconds * 1000)
        left_ms = row.attempted_at + settle_ms - self.now()
        if left_ms > 0:
            raise NotYet(
                f"creating {login} was interrupted and its outcome is not known; the vendor's "
                "search may not show a new account yet, so it is searched for again first",
                retry_after=left_ms / 1000,
            )

    def _create(self, item: Work, step: CreateAccount) -> None:
        login = step.account.user_name
        self._wait_for_search(item.row, login)
        with self.directory.write() as connection:
            if not leases.is_held(connection, item.row.pk, item.row.fence):
                raise NotYet(f"somebody else is at {login} by now, or the creation was given up")
            resources.change(
                connection, item.row.pk, attempted_at=self.now(), attempted_login=login
            )
        try:
            created = self.target.connector.create_account(step.account, step.entitlements)
        except (OutcomeUnknown, VendorConflict):
            raise
        except VendorError:
            with self.directory.write() as connection:
                _forget_attempt(connection, item.row.pk)
            raise
        item.log.append({"step": f"create {login} as {created.native_id}"})
        # The password went with it, and must not be set a second time.
        secrets = {name: each for name, each in step.account.secrets.items() if name != "password"}
        item.desired = replace(item.desired, account=replace(item.desired.account, secrets=secrets))
        self._record(item, created, step.account, origin="created")

    def _adopt_rival(self, item: Work, user_name: str, conflict: VendorConflict) -> None:
        """The vendor says that the login is taken: by an account that we can see, or not."""
        try:
            account = self.target.connector.find_account(user_name)
            if account is not None:
                self._adopt(item, account)
                return
        except (VendorError, Uniqueness) as error:
            item.error = error
            return
        if self._is_our_own(item):
            item.error = NotYet(
                f"{user_name} was created before an interruption and is not visible yet",
                retry_after=self.target.policy.capabilities.settle_seconds,
            )
            return
        with self.directory.write() as connection:
            _forget_attempt(connection, item.row.pk)
        item.error = Uniqueness(
            f"{user_name} exists at the vendor where the bridge cannot see it: {conflict.reason}"
        )

    def _is_our_own(self, item: Work) -> bool:
        return item.row.attempted_at is not None

    def _adopt(self, item: Work, account: Account) -> None:
        assert account.native_id is not None  # noqa: S101 - an account that was found has one
        with self.directory.read() as connection:
            rival = resources.find_by_native_id(
                connection, self.target.name, "User", account.native_id
            )
            former_of = grants.retiree(connection, self.target.name, account.native_id)
        if rival is not None and rival.pk != item.row.pk:
            if rival.disposition != Disposition.PRESENT.value:
                raise NotYet(
                    f"the account {account.user_name} at {self.target.name} still belongs to "
                    "a user who is about to go"
                )
            raise Uniqueness(
                f"the account {account.user_name} at {self.target.name} already belongs to the "
                f"user {rival.scim_id}"
            )
        if former_of not in (None, item.row.pk):
            raise NotYet(
                f"the account {account.user_name} at {self.target.name} is about to be deleted, "
                "since its user has another one"
            )
        # An account that appeared after a create was tried is our own, not somebody else's.
        there = "adopted" if account.active else ADOPTED_DISABLED
        origin = "created" if item.row.attempted_at is not None else there
        item.log.append({"step": f"adopt {account.user_name} as {account.native_id}"})
        self._record(item, Created(account.native_id), account, origin=origin)

    def _record(self, item: Work, created: Created, account: Account, *, origin: str) -> None:
        columns: dict[str, object] = {
            "native_id": created.native_id,
            "observed": dump_account(account),
            "origin": origin,
            "attempted_at": None,
            "attempted_login": None,
        }
        shown = created.attributes or account.attributes
        with self.directory.write() as connection:
            found = resources.by_pks(connection, [item.row.pk])
            if not found or self._is_unwanted(item, found[0], origin):
                for row in found:
                    self._leave(connection, item, row, created.native_id, origin)
                item.gone = True
                return
            if item.row.scim_id is None:
                name = self.target.name
                (columns["scim_id"],) = new_user_ids(connection, name, [created.native_id])
            if shown and self.target.extension:
                document = with_attributes(
                    parse_document(found[0].desired),
                    shown,
                    self.target.extension,
                    self.target.user_type,
                )
                columns["desired"] = dump_document(document)
            resources.change(connection, item.row.pk, **columns)
            # A rename back to an account that was about to go.
            grants.forget_retired(connection, item.row.pk, [created.native_id])
            grants.put(
                connection,
                grants.HELD,
                [(item.row.pk, (held.kind, held.native_id)) for held in created.granted],
            )

    def _is_unwanted(self, item: Work, row: ResourceRow, origin: str) -> bool:
        """Whether a rename came meanwhile, or a creation was given up."""
        can_rename = self.target.policy.capabilities.can_rename_accounts
        renamed = row.desired_key != item.row.desired_key
        given_up = row.disposition == Disposition.RELEASED.value and origin == "created"
        return given_up or (renamed and not can_rename)

    def _leave(
        self, connection: Connection, item: Work, row: ResourceRow, native_id: str, origin: str
    ) -> None:
        """Have an account go that is not wanted any more: as if a rename had come afterwards."""
        # What a rename came upon stays, unless we made it: only the account of the login that
        # readers see is the person's.
        hers = row.native_id is None and item.row.desired_key == row.confirmed_key
        known = native_id in grants.retired(connection, [row.pk])[row.pk]
        if not known and (origin == "created" or hers):
            first = hers and grants.confirmed_account(connection, row.pk) is None
            grants.retire(connection, row.pk, native_id, confirmed=first)
        if user_key(row.attempted_login or "") == item.row.desired_key:
            _forget_attempt(connection, row.pk)

    def _needs_none(self, item: Work) -> bool:
        """Whether somebody is without access as wanted, since the account was deleted by hand.

        Not while a former account is still to go: a rename takes an account to the new login.
        """
        known = item.row.confirmed is not None and not item.observed.retired
        return known and not item.desired.account.active

    def _do_without(self, item: Work, account: Account) -> None:
        """No account is created: refuse, or wait until there is one.

        An inactive person without an account has no access, which is what was asked for.
        """
        if account.active and self.target.policy.missing_user == "reject":
            raise self._cannot_create(account)
        item.waiting = True
        item.log.append({"step": f"wait until {account.user_name} has an account"})

    def _cannot_create(self, account: Account) -> VendorRejected:
        return VendorRejected(
            f"{account.user_name} has no account at {self.target.name}, and its API cannot create "
            "one; add the person in the vendor's console or have them sign in once, then retry"
        )


def _forget_attempt(connection: Connection, pk: int) -> None:
    resources.change(connection, pk, attempted_at=None, attempted_login=None)


def with_another_attempt(row: ResourceRow, login: str, *, now: int) -> dict[str, object]:
    """The columns of ``row`` by which one more ``login`` is looked for: it may have an account.

    ``now`` is in milliseconds since the epoch.
    """
    if "\n" in login:
        return {}  # no account's; and what is before the line break might be somebody else's
    logins = dict.fromkeys([*(row.attempted_login or login).split("\n"), login])
    return {"attempted_at": now, "attempted_login": "\n".join(logins)}


def entitlement_keys(entitlements: frozenset[Entitlement]) -> list[grants.Key]:
    """Entitlements as the directory stores them."""
    return [(item.kind, item.native_id) for item in sorted(entitlements)]
