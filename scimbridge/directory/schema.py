"""The tables of the directory. What each column promises is said here and nowhere else.

Times are whole milliseconds since the Unix epoch, truth values are 0 or 1 and documents are JSON
text, so that the same definitions serve SQLite's STRICT tables and PostgreSQL.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData()

Big = BigInteger().with_variant(Integer, "sqlite")
"""64 bits on both databases: STRICT tables of SQLite accept the name INTEGER alone."""


def _flag(name: str, default: str = "0") -> Column[int]:
    return Column(name, Integer, nullable=False, server_default=default)


def _table(name: str, *columns: Column[Any] | Index | UniqueConstraint) -> Table:
    return Table(name, metadata, *columns, sqlite_strict=True)


targets = _table(
    "targets",
    Column("name", Text, primary_key=True),
    Column("observed_at", Big),  # when all accounts and entitlements were last read
    Column("lease_owner", Text),
    Column("lease_until", Big, nullable=False, server_default="0"),
    Column("reconciled_at", Big),  # when what is desired was last compared with what is there
)

guards = _table(
    "guards",
    Column("target", Text, primary_key=True),
    # Since when an operator has every write wait; NULL if they go on.
    Column("paused_at", Big),
    # Since when removals are refused, because the budget was spent, and what spent it.
    Column("removals_paused_at", Big),
    Column("reason", Text),
    # When an operator last let removals go on; the count began anew.
    Column("resumed_at", Big, nullable=False, server_default="0"),
    # How many accounts the operator allowed in the window that began then.
    Column("allowance", Big),
    # How many accounts are managed, and when that was counted.
    Column("managed", Big, nullable=False, server_default="0"),
    Column("managed_at", Big, nullable=False, server_default="0"),
)

removals = _table(
    "removals",
    Column("target", Text, primary_key=True),
    # Whose account lost access through SCIM, or which value of a record of the vendor's own was
    # taken, and when that was last asked for.
    Column("scim_id", Text, primary_key=True),
    Column("at", Big, nullable=False),
    Index("ix_removals_at", "target", "at"),
)

resources = _table(
    "resources",
    Column("pk", Big, primary_key=True, autoincrement=True),
    Column("target", Text, nullable=False),
    Column("resource_type", Text, nullable=False),
    # NULL until the resource is bound to its account: the id is derived from the native id.
    Column("scim_id", Text),
    # The prepared userName or displayName of the desired and of the confirmed document; the
    # second is NULL as long as that document is.
    Column("desired_key", Text),
    Column("confirmed_key", Text),
    Column("external_id", Text),
    # What the IdP asked for, and what reads show: the last document that the vendor matched.
    Column("desired", Text, nullable=False),
    Column("confirmed", Text),
    # present, deleted (the account goes too), released (the account stays, our grants go).
    Column("disposition", Text, nullable=False, server_default="present"),
    # The resource is settled when both are equal; every intent raises the first.
    Column("generation", Big, nullable=False, server_default="1"),
    Column("confirmed_generation", Big, nullable=False, server_default="0"),
    # Raised by every change that a reader can see; the ETag.
    Column("revision", Big, nullable=False, server_default="1"),
    # 1 once a SCIM client was told of this resource by an answered write.
    _flag("claimed"),
    # created, adopted, or adopted disabled: what undoing the creation is to do with the account.
    Column("origin", Text),
    Column("native_id", Text),
    # What the vendor last showed or took: of an account its attributes, of a group all states that
    # its object there may be in.
    Column("observed", Text),
    # When a create was about to be sent and its outcome is not recorded yet.
    Column("attempted_at", Big),
    # The login that it was for; null where that is the desired one, and of groups. Where accounts
    # come by themselves, each login that was left since the vendor was asked for one, one a line.
    Column("attempted_login", Text),
    # Above 0: what the vendor holds is not known, so every wanted step is asserted again. Raised by
    # each reason to doubt, so that a pass clears only those that it knew of.
    _flag("dirty"),
    Column("lease_owner", Text),
    Column("lease_until", Big, nullable=False, server_default="0"),
    Column("fence", Big, nullable=False, server_default="0"),
    # Shown as `display` where other resources refer to this one.
    Column("display", Text),
    Column("created", Big, nullable=False),
    Column("last_modified", Big, nullable=False),
    # When the vendor was last brought to the desired state.
    Column("converged_at", Big, nullable=False, server_default="0"),
    UniqueConstraint("target", "resource_type", "desired_key", name="uq_resources_desired_key"),
    UniqueConstraint("scim_id", name="uq_resources_scim_id"),
    Index("ix_resources_confirmed_key", "target", "resource_type", "confirmed_key"),
    Index("ix_resources_external_id", "target", "resource_type", "external_id"),
    Index("ix_resources_native_id", "target", "resource_type", "native_id", unique=True),
    Index(
        "ix_resources_order",
        "target",
        "resource_type",
        "pk",
        sqlite_where=text("confirmed_key IS NOT NULL"),
        postgresql_where=text("confirmed_key IS NOT NULL"),
    ),
)

# Kept by triggers on `resources`: to count the rows takes the longer the more there are.
lists = _table(
    "lists",
    Column("target", Text, primary_key=True),
    Column("resource_type", Text, primary_key=True),
    # How many resources readers see.
    Column("total", Big, nullable=False),
    # Raised whenever one more or one less is seen.
    Column("version", Big, nullable=False),
)

memberships = _table(
    "memberships",
    Column("group_pk", Big, ForeignKey("resources.pk", ondelete="CASCADE"), primary_key=True),
    # The member's SCIM id as the client gave it; it may name nobody (yet).
    Column("member_id", Text, primary_key=True),
    # Desired and confirmed; a row with neither does not exist.
    _flag("want"),
    _flag("have"),
    # What the client sent along as the member's display, to be read back unchanged.
    Column("display", Text),
    # The operation that last changed `want`, until it is finished.
    Column("operation_pk", Big),
    # The member's generation that carries this change; 0 if no account is affected.
    Column("generation", Big, nullable=False, server_default="0"),
    Index("ix_memberships_member", "member_id", "have", "group_pk"),
    Index("ix_memberships_operation", "operation_pk"),
)

group_entitlements = _table(
    "group_entitlements",
    Column("group_pk", Big, ForeignKey("resources.pk", ondelete="CASCADE"), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("native_id", Text, primary_key=True),
)

grants = _table(
    "grants",
    Column("resource_pk", Big, ForeignKey("resources.pk", ondelete="CASCADE"), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("native_id", Text, primary_key=True),
    # asserted: ours, a grant or revoke was about to be sent; held: ours, confirmed;
    # taking: not ours, a deactivation is taking it, or another call drops it by the way;
    # found: the same, of an account that a rename came upon and that is not the person's yet;
    # suspended: taken, to be given back;
    # revoked: was ours, and the vendor's reads may still show it for a while;
    # restored: not ours, given back, and the vendor's reads may not show it for a while.
    Column("state", Text, nullable=False),
    # When it was revoked or restored; 0 in any other state.
    Column("revoked_at", Big, nullable=False, server_default="0"),
)

retired_accounts = _table(
    "retired_accounts",
    Column("resource_pk", Big, ForeignKey("resources.pk", ondelete="CASCADE"), primary_key=True),
    Column("native_id", Text, primary_key=True),
    # 1: the account of the confirmed document, to which a failed rename returns.
    _flag("confirmed"),
)

entitlements = _table(
    "entitlements",
    Column("target", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("native_id", Text, primary_key=True),
    Column("display_name", Text, nullable=False),
    Column("description", Text, nullable=False),
    _flag("assignable", "1"),
)

operations = _table(
    "operations",
    Column("pk", Big, primary_key=True, autoincrement=True),
    Column("target", Text, nullable=False),
    Column("resource_pk", Big, nullable=False),
    Column("resource_type", Text, nullable=False),
    Column("kind", Text, nullable=False),
    # 1: takes access away, and is therefore never dropped.
    _flag("removal"),
    # The resource's generation that carries this operation.
    Column("generation", Big, nullable=False),
    # pending, done, failed, abandoned
    Column("status", Text, nullable=False),
    Column("request_id", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("created", Big, nullable=False),
    Column("finished", Big),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_attempt", Big, nullable=False, server_default="0"),
    # JSON: {"status", "scimType", "detail"} of a failure, or of the last transient one.
    Column("error", Text),
    # JSON: the steps that were applied.
    Column("steps", Text),
    # The prepared userName or displayName of the resource at that time: it outlives the resource.
    Column("name", Text),
    Index("ix_operations_due", "status", "next_attempt"),
    Index("ix_operations_resource", "resource_pk", "status"),
)

passes = _table(
    "passes",
    # What a pass at an operation did; kept for a while, see `scimbridge.directory.passes`.
    Column("pk", Big, primary_key=True, autoincrement=True),
    Column("operation_pk", Big, nullable=False),
    # When the request, or the background, began with the operation.
    Column("began", Big, nullable=False),
    # JSON: [{"step", "error"?, "left"?}], the plan in words, and what became of it; the first so
    # many of `steps_planned`.
    Column("steps", Text, nullable=False),
    Column("steps_planned", Integer, nullable=False),
    # JSON: [{"method", "route", "status", "after_ms", "took_ms", "attempt"}], the last so many of
    # `calls_made`.
    Column("calls", Text, nullable=False),
    Column("calls_made", Integer, nullable=False),
    Index("ix_passes_operation", "operation_pk"),
)

differences = _table(
    "differences",
    # The users whose accounts were not as desired when last compared, until that is mended.
    Column("resource_pk", Big, ForeignKey("resources.pk", ondelete="CASCADE"), primary_key=True),
    Column("found_at", Big, nullable=False),
    # JSON: the steps, in words, that would bring the account to what is desired.
    Column("steps", Text, nullable=False),
)

tokens = _table(
    "tokens",
    Column("id", Text, primary_key=True),
    Column("target", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("digest", Text, nullable=False),  # HMAC-SHA256 of the secret half
    _flag("read_only"),
    Column("created", Big, nullable=False),
    Column("expires", Big),
    Column("revoked", Big),
    Column("last_used", Big),
)

audit = _table(
    "audit",
    Column("pk", Big, primary_key=True, autoincrement=True),
    Column("target", Text, nullable=False),
    Column("at", Big, nullable=False),
    Column("actor", Text, nullable=False),
    Column("request_id", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("resource_type", Text, nullable=False),
    Column("scim_id", Text),
    Column("detail", Text, nullable=False),
    # HMAC over the previous line's digest and this line: one chain a target.
    Column("digest", Text, nullable=False),
    Index("ix_audit_target", "target", "pk"),
    Index("ix_audit_request", "request_id"),
)
