"""Small ids, for tests that name rows by their number."""

from storage.database import Database


async def number_from_one(database: Database) -> Database:
    """Let a database that is still empty count from 1."""
    async with database.transaction() as connection:
        await connection.exec_driver_sql("UPDATE sqlite_sequence SET seq = 0")
    return database
