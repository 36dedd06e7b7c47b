"""Ids that are never used again: old messages carry those of rows that are long gone.

SQLite's AUTOINCREMENT gives each table a counter that only grows. A backup brings older counters back, so those of a
restored database begin MARGIN above both what it holds and what it replaces; and no earlier than the clock, in case
what was there is lost: fewer than one id a second is given out in the long run.
"""

import sqlite3
import time
from collections.abc import Mapping

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Statement, fetch_within

MARGIN = 1_000_000
LAST = Statement(text("SELECT seq FROM sqlite_sequence WHERE name = :table"))


async def last_id(connection: AsyncConnection, table: str) -> int:
    """The newest id that a table ever gave out; the transaction must be one that writes."""
    ((newest,),) = await fetch_within(connection, LAST, table=table)
    return int(newest)


def counters(connection: sqlite3.Connection) -> dict[str, int]:
    """The newest id of each table; empty for a database without counters."""
    try:
        return dict(connection.execute("SELECT name, seq FROM sqlite_sequence"))
    except sqlite3.DatabaseError:
        return {}


def raise_counters(connection: sqlite3.Connection, replaced: Mapping[str, int]) -> None:
    """Let a restored database give out no id that it, or the database it replaces, may have given out before."""
    for table, newest in counters(connection).items():
        above = max(newest, replaced.get(table, 0)) + MARGIN
        values = (max(above, int(time.time())), table)
        connection.execute("UPDATE sqlite_sequence SET seq = ? WHERE name = ?", values)
