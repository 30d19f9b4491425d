"""Alembic migrations of the directory's schema."""
