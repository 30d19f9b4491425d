"""What each pass at an operation planned, and what it sent to the vendor."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "passes",
        sa.Column("pk", _BIG, autoincrement=True, nullable=False),
        sa.Column("operation_pk", _BIG, nullable=False),
        sa.Column("began", _BIG, nullable=False),
        sa.Column("steps", sa.Text(), nullable=False),
        sa.Column("steps_planned", sa.Integer(), nullable=False),
        sa.Column("calls", sa.Text(), nullable=False),
        sa.Column("calls_made", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("pk"),
        sqlite_strict=True,
    )
    op.create_index("ix_passes_operation", "passes", ["operation_pk"], unique=False)
