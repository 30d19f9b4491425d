"""Reconciliation: what differs, and when it was looked at."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("targets", sa.Column("reconciled_at", _BIG, nullable=True))
    op.add_column("resources", sa.Column("converged_at", _BIG, server_default="0", nullable=False))
    op.create_table(
        "differences",
        sa.Column("resource_pk", _BIG, nullable=False),
        sa.Column("found_at", _BIG, nullable=False),
        sa.Column("steps", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["resource_pk"], ["resources.pk"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("resource_pk"),
        sqlite_strict=True,
    )
