"""The table `models`: each member's model as arrays and JSON, never as a pickle."""

import io
import json
import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.dialects.sqlite import insert

from bot.domain.taste import Metrics, TasteReport
from storage.database import Database
from storage.listeners import Began, began, ensure
from storage.schema import models

Arrays = Mapping[str, NDArray[Any]]


class Models:
    """Keeps one model and one report a member: the newest."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def began(self, listener_id: int) -> Began:
        """What to note before work on a model, and to hand to whatever keeps what came of it."""
        return await began(self._database, listener_id)

    async def save(
        self,
        listener_id: int,
        arrays: Arrays,
        meta: Mapping[str, object],
        report: TasteReport,
        since: Began,
    ) -> None:
        """Keep a model in place of the one before; raises ErasedMeanwhile."""
        values = {
            "arrays": pack(arrays),
            "meta": json.dumps(meta),
            "report": json.dumps(asdict(report)),
            "ratings": report.ratings,
            "trained_at": int(time.time()),
        }
        async with self._database.transaction(lists=False) as connection:
            await ensure(connection, listener_id, since)
            statement = insert(models).values(listener_id=listener_id, **values)
            await connection.execute(statement.on_conflict_do_update(index_elements=["listener_id"], set_=values))

    async def load(self, listener_id: int) -> tuple[dict[str, NDArray[Any]], dict[str, Any], TasteReport] | None:
        async with self._database.reading() as connection:
            found = await connection.execute(select(models).where(models.c.listener_id == listener_id))
            row = found.one_or_none()
        if row is None:
            return None
        return unpack(row.arrays), json.loads(row.meta), _report(json.loads(row.report))

    async def trained_at(self, listener_id: int) -> int | None:
        """When the stored model was trained, in seconds since 1970; None: there is none."""
        async with self._database.reading() as connection:
            return await connection.scalar(select(models.c.trained_at).where(models.c.listener_id == listener_id))

    async def exists(self, listener_id: int) -> bool:
        async with self._database.reading() as connection:
            found = await connection.execute(select(models.c.ratings).where(models.c.listener_id == listener_id))
            return found.first() is not None


def pack(arrays: Arrays) -> bytes:
    """Write arrays as an .npz archive; arrays of objects are refused."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **{name: np.asarray(array) for name, array in arrays.items()})
    return buffer.getvalue()


def unpack(data: bytes) -> dict[str, NDArray[Any]]:
    """Read what `pack` wrote; code hidden in an archive is never run."""
    with np.load(io.BytesIO(data), allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def _report(values: dict[str, Any]) -> TasteReport:
    restored: dict[str, Any] = {
        **values,
        "held_out": Metrics(**values["held_out"]),
        "training": Metrics(**values["training"]),
        "actual": tuple(values["actual"]),
        "predicted": tuple(values["predicted"]),
    }
    return TasteReport(**restored)
