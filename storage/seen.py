"""Which tracks a listener sees, and through whose playlist: what is on a list of one's own is seen through nobody's.

Of several shared lists that have a track, the one that showed it first in this server counts, so that whoever shares
it later changes nothing.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, case, exists, func, literal, or_, select, union_all

from storage.database import Statement
from storage.presence import shared_with
from storage.rows import NOBODY, believed, fact, select_tracks
from storage.schema import playlist_shares, playlist_tracks, playlists, public_cards, ratings, track_values, tracks

SEARCH_KEY = track_values.c.search_key
LISTENER, GUILD = bindparam("listener_id"), bindparam("guild_id")


def lists(listener_id: Any, guild_id: Any) -> Any:
    """The ids of the playlists that a member can see: a union, for SQLite finds no index through an OR."""
    own = select(playlists.c.id).where(playlists.c.owner_id == listener_id)
    if guild_id is None:
        return own
    return union_all(own, select(playlist_shares.c.playlist_id).where(shared_with(guild_id)))


def on_list_of(owner_id: Any, track_id: Any) -> Any:
    """Whether a track is on a list of a member's own; from the lists' side, for thousands may list it."""
    row = playlist_tracks.alias()
    own = row.c.playlist_id.in_(select(playlists.c.id).where(playlists.c.owner_id == owner_id))
    return exists(select(row.c.track_id).where(row.c.track_id == track_id, own).correlate_except(row))


def everything(listener_id: int, guild_id: int | None, named: Sequence[Any] = ()) -> Any:
    """A query for every track that a member can see, once; conditions on SEARCH_KEY hold of its names."""
    listener, through = literal(listener_id), NOBODY
    if guild_id is None:
        # From the playlists' side, for a file holds many more tracks than these.
        on_it = select(playlist_tracks.c.track_id).where(playlist_tracks.c.playlist_id.in_(lists(listener_id, None)))
        query = select_tracks(listener).where(tracks.c.id.in_(on_it))
    else:
        seen = _seen(listener_id, guild_id)
        through = seen.c.owner_id
        query = select_tracks(listener, through).join(seen, seen.c.track_id == tracks.c.id)
    for condition in named:
        row = select(track_values.c.id).where(track_values.c.id.in_(believed(listener, through)), condition)
        query = query.where(exists(row.correlate_except(track_values)))
    return query.order_by(*[fact("title", listener, through)] if named else [], tracks.c.id)


def _seen(listener_id: int, guild_id: int) -> Any:
    """The tracks that a member can see in a server, and whose list each is seen through; NOBODY: one's own."""
    own = select(playlists.c.id, NOBODY.label("owner_id"), literal(0).label("since"))
    own = own.where(playlists.c.owner_id == listener_id)
    shared = select(playlists.c.id, playlists.c.owner_id, playlist_shares.c.since)
    shared = shared.join(playlist_shares, playlist_shares.c.playlist_id == playlists.c.id)
    shared = shared.where(shared_with(guild_id), playlists.c.owner_id != listener_id)
    each = union_all(own, shared).subquery()
    first = case((each.c.owner_id == NOBODY, 0), else_=func.max(playlist_tracks.c.since, each.c.since))
    # SQLite takes the other columns from the row that has the minimum.
    return (
        select(playlist_tracks.c.track_id, each.c.owner_id, func.min(first))
        .join(each, each.c.id == playlist_tracks.c.playlist_id)
        .group_by(playlist_tracks.c.track_id)
        .subquery()
    )


def _through(shown_by: Any) -> Any:
    """Whose list a listener sees a track through: a named member's, else what showed it first, else as when rated."""
    of_it = playlist_tracks.c.track_id == tracks.c.id
    on_list = playlist_tracks.c.playlist_id == playlists.c.id
    own = on_list_of(LISTENER, tracks.c.id)
    first = func.max(playlist_tracks.c.since, playlist_shares.c.since)
    chosen = playlists.c.id == bindparam("playlist_id")
    shared = (
        select(playlists.c.owner_id)
        .join(playlist_shares, playlist_shares.c.playlist_id == playlists.c.id)
        .join(playlist_tracks, on_list)
        .where(shared_with(GUILD), of_it)
        .order_by(chosen.desc(), first, playlists.c.id)
        .limit(1)
    )
    rated = select(ratings.c.through_id).where(ratings.c.listener_id == LISTENER, ratings.c.track_id == tracks.c.id)
    said = (track_values.c.track_id == tracks.c.id) & (track_values.c.contributor_id == shown_by)
    named = select(track_values.c.contributor_id).where(said).limit(1).correlate_except(track_values)
    others = func.coalesce(
        named.scalar_subquery(), shared.correlate(tracks).scalar_subquery(), rated.scalar_subquery(), 0
    )
    return case((own, 0), else_=others)


def _one(*, only_visible: bool) -> Statement:
    # A public card asks everybody in its server about its track.
    on_card = (public_cards.c.message_id == bindparam("message_id")) & (public_cards.c.track_id == tracks.c.id)
    on_card &= func.coalesce(public_cards.c.guild_id, 0) == GUILD
    its_owner = func.coalesce(select(public_cards.c.owner_id).where(on_card).correlate(tracks).scalar_subquery(), 0)
    shown_by = its_owner if only_visible else bindparam("through")
    # With a limit, SQLite works out once whose list it is, and not at each mention.
    seen = (
        select(tracks.c.id, _through(shown_by).label("owner_id"))
        .where(tracks.c.id == bindparam("track_id"))
        .limit(1)
        .subquery()
    )
    query = select_tracks(LISTENER, seen.c.owner_id).join(seen, seen.c.id == tracks.c.id)
    if only_visible:
        rated = exists().where(ratings.c.track_id == tracks.c.id, ratings.c.listener_id == LISTENER)
        listed = playlist_tracks.c.playlist_id.in_(lists(LISTENER, GUILD))
        shared = exists().where(playlist_tracks.c.track_id == tracks.c.id, listed)
        query = query.where(or_(rated, shared, exists().where(on_card)))
    return Statement(query)


ON_PLAYLIST = Statement(
    select_tracks(func.coalesce(func.nullif(LISTENER, 0), playlists.c.owner_id), playlists.c.owner_id)
    .join(playlist_tracks, playlist_tracks.c.track_id == tracks.c.id)
    .join(playlists, playlists.c.id == playlist_tracks.c.playlist_id)
    .where(playlist_tracks.c.playlist_id == bindparam("playlist_id"))
    .order_by(playlist_tracks.c.position)
)
THROUGH = Statement(select(_through(bindparam("through"))).where(tracks.c.id == bindparam("track_id")))
ONE_TRACK = _one(only_visible=False)
ONE_VISIBLE_TRACK = _one(only_visible=True)
