"""What is visible is counted and paged from an index alone, and SQLite picks the right indexes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

# A tenant of 10,000 users and 100 groups: rows of the table, then rows that share the first
# column of the index, the first two, and so on (https://www.sqlite.org/fileformat2.html#stat1tab).
# Unlike what ANALYZE would find on some day, they are the same in every directory.
STATISTICS = {
    ("resources", "sqlite_autoindex_resources_1"): "10000 1",
    ("resources", "sqlite_autoindex_resources_2"): "10000 10000 10000 1",
    ("resources", "ix_resources_confirmed_key"): "10000 10000 10000 1",
    ("resources", "ix_resources_external_id"): "10000 10000 10000 1",
    ("resources", "ix_resources_native_id"): "10000 10000 10000 1",
    ("resources", "ix_resources_order"): "10000 10000 10000 1 1 1",
    ("memberships", "sqlite_autoindex_memberships_1"): "50000 500 1",
    ("memberships", "ix_memberships_member"): "50000 5",
    ("memberships", "ix_memberships_operation"): "50000 5",
    ("group_entitlements", "sqlite_autoindex_group_entitlements_1"): "200 2 2 1",
    ("grants", "sqlite_autoindex_grants_1"): "30000 3 2 1",
    ("operations", "ix_operations_due"): "100000 20 1",
    ("operations", "ix_operations_resource"): "100000 10 5",
    ("audit", "ix_audit_target"): "200000 1000 1",
}


def upgrade() -> None:
    op.drop_index("ix_resources_order", "resources")
    op.create_index(
        "ix_resources_order",
        "resources",
        ["target", "resource_type", "created", "pk", "confirmed_key"],
    )
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        op.execute("ANALYZE")  # makes the table, which nothing else can
        op.execute("DELETE FROM sqlite_stat1")
        table = sa.table("sqlite_stat1", sa.column("tbl"), sa.column("idx"), sa.column("stat"))
        op.bulk_insert(
            table,
            [{"tbl": tbl, "idx": idx, "stat": stat} for (tbl, idx), stat in STATISTICS.items()],
        )
