"""Alembic's way in: runs the revisions on the connection that the caller has opened."""

from alembic import context

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=context.config.attributes["metadata"],
    compare_server_default=True,
    # The caller has begun the transaction: on SQLite too, where Alembic would not begin one by itself.
    transactional_ddl=False,
)
context.run_migrations()
