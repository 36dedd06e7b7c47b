"""Predict: model and tracks become ranked predictions with ranges and reasons."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from bot.domain.errors import NotTrained, UnknownTrack
from bot.domain.features import NAMES, clean
from bot.domain.names import MAX_NAME, search_fold
from bot.domain.ratings import MIN_RATINGS
from bot.domain.scales import comparable
from bot.domain.taste import ByOthers, ItemEffect, Prediction, WhatIf
from bot.domain.tracks import Track
from bot.flow.jobs import Turn, predict_job
from bot.flow.workers import Workers
from bot.taste.others import item_effects, others
from storage.models import Models
from storage.playlists import Playlists
from storage.ratings import Ratings
from storage.sharing import Shares

TRACK_LINK = re.compile("track[/:]([0-9A-Za-z]{22})")
LINES = 5  # of a text that may each name a track
TELLING = 5  # letters of a title that is looked for in a sentence: "It" and "You" are words first
WORDS = 800  # of a sentence in which a title is looked for
WORDS_OF_TITLE = 20


@dataclass(frozen=True, slots=True)
class Ranked:
    """A playlist in the order in which its listener would like it, best first; unknown tracks stand last."""

    name: str
    playlist_id: int
    predictions: Sequence[Prediction]
    trained_on: int  # ratings


async def predict_tracks(
    ratings: Ratings,
    models: Models,
    workers: Workers,
    listener_id: int,
    tracks: Sequence[Track],
    *,
    explain: bool,
    shares: Shares | None = None,
    guild_id: int | None = None,
    turn: Turn | None = None,
) -> list[Prediction]:
    """Predict what the listener would give to each track, in the order of `tracks`.

    With `shares`, what others who share here gave counts as far as the listener was found to follow them. `turn` is a
    change that is asked about, beside those that are offered with every explanation.

    Raises:
        NotTrained: no model is stored for this listener.

    """
    stored = await models.load(listener_id)
    stars = await ratings.stars(listener_id)
    if stored is None:
        raise NotTrained(rated=len(stars), need=MIN_RATINGS)
    arrays, meta, report = stored
    scales: dict[str, str] = meta.get("scales", {})  # type: ignore[assignment]
    rows = [comparable(track.features, track.scales, scales) for track in tracks]
    learned: list[int] = meta.get("tracks", [])
    given: list[int] = meta.get("stars", [])
    rated = await _named(ratings, listener_id, learned, given) if explain else []
    asked = [track.id for track in tracks]
    effects = {} if shares is None else await _said_by_others(shares, listener_id, guild_id, asked)
    company = others(effects, learned, given, asked)
    answers = await workers.run_for(listener_id, predict_job, arrays, meta, rows, rated, explain, company, turn)
    return [
        Prediction(
            track=track,
            stars=answer.stars,
            low=answer.low,
            high=answer.high,
            verdict=report.verdict,
            rated=stars.get(track.id),
            reasons=[reason for reason in answer.reasons if reason.title],
            effects=answer.effects,
            what_if=answer.what_if,
            others=None if added is None else ByOthers(effects[track.id].raters, added),
            changes=answer.changes,
        )
        for track, answer in zip(tracks, answers, strict=True)
        for added in (answer.by_others,)
    ]


async def _named(
    ratings: Ratings, listener_id: int, learned: Sequence[int], given: Sequence[int]
) -> list[tuple[str, str, int]]:
    """What the learned tracks are called now, and what was given then; no title where the rating was taken back."""
    now = {rating.track.id: rating.track for rating in await ratings.of(listener_id)}
    then = zip_longest(learned, given, fillvalue=0)  # models of version 0.1.0 did not note the tracks
    return [(now[i].title, now[i].artist, stars) if i in now else ("", "", stars) for i, stars in then]


async def _said_by_others(
    shares: Shares, listener_id: int, guild_id: int | None, asked: Sequence[int]
) -> Mapping[int, ItemEffect]:
    gave = await shares.gave(listener_id, guild_id, asked)
    return await asyncio.to_thread(item_effects, gave, await shares.secret()) if gave else {}


async def what_if(
    ratings: Ratings,
    models: Models,
    workers: Workers,
    listener_id: int,
    track: Track,
    chosen: str,
    *,
    shares: Shares,
    guild_id: int | None,
) -> tuple[Prediction, WhatIf | None]:
    """Predict a track as it is, and with one feature turned: `chosen` is such as "tempo=140".

    None where that feature is not known of the track any more, or where it is no value that can be believed.

    Raises:
        NotTrained: no model is stored for this listener.

    """
    feature, _, text = chosen.partition("=")
    value = clean({feature: text})[0].get(feature) if feature in NAMES else None
    turn = None if value is None else (feature, value)
    (prediction,) = await predict_tracks(
        ratings, models, workers, listener_id, [track], explain=True, shares=shares, guild_id=guild_id, turn=turn
    )
    found = next((one for one in prediction.changes if (one.feature, one.value) == turn), None)
    return prediction, found


async def predict_playlist(
    playlists: Playlists,
    ratings: Ratings,
    models: Models,
    workers: Workers,
    listener_id: int,
    guild_id: int | None,
    playlist_id: int,
    shares: Shares | None = None,
) -> Ranked:
    """Rank a playlist for the listener; raise UnknownPlaylist or NotTrained."""
    playlist = await playlists.get(playlist_id, listener_id, guild_id)
    tracks = await playlists.tracks(playlist.id, listener_id)
    predictions = await predict_tracks(
        ratings, models, workers, listener_id, tracks, explain=False, shares=shares, guild_id=guild_id
    )
    stored = await models.load(listener_id)
    ranked = sorted(predictions, key=lambda p: (p.stars is None, -(p.stars or 0.0)))
    return Ranked(playlist.name, playlist.id, ranked, stored[2].ratings if stored else 0)


async def track_named(playlists: Playlists, listener_id: int, guild_id: int | None, text: str) -> Track:
    """Find the visible track that a text means: a Spotify track link or URI, `Artist - Title`, or a title.

    Raises:
        UnknownTrack: no visible track fits.

    """
    link = TRACK_LINK.search(text)
    if link:
        track = await playlists.of_spotify(listener_id, guild_id, link[1])
        if track is None:
            raise UnknownTrack(asked=link[0])
        return track
    for line in [line.strip() for line in text.splitlines() if search_fold(line)][:LINES]:
        artist, dash, title = line.partition(" - ")
        exact = {search_fold(line), search_fold(title)} if dash else {search_fold(line)}
        found = await playlists.search(listener_id, guild_id, line, limit=100)
        if not found and dash:
            named = await playlists.search(listener_id, guild_id, title, limit=100)
            found = [track for track in named if search_fold(artist) in search_fold(track.artist)]
        if found:
            # Of several whose names hold these words, the one that is called so, else the shortest name.
            return min(found, key=lambda track: (search_fold(track.title) not in exact, len(track.title)))
    named = await _named_within(playlists, listener_id, guild_id, text)
    if named is None:
        raise UnknownTrack(asked=text[:80])
    return named


async def _named_within(playlists: Playlists, listener_id: int, guild_id: int | None, text: str) -> Track | None:
    """The track whose title stands in a sentence, whole; of several the longest, then one whose artist is named too."""
    words = search_fold(text).split()[:WORDS]
    parts = {" ".join(words[i:end]) for i in range(len(words)) for end in range(i + 1, i + 1 + WORDS_OF_TITLE)}
    titles = [part for part in parts if TELLING <= len(part) <= MAX_NAME]
    found = await playlists.titled(listener_id, guild_id, titles)
    sentence = f" {' '.join(words)} "

    def telling(track: Track) -> tuple[int, bool, int]:
        return len(search_fold(track.title)), f" {search_fold(track.artist)} " in sentence, -track.id

    return max(found, key=telling, default=None)
