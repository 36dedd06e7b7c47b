"""The table `public_cards`: which message asks everybody about which track."""

import time
from dataclasses import asdict, dataclass, field

from sqlalchemy import delete, select
from sqlalchemy.dialects.sqlite import insert

from storage.database import Database
from storage.listeners import Began, ensure
from storage.schema import public_cards


@dataclass(frozen=True, slots=True)
class PublicCard:
    """A message with a track that every member may rate, by button or by digit reaction."""

    message_id: int
    channel_id: int
    guild_id: int | None
    owner_id: int
    track_id: int
    playlist_id: int | None
    posted_at: int = field(default=0, compare=False)  # seconds since 1970; `Cards.add` sets it


class Cards:
    """Remembers public cards, so that a reaction to a message of any age counts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, card: PublicCard, since: Began) -> None:
        """Remember a card; raises ErasedMeanwhile."""
        async with self._database.transaction(lists=False) as connection:
            await ensure(connection, card.owner_id, since)
            statement = insert(public_cards).values(**asdict(card) | {"posted_at": int(time.time())})
            await connection.execute(statement.on_conflict_do_nothing())

    async def get(self, message_id: int) -> PublicCard | None:
        columns = [public_cards.c[name] for name in PublicCard.__dataclass_fields__]
        async with self._database.reading() as connection:
            found = await connection.execute(select(*columns).where(public_cards.c.message_id == message_id))
            row = found.one_or_none()
        return PublicCard(*row) if row else None

    async def since(self, at: int) -> list[PublicCard]:
        """The cards that were posted from then on (seconds since 1970), newest first."""
        columns = [public_cards.c[name] for name in PublicCard.__dataclass_fields__]
        query = select(*columns).where(public_cards.c.posted_at >= at).order_by(public_cards.c.message_id.desc())
        async with self._database.reading() as connection:
            return [PublicCard(*row) for row in await connection.execute(query)]

    async def remove(self, message_id: int) -> None:
        async with self._database.transaction(lists=False) as connection:
            await connection.execute(delete(public_cards).where(public_cards.c.message_id == message_id))
