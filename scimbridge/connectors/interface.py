"""What the bridge asks of a vendor: the vocabulary, the capabilities and the connector contract.

Nothing here, and nothing in a vendor's folder, knows SCIM's JSON: a connector speaks of accounts,
entitlements and assignments. See docs/decisions/0001-architecture.md for why.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from scimbridge.errors import VendorNotFound, VendorRejected
from scimbridge.scim.filters import Filter


@dataclass(frozen=True, slots=True, order=True)
class Entitlement:
    """Something that an account can hold at a vendor: a role, a user group, a site."""

    kind: str
    """The vendor's own word: ``role``, ``user-group``, ``site``, ``asset-group``."""

    native_id: str
    """The vendor's id within the kind, as the vendor spells it."""

    def __str__(self) -> str:
        """The form used in the configuration: ``role:falconhost_admin``."""
        return f"{self.kind}:{self.native_id}"


@dataclass(frozen=True, slots=True)
class EntitlementDetails:
    """One entry of the vendor's catalogue of entitlements."""

    entitlement: Entitlement
    display_name: str
    description: str = ""
    assignable: bool = True
    """False where the vendor shows it and its API cannot give it to anybody."""


@dataclass(frozen=True, slots=True)
class ManagedEntitlement:
    """What an entitlement of a managed kind is, or is to be, at the vendor."""

    display_name: str
    attributes: Mapping[str, Any] = field(default_factory=dict)
    """Under the names of the vendor's Group extension."""


@dataclass(frozen=True, slots=True)
class Account:
    """A person's login at one target. Text that the vendor does not hold is the empty string."""

    user_name: str
    given_name: str = ""
    family_name: str = ""
    display_name: str = ""
    email: str = ""
    active: bool = True
    attributes: Mapping[str, Any] = field(default_factory=dict)
    """What only this vendor has, under the names of the vendor's User extension."""
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Write-only values of this one request (``password``): sent, never stored, never shown."""
    native_id: str | None = None
    """The vendor's id; None for an account that is yet to be created."""
    created: datetime | None = None
    last_modified: datetime | None = None


@dataclass(frozen=True, slots=True, order=True)
class Assignment:
    """One account holding (or to hold) one entitlement."""

    account_id: str
    """The account's native id."""

    entitlement: Entitlement


@dataclass(frozen=True, slots=True)
class HeldGrant:
    """An entitlement that the vendor says an account holds."""

    entitlement: Entitlement
    direct: bool = True
    """False if it comes through a group or a parent tenant, and cannot be revoked by itself."""
    expires: datetime | None = None
    """Set on a temporary grant."""
    via: str = ""
    """For an inherited grant: through what, in words fit for a person."""
    source: Entitlement | None = None
    """For an inherited grant: the direct entitlement whose revocation ends it, if there is one."""


@dataclass(frozen=True, slots=True)
class Created:
    """The result of creating an account."""

    native_id: str
    granted: frozenset[Entitlement] = frozenset()
    """Those of the wanted entitlements that the vendor gave with the creation itself."""
    attributes: Mapping[str, Any] = field(default_factory=dict)
    """The vendor's own attributes of the account, as its answer shows them."""


Record = Mapping[str, Any]
"""One object of a further resource type: its values under the names of the type's schema.

``id`` is the vendor's own id. What the vendor does not have is left out.
"""

RecordVerb = Literal["create", "update", "delete"]


@dataclass(frozen=True, slots=True)
class RecordQuery:
    """One page of a list of records, for a vendor that filters, sorts and pages by itself."""

    where: Filter | None
    sort_by: str | None
    """A name of the schema, dotted below the top: ``name``, ``meta.created``."""
    descending: bool
    offset: int
    """How many matching records are skipped."""
    count: int
    """The most that are returned; 0 asks for the total alone."""


@dataclass(frozen=True, slots=True)
class RecordPage:
    """The answer to a `RecordQuery`."""

    records: Sequence[Record]
    total: int
    """How many match, over all pages."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a vendor's API can do, as data. The planner reads this and nothing else of a vendor."""

    account_attributes: frozenset[str]
    """The fields of `Account` that the vendor stores; all others live in the directory alone."""
    entitlement_kinds: tuple[str, ...]
    single_valued_kinds: frozenset[str] = frozenset()
    """Kinds of which an account holds at most one: granting another replaces it."""
    dependent_kinds: frozenset[str] = frozenset()
    """Kinds whose grants a change of a single-valued one may swallow: they are given again.

    So may any write that fails half-way; all that is held is then asserted again.
    """
    volatile_attributes: frozenset[str] = frozenset()
    """Those of `Account.attributes` that the vendor changes by itself: whoever names one has it
    sent, though the record says that the account is so already."""
    can_create_accounts: bool = True
    can_delete_accounts: bool = True
    can_disable_accounts: bool = False
    """`set_active` exists; otherwise, and where `revoke_on_disable`, access is revoked."""
    revoke_on_disable: bool = True
    """Deactivating takes the grants away (and remembers them); False if disabling is enough."""
    can_rename_accounts: bool = False
    """`update_account` may change ``user_name``. Otherwise a rename re-creates or is refused."""
    takes_passwords: bool = False
    """The secret ``password`` of an account is sent to the vendor; otherwise it is dropped."""
    settle_seconds: float = 0.0
    """How long a new account may stay invisible to `find_account` (the vendor's search lag)."""
    managed_kinds: frozenset[str] = frozenset()
    """Kinds whose entitlements can be created, renamed and deleted through the API."""
    group_member_limits: Mapping[str, int] = field(default_factory=dict)
    """Kind to the most members that one entitlement of it takes."""
    record_types: Mapping[str, frozenset[RecordVerb]] = field(default_factory=dict)
    """The further resource types that this target serves, and what can be done to each."""
    complete: bool = True
    """False while the vendor has yet to say whether it can do more: see `Connector.find_out`."""


class Connector(ABC):
    """Drives one target in the bridge's vocabulary.

    Every method:

    * raises only `VendorError` and its subclasses;
    * may be called from several threads at once;
    * follows the vendor's pages and keeps to its chunk limits;
    * returns within the deadline that `scimbridge.connectors.deadline` holds for the caller.

    Acting methods are idempotent: deleting the absent, granting the held and revoking the unheld
    are success. `create_account` alone is not, and is therefore never repeated by the connector:
    if its outcome is not known it raises `OutcomeUnknown`.
    """

    @property
    @abstractmethod
    def capabilities(self) -> Capabilities:
        """What this target can do, without asking the vendor; constant once it is `complete`.

        Until then, the least that it may turn out to be; the kinds, the record types and what is
        said of passwords stay.
        """

    def find_out(self) -> None:
        """Make `capabilities` complete, asking the vendor if need be. Raises `VendorError`."""
        return

    # --- observe ---------------------------------------------------------------------------

    @abstractmethod
    def check(self) -> None:
        """Prove credentials, scopes and certificate with the cheapest calls that do.

        Raises `VendorDenied` with the remedy if something is missing.
        """

    @abstractmethod
    def accounts(self, where: Filter | None = None) -> Iterator[Account]:
        """All accounts, or a superset of those that match ``where``."""

    @abstractmethod
    def find_account(self, user_name: str) -> Account | None:
        """The account whose login is ``user_name`` (compared without regard to case).

        As a read by its id or the list of all accounts shows it: a vendor's search may still know
        an account that is gone, and whoever is bound to that has none.
        """

    @abstractmethod
    def read_account(self, native_id: str) -> Account | None:
        """The account with this native id, or None."""

    @abstractmethod
    def entitlements(self) -> Iterator[EntitlementDetails]:
        """The catalogue, over all kinds."""

    @abstractmethod
    def grants(self, native_id: str) -> frozenset[HeldGrant]:
        """All that the account holds, inherited grants included.

        Raises `VendorNotFound` if the account is not there.
        """

    def holders(self, entitlement: Entitlement) -> Iterator[str]:
        """Native ids of all accounts whose `grants` show the entitlement, each once.

        This reads every account; vendors that can be asked directly override it, and may know
        kinds that cannot be given. Raises `VendorNotFound` where the vendor says there is no such.
        """
        for account in self.accounts():
            native_id = str(account.native_id)
            try:
                held = self.grants(native_id)
            except VendorNotFound:
                continue  # gone since it was listed
            if any(each.entitlement == entitlement for each in held):
                yield native_id

    def permissions(self, native_id: str) -> frozenset[str]:
        """What the account may do, in the vendor's words; empty where the vendor does not tell.

        Raises `VendorNotFound`.
        """
        return frozenset()

    # --- act -------------------------------------------------------------------------------

    def change_own_password(self, password: str) -> None:
        """Give the bridge's own account another password; this connector then has the old one.

        Raises `VendorRejected` if the vendor's policy refuses it, or there is no password.
        """
        raise VendorRejected("the bridge does not sign in to this vendor with a password")

    @abstractmethod
    def create_account(self, account: Account, entitlements: frozenset[Entitlement]) -> Created:
        """Create the account, with those of ``entitlements`` that the vendor takes in one call.

        Raises `VendorConflict` if the login is taken, `OutcomeUnknown` if no answer came.
        """

    @abstractmethod
    def update_account(self, account: Account, changed: frozenset[str]) -> None:
        """Make the account (``account.native_id``) equal to ``account``.

        ``changed`` names the fields that differ from what the vendor last showed.
        Raises `VendorNotFound` if it is gone.
        """

    def set_active(self, native_id: str, *, active: bool) -> None:
        """Enable or disable the account. Only where `Capabilities.can_disable_accounts`."""
        raise NotImplementedError

    def prepare(self) -> None:
        """Bring about what the vendor's settings describe beside accounts (custom roles).

        Idempotent; called before every observation of the whole target.
        """
        return

    def find_entitlement(self, kind: str, display_name: str) -> Entitlement | None:
        """The entitlement of exactly this name, or None. Only for `managed_kinds`."""
        raise NotImplementedError

    def create_entitlement(self, kind: str, wanted: ManagedEntitlement) -> Entitlement:
        """Create an entitlement; its attributes may be left to `update_entitlement`.

        Only for `managed_kinds`. Raises `VendorConflict` if the name is taken, `VendorRejected` at
        the vendor's limits, `OutcomeUnknown` if no answer came.
        """
        raise NotImplementedError

    def update_entitlement(
        self,
        entitlement: Entitlement,
        before: Sequence[ManagedEntitlement],
        after: ManagedEntitlement,
    ) -> None:
        """Bring an entitlement to ``after``. Only for `managed_kinds`.

        ``before`` is all that it may be now, as far as the bridge made or saw it. What is the same
        in all of them and in ``after`` is left as the vendor has it, and so is what none of them
        mentions. Raises `VendorNotFound` if it is gone, `VendorConflict` if the name is taken.
        """
        raise NotImplementedError

    def entitlement_attributes(
        self, entitlements: Collection[Entitlement]
    ) -> Mapping[Entitlement, Mapping[str, Any]]:
        """What the vendor's Group extension says of entitlements of `managed_kinds` now.

        What has no values is left out.
        """
        return {}

    def passed_on(self, attributes: Mapping[str, Any]) -> frozenset[Entitlement]:
        """What an entitlement with these attributes gives to whoever holds it. Asks nobody."""
        return frozenset()

    def delete_entitlement(self, entitlement: Entitlement) -> None:
        """Delete an entitlement, whoever holds it; gone already is success.

        Only for `managed_kinds`.
        """
        raise NotImplementedError

    @abstractmethod
    def delete_account(self, native_id: str) -> None:
        """Delete the account; gone already is success."""

    @abstractmethod
    def grant(self, assignments: Sequence[Assignment]) -> None:
        """Give all of them, in as few calls as the vendor allows.

        Raises `PartialFailure` (items: `Assignment`) if some failed; all others were tried.
        """

    @abstractmethod
    def revoke(self, assignments: Sequence[Assignment]) -> None:
        """Take all of them away. Raises like `grant`."""

    # --- further resource types: `Capabilities.record_types` ---------------------------------
    #
    # ``type`` is the resource type's name. The records of a nested type belong to the record
    # ``owner`` of the type that it is nested in; for all others ``owner`` is None.

    def records(
        self, type: str, where: Filter | None = None, *, owner: str | None = None
    ) -> Iterator[Record]:
        """All records in a stable order, or a superset of those that match ``where``.

        Raises `VendorNotFound` if there is no ``owner``.
        """
        raise NotImplementedError

    def record_page(
        self, type: str, query: RecordQuery, *, owner: str | None = None
    ) -> RecordPage | None:
        """The page that ``query`` asks for; None if the vendor cannot answer it exactly."""
        return None

    def read_record(self, type: str, record_id: str, *, owner: str | None = None) -> Record | None:
        """The record with this id, or None; also None for what cannot be an id."""
        raise NotImplementedError

    def create_record(self, type: str, record: Record) -> str:
        """Create it; returns its id. Raises `VendorConflict` if its name is taken."""
        raise NotImplementedError

    def update_record(self, type: str, before: Record, after: Record) -> None:
        """Bring the record from ``before``, which the vendor showed just now, to ``after``.

        Sends what differs and nothing else. Raises `VendorNotFound` if it is gone.
        """
        raise NotImplementedError

    def delete_record(self, type: str, record_id: str) -> None:
        """Delete it; gone already is success. Raises `VendorConflict` if it is in use."""
        raise NotImplementedError
