"""A real file, opened as the bot opens it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage.database import Database
from storage.ratings import Ratings
from tests.ids import number_from_one


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = await number_from_one(await Database.open(tmp_path / "data" / "earmark.db"))
    yield opened
    await opened.close()


@pytest.fixture
async def ratings(database: Database) -> AsyncIterator[Ratings]:
    made = Ratings(database)
    await made.start()
    yield made
    await made.close()
