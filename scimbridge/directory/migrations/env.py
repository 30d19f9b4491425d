"""Alembic's entry: runs the versions on the connection that `migrate` opened."""

from __future__ import annotations

from alembic import context

from scimbridge.directory.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=False,  # the caller's transaction spans all versions
)
with context.begin_transaction():
    context.run_migrations()
