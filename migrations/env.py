"""Alembic environment: connects as the owner role, knows the tables of the core and of every module present."""

from __future__ import annotations

from alembic import context
from sqlalchemy import create_engine

from app.db.tables import metadata

url = context.config.attributes.get("url") or context.config.get_main_option("sqlalchemy.url")
if not url:
    raise RuntimeError("migrations need the owner's URL: run them with `parvis db upgrade`")

engine = create_engine(url)
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=metadata(), compare_type=True)
    with context.begin_transaction():
        # Two processes that start together queue here instead of migrating at once.
        connection.exec_driver_sql("select pg_advisory_xact_lock(7365728)")
        context.run_migrations()
engine.dispose()
