"""A create whose outcome is not known is remembered with the login that it was for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("resources", sa.Column("attempted_login", sa.Text(), nullable=True))
