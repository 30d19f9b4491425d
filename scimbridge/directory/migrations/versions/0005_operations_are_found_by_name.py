"""Operations keep the name of what they are about; audit lines are found by request."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("operations", sa.Column("name", sa.Text(), nullable=True))
    op.execute(
        "UPDATE operations SET name = (SELECT COALESCE(r.desired_key, r.confirmed_key)"
        " FROM resources r WHERE r.pk = operations.resource_pk)"
    )
    op.create_index("ix_audit_request", "audit", ["request_id"], unique=False)
