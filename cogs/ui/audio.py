"""Audio files that members send: told by their names, fetched with bounds, handed to the flow."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePath

import discord

from bot.domain.errors import AudioTooLarge, AudioUnfetched, NotYourCard, UnknownTrack
from bot.domain.tracks import Track
from bot.flow.sent import Sent
from bot.flow.upload import listen, upload
from bot.sources.audio import SUFFIXES
from bot.sources.uploads import MAX_BYTES
from cogs.ui import text_audio
from cogs.ui.access import allow, services
from cogs.ui.attachments import sent
from cogs.ui.deliver import deliver, tell
from cogs.ui.errors import say
from cogs.ui.items import LastingItem, LastingView

MOST_FILES = 10
MOST_TWINS = 10  # buttons


def is_audio(file: discord.Attachment) -> bool:
    return PurePath(file.filename).suffix.lower() in SUFFIXES or (file.content_type or "").startswith("audio/")


async def upload_files(interaction: discord.Interaction, files: Sequence[discord.Attachment], name: str | None) -> None:
    """Store what is heard in a deferred interaction's files, and say it."""
    s = services(interaction)
    allow(interaction, "upload", len(files))
    await tell(interaction, text_audio.listening(len(files)))
    async with s.workers.only_one("listening", interaction.user.id):
        waiting = [_sent(file) for file in files]
        outcome = await upload(s.playlists, s.uploads, s.workers, interaction.user.id, waiting, name)
    view = LastingView()
    for recording_id, track in outcome.twins[:MOST_TWINS]:
        custom_id = f"earmark:lend:{interaction.user.id}:{recording_id}:{track.id}"
        view.add_item(discord.ui.Button(label=text_audio.lend(track), custom_id=custom_id))
    await deliver(interaction, content=text_audio.uploaded(outcome), view=view)


class LendButton(LastingItem, template=r"earmark:lend:(?P<owner>\d{1,20}):(?P<recording>\d{1,19}):(?P<track>\d{1,19})"):
    """Takes the sound of a member's recording for a track of the same name on their lists."""

    async def act(self, interaction: discord.Interaction) -> None:
        user, s = interaction.user.id, services(interaction)
        if user != self.number("owner"):
            raise NotYourCard(owner_id=self.number("owner"))
        track = await s.playlists.visible_track(user, None, self.number("track"))
        if not await s.playlists.lend(user, self.number("recording"), track.id):
            raise UnknownTrack(asked="that recording")
        await say(interaction, text_audio.lent(track))


async def listen_to(interaction: discord.Interaction, file: discord.Attachment) -> Track:
    """What is heard in a file, without storing it; raises AudioError, Busy."""
    s = services(interaction)
    allow(interaction, "upload")
    async with s.workers.only_one("listening", interaction.user.id):
        return await listen(s.workers, interaction.user.id, _sent(file))


def _sent(file: discord.Attachment) -> Sent:
    """A file that is fetched when its turn has come; one that is too large is not fetched."""
    whole = sent(file, AudioUnfetched(name=file.filename))

    async def fetch() -> bytes:
        if file.size > MAX_BYTES:
            raise AudioTooLarge(name=file.filename, size=file.size, limit=MAX_BYTES)
        return await whole.fetch()

    return replace(whole, fetch=fetch)
