"""What members bring to a group session becomes candidates, predictions, the next track and one fair playlist.

The state machine of `session.py` is pure; here stand the steps that read the storage and use the executor.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.domain.errors import NoCandidates, UnknownSlot
from bot.domain.scales import common, comparable
from bot.domain.session import Guess, Session, Slot
from bot.domain.tracks import Playlist, Track
from bot.flow.jobs import expect_job
from bot.flow.learn import settled
from bot.flow.workers import Workers
from bot.taste.blur import blurred
from bot.taste.group import fill, recommend, replacement
from bot.taste.group_next import next_track
from storage.playlists import Playlists
from storage.ratings import Ratings
from storage.sharing import Shares

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """What a group can choose from, and what is known of each member's taste in it.

    Attributes:
        members: who is there, in the order of the rows.
        tracks: the candidates, in the order of the columns; each once.
        predictions: (members, tracks) stars; a vote of this session, else what is expected, else NaN.
        uncertainty: (members, tracks) standard deviations in stars: 0 for a vote, NaN where nothing is known.
        brings: how many of the tracks are on playlists of each member.

    """

    members: tuple[int, ...]
    tracks: tuple[Track, ...]
    predictions: Array
    uncertainty: Array
    brings: Mapping[int, int]

    def place(self, track_id: int) -> int:
        """The column of a track; raise KeyError where it is no candidate."""
        return {track.id: place for place, track in enumerate(self.tracks)}[track_id]

    def guesses(self, track_id: int) -> dict[int, Guess]:
        """What each member is expected to give a track; marked where it is the group's taste."""
        column = self.place(track_id)
        known = ~np.isnan(self.predictions[:, column])
        stars = fill(self.predictions)[:, column]
        return {
            member: Guess(float(stars[row]), stand_in=not bool(known[row])) for row, member in enumerate(self.members)
        }

    @property
    def artists(self) -> list[str]:
        return [track.artist for track in self.tracks]


async def sources(playlists: Playlists, session: Session) -> list[Playlist]:
    """The playlists that a session draws on: those that members who are there share with the server.

    A playlist that is not shared stays its owner's own affair, whoever is in the session.
    """
    shared: dict[int, Playlist] = {}
    for member in session.present:
        for playlist in await playlists.of(member):
            if session.guild_id in playlist.shared_guild_ids:
                shared[playlist.id] = playlist
    chosen = session.settings.playlist_ids
    return [playlist for playlist in shared.values() if not chosen or playlist.id in chosen]


async def drawn_on(playlists: Playlists, session: Session) -> Sequence[int]:
    """The tracks that a session can choose from, by id and cheaply: whether they are still the same."""
    if session.settings.theme is not None:
        return sorted(session.submissions.values())
    return await playlists.shared_tracks(session.present, session.guild_id, session.settings.playlist_ids)


async def gather(playlists: Playlists, ratings: Ratings, shares: Shares, workers: Workers, session: Session) -> Pool:
    """Bring together the candidates and what each member would give them.

    In a themed session the submissions are the candidates. Votes of this session count as ratings here, also of members
    who do not let them become ratings. Everybody sees what follows from a pool, so that it holds nothing that a rating
    of a candidate would change, unless its member joined openly, and ratings of other tracks count blurred: a candidate
    may be the same song under another name. What members share of their tastes does not count.

    Raises:
        NoCandidates: nobody shares a playlist with tracks here.

    """
    tracks, brings = await _candidates(playlists, session)
    if not tracks or not session.present:
        raise NoCandidates(members=len(session.present), tracks=len(tracks))
    secret = await shares.secret()
    rows = [await _expected(ratings, workers, session, member, tracks, secret) for member in session.present]
    predictions, uncertainty = np.array([stars for stars, _ in rows]), np.array([deviations for _, deviations in rows])
    return with_votes(Pool(session.present, tuple(tracks), predictions, uncertainty, brings), session)


def with_votes(pool: Pool, session: Session) -> Pool:
    """The same pool after more votes: what members have just said stands for what was predicted."""
    places = {track.id: place for place, track in enumerate(pool.tracks)}
    predictions, uncertainty = pool.predictions.copy(), pool.uncertainty.copy()
    for round_ in session.rounds:
        for row, member in enumerate(pool.members):
            if member in round_.ballots and round_.track_id in places:
                predictions[row, places[round_.track_id]] = round_.ballots[member].stars
                uncertainty[row, places[round_.track_id]] = 0.0
    return Pool(pool.members, pool.tracks, predictions, uncertainty, pool.brings)


def next_question(pool: Pool, session: Session) -> Track:
    """The track to play in the next round: a submission in turn, else one that will please and whose votes teach.

    Raises:
        NoCandidates: every candidate was played.

    """
    played = [round_.track_id for round_ in session.rounds]
    if session.settings.theme is not None:
        # By track id, which says nothing of who submitted it or when.
        left = sorted(track.id for track in pool.tracks if track.id not in played)
        if not left:
            raise NoCandidates(members=len(pool.members), tracks=0)
        return pool.tracks[pool.place(left[0])]
    places = {track.id: place for place, track in enumerate(pool.tracks)}
    last = next((pool.tracks[places[track]].artist for track in reversed(played) if track in places), None)
    chosen = next_track(
        pool.predictions,
        pool.uncertainty,
        played=[places[track] for track in played if track in places],
        veto=session.settings.veto,
        artists=pool.artists,
        last_artist=last,
    )
    return pool.tracks[chosen]


async def make_playlist(workers: Workers, pool: Pool, session: Session, debts: Mapping[int, float]) -> tuple[Slot, ...]:
    """Choose and order the group's playlist by its own rule, with what members are owed from earlier sessions.

    Raises:
        AllVetoed: no candidate passes the group's veto.

    """
    sounds = [[track.features.get("tempo", np.nan), track.features.get("energy", np.nan)] for track in pool.tracks]
    made = await workers.run(
        recommend,
        pool.predictions,
        session.settings.size,
        session.settings.strategy,
        session.settings.veto,
        np.array([debts.get(member, 0.0) for member in pool.members]),
        artists=pool.artists,
        sounds=np.array(sounds),
    )
    return tuple(
        Slot(
            pool.tracks[int(column)].id,
            {
                member: Guess(float(made.satisfaction[row, place]), stand_in=not bool(made.known[row, place]))
                for row, member in enumerate(pool.members)
            },
        )
        for place, column in enumerate(made.order)
    )


async def another(pool: Pool, session: Session, place: int) -> Slot:
    """The next best track for one place of the playlist, for Swap and Veto.

    Raises:
        UnknownSlot: the playlist has no such place.
        NoCandidates, AllVetoed: there is no other track.

    """
    if not 0 <= place < len(session.slots):
        raise UnknownSlot(place=place)
    places = {track.id: column for column, track in enumerate(pool.tracks)}
    taken = [slot.track_id for slot in session.slots]
    others = [places[track] for i, track in enumerate(taken) if i != place and track in places]
    refused = [places[track] for track in {*session.refused, taken[place]} if track in places]
    found = await asyncio.to_thread(replacement, pool.predictions, others, refused, session.settings.veto)
    track = pool.tracks[found].id
    return Slot(track, pool.guesses(track))


async def _candidates(playlists: Playlists, session: Session) -> tuple[list[Track], dict[int, int]]:
    if session.settings.theme is not None:
        submitted = [
            await playlists.track(track_id, guild_id=session.guild_id, through=who)
            for who, track_id in session.submissions.items()
        ]
        return submitted, dict.fromkeys(session.submissions, 1)
    tracks: dict[int, Track] = {}
    brought: dict[int, set[int]] = {member: set() for member in session.present}
    # Of two lists with a track, the older one names it.
    for playlist in sorted(await sources(playlists, session), key=lambda playlist: playlist.id):
        for track in await playlists.tracks(playlist.id):
            tracks.setdefault(track.id, track)
            brought[playlist.owner_id].add(track.id)
    # In the order of their ids, so that the same candidates make the same playlist.
    return [tracks[i] for i in sorted(tracks)], {member: len(ids) for member, ids in brought.items()}


async def _expected(
    ratings: Ratings, workers: Workers, session: Session, member: int, tracks: Sequence[Track], secret: bytes
) -> tuple[Array, Array]:
    """One member's row of the pool: stars and their standard deviations, NaN unknown.

    Learned for this session alone, from blurred ratings of other tracks and the votes of rounds that are over: so
    nothing that follows from it can tell what the member gave to any candidate, or whether to any. Of who joined
    openly, all ratings count as they are, and those of the candidates stand in their places.
    """
    candidates = {track.id: track for track in tracks}
    rated = await ratings.of(member)
    if member in session.openly:
        learned = {one.track.id: (one.track, float(one.stars)) for one in rated}
    else:
        hidden = candidates.keys() | {round_.track_id for round_ in session.rounds}
        rated = [one for one in rated if one.track.id not in hidden]
        blurring = (member, [one.track.id for one in rated], [one.stars for one in rated], secret)
        given = await asyncio.to_thread(blurred, *blurring)
        learned = {one.track.id: (one.track, stars) for one, stars in zip(rated, given, strict=True)}
    for round_ in settled(session):
        if member in round_.ballots and round_.track_id in candidates:
            learned[round_.track_id] = candidates[round_.track_id], float(round_.ballots[member].stars)
    scales = common([track.scales for track, _ in learned.values()])
    stars, deviations = await workers.run_for(
        member,
        expect_job,
        [comparable(track.features, track.scales, scales) for track, _ in learned.values()],
        [stars for _, stars in learned.values()],
        [comparable(track.features, track.scales, scales) for track in tracks],
    )
    places = {track.id: place for place, track in enumerate(tracks)}
    for rating in rated:
        if rating.track.id in places:
            stars[places[rating.track.id]], deviations[places[rating.track.id]] = rating.stars, 0.0
    return stars, deviations
