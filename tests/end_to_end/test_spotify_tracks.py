"""How tracks sound and which they are: from files, ReccoBeats, Spotify, and by what people type."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.end_to_end.outside import Outside, outside_of
from tests.end_to_end.people import playlist_csv, words
from tests.fakes.spotify import isrc, spotify_id, track
from tests.openapi import DiscordSpec
from tests.spotify_spec import SpotifySpec


async def test_a_file_is_completed_and_says_from_where(outside: Outside):
    rows = ["Track URI,Track Name,Artist Name(s),Energy,Tempo"]
    for i in range(98):
        energy = f"0.{i},120" if i < 60 else ","
        rows.append(f"spotify:track:{spotify_id(i)},Song {i},Artist,{energy}")
    for i in range(50, 91):
        outside.recco.knows(spotify_id(i))
    answer = await outside.room.link("Ada", ("Mine.csv", "\n".join(rows).encode()))
    assert "Features for 91 of 98: 60 from the file, 31 from ReccoBeats. 7 unknown" in words(answer)


async def test_a_playlist_is_linked_even_if_nobody_says_how_it_sounds(outside: Outside):
    await outside.connect("Ada", "ada")
    outside.recco.faults.add("500", times=99)
    said = await outside.link("Ada", url=outside.playlist())
    assert "20 tracks, features for 0" in said
    assert "ReccoBeats is not answering" in said


async def train(outside: Outside, who: str) -> None:
    """Link a file and rate enough of it to be known."""
    bot = outside.room.bot
    await outside.room.link(who, ("Mine.csv", playlist_csv(tracks=14)))
    person = int(outside.room.human.member(who).id)
    for place, one in enumerate(await bot.services.playlists.visible_tracks(person, None)):
        await bot.services.ratings.rate(person, one.id, 1 + place % 10)
    await outside.room.slash(who, "retrain")


async def test_tracks_that_nobody_linked_are_found_measured_and_predicted(outside: Outside):
    await train(outside, "Ada")
    outside.spotify.catalogue([track(i, name=f"Tune {'xyz'[i]}") for i in range(3)])
    outside.spotify.catalogue([track(100, name="Tune y", external_ids={"isrc": isrc(1)})])
    outside.recco.knows(spotify_id(0))
    outside.recco.knows(spotify_id(77), isrc(1))

    async def ask(asked: str) -> str:
        return await outside.room.last_word("Ada", await outside.room.slash("Ada", "predict track", track=asked))

    said = await ask(f"https://open.spotify.com/intl-de/track/{spotify_id(0)}?si=1")
    assert "**Tune x**" in said
    assert "# " in said
    assert "(" in said
    by_code = await ask(isrc(1))
    assert "**Tune y**" in by_code
    assert "# " in by_code
    assert (await ask(f"spotify:track:{spotify_id(100)}")) == by_code, "the same recording under another id"
    assert "I don't know how **Tune z**" in await ask(f"spotify:track:{spotify_id(2)}")
    assert "**Tune x**" in await ask("Artist 0 - Tune x")
    assert "can't find" in await ask("Nobody - Nothing at all")
    assert "no such track" in await ask(f"spotify:track:{'0' * 22}")
    with closing(sqlite3.connect(outside.room.config.database)) as database, database:
        title = "json_extract(facts, '$.title')"
        said = database.execute(f"SELECT {title}, track_id FROM track_values WHERE {title} LIKE 'Tune%' ORDER BY 1")
        titles = [title for title, _ in said.fetchall()]
    assert titles == ["Tune x", "Tune y", "Tune z"], "one track each"
    asked = len(outside.recco.exchanges)
    await ask(f"spotify:track:{spotify_id(2)}")
    assert len(outside.recco.exchanges) == asked, "not asked again for what it did not know"


async def test_a_doubtful_match_says_so(outside: Outside):
    await train(outside, "Ada")
    outside.spotify.catalogue([track(1, name="Tune of the morning")])
    outside.recco.knows(spotify_id(1))
    answer = await outside.room.slash("Ada", "predict track", track="Artist 1 - Tune of the")
    said = await outside.room.last_word("Ada", answer)
    assert "closest that Spotify has" in said
    assert "**Tune of the morning**" in said


async def test_predict_this_track_on_a_message_with_a_link(outside: Outside):
    await train(outside, "Ada")
    outside.spotify.catalogue([track(1)])
    outside.recco.knows(spotify_id(1))
    message = await outside.room.human.say("Ben", "general", f"try https://open.spotify.com/track/{spotify_id(1)} !")
    answer = await outside.room.human.message_command("Ada", "general", "Predict this track", message)
    assert "**Song 1**" in await outside.room.last_word("Ada", answer)


@pytest.mark.parametrize(("mode", "known"), [("extended", 20), ("old", 0)])
async def test_spotifys_own_features_only_where_the_operator_opted_in(
    tmp_path: Path, discord_spec: DiscordSpec | None, spotify_spec: SpotifySpec | None, mode: str, known: int
):
    named = ("file", "spotify")
    async with outside_of(tmp_path, discord_spec, spotify_spec, features=named) as outside:
        outside.spotify.mode = mode
        said = await outside.link("Ada", url=outside.playlist(owner="ben"))
        assert f"20 tracks, features for {known}" in said
        assert ("20 from Spotify" in said) is bool(known)
        playlists = outside.room.bot.services.playlists
        (linked,) = await playlists.of(int(outside.room.human.member("Ada").id))
        (one, *_) = await playlists.tracks(linked.id)
        assert {name: one.features.get(name) for name in ("timbre_3", "key_changes", "mean_mode")} == (
            {"timbre_3": 4.5, "key_changes": 2, "mean_mode": pytest.approx(1 / 3)}
            if known
            else {"timbre_3": None, "key_changes": None, "mean_mode": None}
        )
        assert ("energy" in one.features) is bool(known)
        await outside.link("Ben", url=outside.playlist(2, owner="ben", tracks=30))
        if not known:
            assert outside.spotify.asked("audio-") == 1, "a single probe"
        assert not outside.recco.exchanges


async def test_what_spotify_said_before_its_quota_ended_is_kept(
    tmp_path: Path, discord_spec: DiscordSpec | None, spotify_spec: SpotifySpec | None
):
    async with outside_of(tmp_path, discord_spec, spotify_spec, features=("file", "spotify")) as outside:
        outside.spotify.mode = "extended"
        outside.spotify.faults.add("429", path="/audio-analysis", after=5, retry_after="36000", times=99)
        said = await outside.link("Ada", url=outside.playlist(owner="ben"))
        assert "20 tracks, features for 20" in said


async def test_by_default_spotify_is_asked_for_no_feature(outside: Outside):
    outside.spotify.mode = "extended"
    await outside.link("Ada", url=outside.playlist(owner="ben"))
    assert outside.spotify.asked("audio-") == 0


async def test_scales_are_not_mixed_and_the_report_says_so(outside: Outside):
    await outside.room.link("Ada", ("Mine.csv", playlist_csv(tracks=14)))
    outside.spotify.mode = "old"
    for i in range(5):
        outside.recco.knows(spotify_id(i))
    await outside.link("Ada", url=outside.playlist(owner="ben", tracks=5))
    bot, person = outside.room.bot, int(outside.room.human.member("Ada").id)
    for place, one in enumerate(await bot.services.playlists.visible_tracks(person, None)):
        await bot.services.ratings.rate(person, one.id, 1 + place % 10)
    said = words(await outside.room.slash("Ada", "retrain"))
    assert "19 ratings" in said
    assert "Of 5 rated tracks I used tempo, key and loudness alone" in said


async def test_pasted_names_are_found_and_doubtful_ones_are_asked_about(outside: Outside):
    outside.spotify.catalogue([track(1, name="Sunrise"), track(2, name="Sunset over the long river"), track(3)])
    for i in (1, 2):
        outside.recco.knows(spotify_id(i))
    opened = await outside.room.slash("Ada", "playlist link")
    lines = opened["modal"]["components"][1]["component"]["custom_id"]
    pasted = "Artist 1 - Sunrise\nArtist 2 - Sunset over the\nNobody - Nothing at all"
    answer = await outside.room.human.modal("Ada", opened, {lines: pasted})
    said = await outside.room.last_word("Ada", answer)
    assert "1 found, 1 doubtful, below, 1 not there" in said
    assert "3 tracks, features for 1" in said
    shown = outside.room.message("Ada", answer["id"])
    (choice,) = shown["components"][0]["components"]
    (option,) = choice["options"]
    assert option["label"] == "Artist 2 - Sunset over the long river"
    assert "% for: Artist 2 - Sunset over the" in option["description"]
    taken = await outside.room.human.select("Ada", shown, choice["custom_id"], [option["value"]])
    assert "Taken over: 1 track. Now I know how 1 more sounds." in await outside.room.last_word("Ada", taken)
    assert "features for 2" in words(await outside.room.slash("Ada", "playlist list"))


async def test_a_choice_that_is_gone_from_spotify_does_not_lose_the_others(outside: Outside):
    outside.spotify.catalogue([track(i, name=f"Sunset number {i} over the long river") for i in (1, 2)])
    lines = b"Artist 1 - Sunset number 1 over\nArtist 2 - Sunset number 2 over"
    answer = await outside.room.link("Ada", ("names.txt", lines))
    shown = outside.room.message("Ada", answer["id"])
    (choice,) = shown["components"][0]["components"]
    chosen = [option["value"] for option in choice["options"]]
    assert len(chosen) == 2
    del outside.spotify.tracks[spotify_id(1)]
    taken = await outside.room.human.select("Ada", shown, choice["custom_id"], chosen)
    assert "Taken over: 1 track" in await outside.room.last_word("Ada", taken)


@pytest.mark.parametrize("names_first", [True, False])
async def test_a_name_and_a_link_to_one_recording_become_one_track(outside: Outside, names_first: bool):
    outside.spotify.mode = "old"
    url = outside.playlist(owner="ben", tracks=3)
    outside.spotify.catalogue([track(50, name="Song 1", artists=track(1)["artists"], external_ids={"isrc": isrc(1)})])
    if not names_first:
        await outside.link("Ada", url=url)
    answer = await outside.room.link("Ada", ("names.txt", b"Artist 1 - Song 1 (Live)\n"))
    person = int(outside.room.human.member("Ada").id)
    playlists, ratings = outside.room.bot.services.playlists, outside.room.bot.services.ratings
    assert "1 track" in words(answer)
    await outside.link("Ada", url=url)
    assert len(await playlists.visible_tracks(person, None)) == 3
    (mine,) = [one for one in await playlists.visible_tracks(person, None) if one.isrc == isrc(1)]
    await ratings.rate(person, mine.id, 9)
    assert await ratings.stars(person) == {mine.id: 9}
