"""Lists that are called the same, and what one member's files mean for others; the real client on the sandbox."""

import io

import discord
import pytest
import soundfile

from bot.domain.tracks import TrackSource
from bot.sources.collect import name_of
from bot.sources.files import read_playlist
from cogs.ui.attachments import original_name
from tests.end_to_end.people import button, custom_ids, words
from tests.end_to_end.room import Room
from tests.sources.sounds import music

HEADER = "Track URI,Track Name,Artist Name(s),Tempo,Energy\n"


def songs(*names: str, artist: str = "Queen", tempo: int = 120) -> bytes:
    return (HEADER + "".join(f",{name},{artist},{tempo + i},0.5\n" for i, name in enumerate(names))).encode()


def recording(title: str, artist: str) -> bytes:
    buffer = io.BytesIO()
    with soundfile.SoundFile(buffer, "w", 44_100, 1, format="FLAC") as file:
        file.title, file.artist = title, artist
        file.write(music(bpm=90, seconds=8))
    return buffer.getvalue()


def own(room: Room, who: str) -> int:
    return int(room.human.member(who).id)


async def lists(room: Room, who: str) -> dict[str, list[str]]:
    assert room.bot is not None
    playlists = room.bot.services.playlists
    found = await playlists.of(own(room, who))
    return {one.name: [track.title for track in await playlists.tracks(one.id)] for one in found}


async def test_two_exports_of_one_name_are_both_kept_until_their_owner_says_otherwise(room: Room):
    await room.link("Ada", ("export.csv", songs("Flash", "Innuendo")))
    await room.slash("Ada", "playlist share", playlist="export")
    again = await room.link("Ada", ("export.csv", songs("Flash", "Innuendo", "Jealousy")))
    assert "Updated **export**: 3 tracks" in words(again), "nothing goes, so nobody is asked"
    other = await room.link("Ada", ("export.csv", songs("Dancing Queen", artist="ABBA")))
    assert "Linked **export 2**: 1 track" in words(other)
    assert "with other songs, so both are kept" in words(other)
    both = {"export": ["Flash", "Innuendo", "Jealousy"], "export 2": ["Dancing Queen"]}
    assert await lists(room, "Ada") == both
    replace = button(other, "replace")
    await room.restart()
    done = await room.human.click("Ada", other, replace)
    assert "**export** now holds the new list: 1 track" in words(done)
    assert await lists(room, "Ada") == {"export": ["Dancing Queen"]}
    assert room.bot is not None
    (left,) = await room.bot.services.playlists.of(own(room, "Ada"))
    assert len(left.shared_guild_ids) == 1, "who saw the old one sees the new one"
    await room.human.click("Ada", other, replace)
    assert await lists(room, "Ada") == {"export": ["Dancing Queen"]}, "a second click changes nothing"


@pytest.mark.parametrize(("filename", "title", "name"), [
    ("______.csv", "プレイリスト", "プレイリスト.csv"),
    ("My_mix_.csv", "My mix ♥", "My mix ♥.csv"),
    ("x.csv", "Étude.CSV", "Étude.CSV"),
    ("mix.csv", None, ""),
])  # fmt: skip
def test_a_file_is_called_what_its_sender_calls_it(filename: str, title: str | None, name: str):
    sent = {"id": "1", "filename": filename, "size": 1, "url": "", "proxy_url": ""}
    data = {**sent, **({"title": title} if title else {})}
    state = discord.Client(intents=discord.Intents.none())._connection
    assert original_name(discord.Attachment(data=data, state=state)) == name


def test_a_list_whose_files_name_says_nothing_is_called_by_what_is_on_it():
    assert read_playlist("____.csv", songs("Flash", "Innuendo")).name == "Queen"
    assert read_playlist("__.txt", b"ABBA - SOS\nQueen - Flash\nQueen - Innuendo\nBach - Air").name == "Queen, ABBA"
    assert read_playlist("2024.csv", songs("Flash")).name == "2024"
    assert name_of([TrackSource(title, "Queen", "Innuendo") for title in ("Innuendo", "Delilah")]) == "Innuendo"
    assert name_of([TrackSource("Flash")]) == "Flash"


async def test_nobodys_file_or_recording_changes_what_another_sees(room: Room):
    mine = f"Track URI,Track Name,Artist Name(s),Tempo\nspotify:track:{'A' * 22},Bohemian Rhapsody,Queen,144\n"
    fake = f"Track URI,Track Name,Artist Name(s),Tempo,Energy\nspotify:track:{'A' * 22},HACKED,Ada,20,0.01\n"
    await room.link("Ada", ("before.csv", fake.encode()))
    await room.link("Ben", ("b.csv", mine.encode()))
    card = await room.slash("Ben", "rate start")
    assert "Bohemian Rhapsody" in words(card)
    assert "HACKED" not in words(card)
    await room.link("Ada", ("after.csv", fake.encode()))
    sent = await room.slash("Ada", "playlist upload", file=("q.flac", recording("Bohemian Rhapsody", "Queen")))
    assert "Heard 1 of 1" in await room.last_word("Ada", sent, 60)
    assert not any(one.startswith("earmark:lend") for one in custom_ids(room.message("Ada", sent["id"])))
    assert room.bot is not None
    (track,) = await room.bot.services.playlists.visible_tracks(own(room, "Ben"), None)
    assert (track.title, track.artist, track.features) == ("Bohemian Rhapsody", "Queen", {"tempo": 144.0})


async def test_a_recording_lends_its_sound_by_a_click_and_for_its_owner_alone(room: Room):
    for who in ("Ada", "Ben"):
        await room.link(who, ("mine.csv", b"Track Name,Artist Name(s)\nDemo,The Band\nOther,The Band\n"))
    sent = await room.slash("Ada", "playlist upload", file=("q.flac", recording("Demo", "The Band")))
    assert "are called the same" in (await room.last_word("Ada", sent, 60))
    card = room.message("Ada", sent["id"])
    assert room.bot is not None
    playlists = room.bot.services.playlists
    (demo, _) = await playlists.tracks((await playlists.of(own(room, "Ada")))[0].id)
    assert demo.features == {}
    said = await room.human.click("Ada", card, button(card, "lend"))
    assert "now sounds as your recording does" in words(said)
    assert (await playlists.track(demo.id, own(room, "Ada"))).features["tempo"] == pytest.approx(90, abs=3)
    assert (await playlists.track(demo.id, own(room, "Ben"))).features == {}
