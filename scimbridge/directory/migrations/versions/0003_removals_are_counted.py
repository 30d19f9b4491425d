"""Removals are counted, and targets can be paused."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "guards",
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("paused_at", big, nullable=True),
        sa.Column("removals_paused_at", big, nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("resumed_at", big, server_default="0", nullable=False),
        sa.Column("allowance", big, nullable=True),
        sa.Column("managed", big, server_default="0", nullable=False),
        sa.Column("managed_at", big, server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("target"),
        sqlite_strict=True,
    )
    op.create_table(
        "removals",
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("scim_id", sa.Text(), nullable=False),
        sa.Column("at", big, nullable=False),
        sa.PrimaryKeyConstraint("target", "scim_id"),
        sqlite_strict=True,
    )
    op.create_index("ix_removals_at", "removals", ["target", "at"], unique=False)
