"""What readers see is counted as it changes; pages go by primary key, groups by an index alone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_SHOWN = sa.text("confirmed_key IS NOT NULL")

_COUNT_IN = """
INSERT INTO lists (target, resource_type, total, version)
VALUES (NEW.target, NEW.resource_type, 1, 1)
ON CONFLICT (target, resource_type)
DO UPDATE SET total = lists.total + 1, version = lists.version + 1;
"""
_COUNT_OUT = """
UPDATE lists SET total = total - 1, version = version + 1
WHERE target = OLD.target AND resource_type = OLD.resource_type;
"""
_EVENTS = {
    "inserted": ("INSERT", "NEW.confirmed_key IS NOT NULL", _COUNT_IN),
    "shown": (
        "UPDATE OF confirmed_key",
        "OLD.confirmed_key IS NULL AND NEW.confirmed_key IS NOT NULL",
        _COUNT_IN,
    ),
    "hidden": (
        "UPDATE OF confirmed_key",
        "OLD.confirmed_key IS NOT NULL AND NEW.confirmed_key IS NULL",
        _COUNT_OUT,
    ),
    "deleted": ("DELETE", "OLD.confirmed_key IS NOT NULL", _COUNT_OUT),
}
_ON_SQLITE = """
CREATE TRIGGER resources_{name} AFTER {event} ON resources FOR EACH ROW WHEN {when}
BEGIN {count} END
"""
_ON_POSTGRESQL = """
CREATE FUNCTION resources_{name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN {count} RETURN NULL; END $$;
CREATE TRIGGER resources_{name} AFTER {event} ON resources FOR EACH ROW WHEN ({when})
EXECUTE FUNCTION resources_{name}()
"""
# As the fourth migration says; the statistics of an index went with it. The first is that of groups,
# of which a page would else be looked for among all users.
_STATISTICS = [
    {"tbl": "resources", "idx": "ix_resources_order", "stat": "10000 10000 100 1"},
    {"tbl": "memberships", "idx": "ix_memberships_member", "stat": "50000 5 5 1"},
]


def upgrade() -> None:
    op.drop_index("ix_resources_order", "resources")
    op.create_index(
        "ix_resources_order",
        "resources",
        ["target", "resource_type", "pk"],
        sqlite_where=_SHOWN,
        postgresql_where=_SHOWN,
    )
    op.drop_index("ix_memberships_member", "memberships")
    op.create_index("ix_memberships_member", "memberships", ["member_id", "have", "group_pk"])
    op.create_table(
        "lists",
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("resource_type", sa.Text(), nullable=False),
        sa.Column("total", _BIG, nullable=False),
        sa.Column("version", _BIG, nullable=False),
        sa.PrimaryKeyConstraint("target", "resource_type"),
        sqlite_strict=True,
    )
    op.execute(
        "INSERT INTO lists (target, resource_type, total, version)"
        " SELECT target, resource_type, count(*), 1 FROM resources"
        " WHERE confirmed_key IS NOT NULL GROUP BY target, resource_type"
    )
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    for name, (event, when, count) in _EVENTS.items():
        statement = _ON_SQLITE if on_sqlite else _ON_POSTGRESQL
        op.execute(statement.format(name=name, event=event, when=when, count=count))
    if on_sqlite:
        table = sa.table("sqlite_stat1", sa.column("tbl"), sa.column("idx"), sa.column("stat"))
        op.bulk_insert(table, _STATISTICS)
