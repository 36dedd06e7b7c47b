"""Alembic's entry: the connection is made, and its transaction held, by storage/migrate.py."""

from alembic import context

from storage.schema_spotify import metadata  # with it, every table is known

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
context.run_migrations()
