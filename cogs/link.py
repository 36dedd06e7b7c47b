"""Link: `/playlist` brings tracks in, shows, shares and drops them."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.errors import FileTooLarge, UnknownPlaylist
from bot.flow.link import link_catalogue, link_file, link_text
from bot.flow.upload import PLAYLIST
from cogs.ui import pick, text, text_audio
from cogs.ui.access import allow, private, services
from cogs.ui.audio import MOST_FILES, is_audio, upload_files
from cogs.ui.items import LastingModal

MAX_BYTES = 10_000_000


async def link_attachment(interaction: discord.Interaction, file: discord.Attachment, name: str | None) -> None:
    """Link a playlist file, or take an audio file for what it is, and say what came of it."""
    if is_audio(file):
        await upload_files(interaction, [file], name)
        return
    if file.size > MAX_BYTES:
        raise FileTooLarge(name=file.filename, size=file.size, limit=MAX_BYTES, unit="bytes")
    allow(interaction, "link")
    await interaction.edit_original_response(content=text.reading(file.filename))
    s = services(interaction)
    data = await file.read()
    outcomes = await link_file(s.playlists, s.questions, interaction.user.id, file.filename, data, name)
    await interaction.edit_original_response(content=text.linked(outcomes))


class LinkModal(LastingModal, title="Link a playlist"):
    """Asks for a file or for pasted lines."""

    file = discord.ui.Label(
        text="A playlist file",
        description="CSV, JSON or text: Exportify, TuneMyMusic, Soundiiz, Spotify account data …",
        component=discord.ui.FileUpload(custom_id="file", required=False, min_values=0, max_values=1),
    )
    lines = discord.ui.Label(
        text="Or paste songs, one a line",
        description="Track links, or Artist - Title",
        component=discord.ui.TextInput(
            custom_id="lines", style=discord.TextStyle.paragraph, required=False, max_length=4000
        ),
    )
    name = discord.ui.Label(
        text="Name of the playlist",
        component=discord.ui.TextInput(custom_id="name", required=False, max_length=80),
    )

    def __init__(self) -> None:
        super().__init__(custom_id="earmark:link")

    async def act(self, interaction: discord.Interaction) -> None:
        assert isinstance(self.file.component, discord.ui.FileUpload)
        assert isinstance(self.lines.component, discord.ui.TextInput)
        assert isinstance(self.name.component, discord.ui.TextInput)
        files, lines = self.file.component.values, self.lines.component.value.strip()
        name = self.name.component.value.strip() or None
        if not files and not lines:
            await interaction.response.send_message(text.NO_FILE_NO_TEXT, ephemeral=private(interaction))
            return
        await interaction.response.defer(ephemeral=private(interaction), thinking=True)
        if files:
            await link_attachment(interaction, files[0], name)
            return
        allow(interaction, "link")
        s = services(interaction)
        outcomes = await link_text(s.playlists, s.questions, interaction.user.id, lines, name)
        await interaction.edit_original_response(content=text.linked(outcomes))


class UploadModal(LastingModal, title="Upload your own recordings"):
    """Asks for audio files."""

    files = discord.ui.Label(
        text="Up to ten audio files",
        description="WAV, FLAC, OGG or MP3, up to 15 minutes each",
        component=discord.ui.FileUpload(custom_id="files", min_values=1, max_values=MOST_FILES),
    )
    name = discord.ui.Label(
        text="Name of the playlist",
        description="An existing one gets longer",
        component=discord.ui.TextInput(custom_id="name", required=False, max_length=80, placeholder=PLAYLIST),
    )

    def __init__(self) -> None:
        super().__init__(custom_id="earmark:upload")

    async def act(self, interaction: discord.Interaction) -> None:
        assert isinstance(self.files.component, discord.ui.FileUpload)
        assert isinstance(self.name.component, discord.ui.TextInput)
        files, name = list(self.files.component.values), self.name.component.value.strip() or None
        if not files:
            await interaction.response.send_message(text_audio.NO_FILES, ephemeral=private(interaction))
            return
        await interaction.response.defer(ephemeral=private(interaction), thinking=True)
        await upload_files(interaction, files, name)


class Link(commands.GroupCog, group_name="playlist", group_description="Link, list, share and unlink playlists"):
    @app_commands.command(description="Link a playlist: upload a file, or paste songs")
    @app_commands.describe(
        file="A playlist file; leave it out to paste songs instead",
        catalogue="No file at hand? Music that comes with the bot",
        name="What to call it",
    )
    @app_commands.choices(catalogue=[app_commands.Choice(name=text.CATALOGUE, value="bach")])
    async def link(
        self,
        interaction: discord.Interaction,
        file: discord.Attachment | None = None,
        catalogue: str | None = None,
        name: app_commands.Range[str, 1, 80] | None = None,
    ) -> None:
        if file is None and catalogue is None:
            await interaction.response.send_modal(LinkModal())
            return
        await interaction.response.defer(ephemeral=private(interaction), thinking=True)
        if file is not None:
            await link_attachment(interaction, file, name)
            return
        allow(interaction, "link")
        s = services(interaction)
        outcomes = await link_catalogue(s.playlists, s.questions, interaction.user.id, name)
        await interaction.edit_original_response(content=text.linked(outcomes))

    @app_commands.command(description="Upload your own recordings: I listen to them, and you can rate and predict them")
    @app_commands.describe(file="An audio file; leave it out to send up to ten at once", name="A playlist for them")
    async def upload(
        self,
        interaction: discord.Interaction,
        file: discord.Attachment | None = None,
        name: app_commands.Range[str, 1, 80] | None = None,
    ) -> None:
        if file is None:
            await interaction.response.send_modal(UploadModal())
            return
        await interaction.response.defer(ephemeral=private(interaction), thinking=True)
        await upload_files(interaction, [file], name)

    @app_commands.command(name="list", description="The playlists that you can see here")
    async def list_(self, interaction: discord.Interaction) -> None:
        visible = await services(interaction).playlists.visible(interaction.user.id, interaction.guild_id)
        own = [playlist for playlist in visible if playlist.owner_id == interaction.user.id]
        others = [playlist for playlist in visible if playlist.owner_id != interaction.user.id]
        await interaction.response.send_message(text.playlists(own, others), ephemeral=private(interaction))

    @app_commands.command(description="Remove a playlist of yours; your ratings stay")
    @app_commands.autocomplete(playlist=pick.own_playlist_choices)
    async def unlink(self, interaction: discord.Interaction, playlist: str) -> None:
        s = services(interaction)
        playlist_id = await self._own(interaction, playlist)
        gone = await s.playlists.unlink(interaction.user.id, playlist_id)
        s.questions.forget(gone.owner_id, gone.shared_guild_ids)
        await interaction.response.send_message(text.unlinked(gone), ephemeral=private(interaction))

    @app_commands.command(description="Let everybody in this server rate a playlist of yours")
    @app_commands.describe(playlist="Which one", stop="Take it back")
    @app_commands.autocomplete(playlist=pick.own_playlist_choices)
    async def share(self, interaction: discord.Interaction, playlist: str, stop: bool = False) -> None:
        if interaction.guild_id is None:
            await interaction.response.send_message(text.SHARE_IN_SERVER, ephemeral=private(interaction))
            return
        s = services(interaction)
        playlist_id = await self._own(interaction, playlist)
        shared = await s.playlists.share(interaction.user.id, playlist_id, interaction.guild_id, not stop)
        s.questions.forget(shared.owner_id, {interaction.guild_id})
        await interaction.response.send_message(text.shared(shared, not stop), ephemeral=private(interaction))

    async def _own(self, interaction: discord.Interaction, value: str) -> int:
        for playlist in await services(interaction).playlists.of(interaction.user.id):
            if value == f"{pick.ID}{playlist.id}" or value.casefold() == playlist.name.casefold():
                return playlist.id
        raise UnknownPlaylist(asked=value)


async def setup(bot: commands.Bot) -> None:
    for form in (LinkModal(), UploadModal()):
        bot.add_view(form)
    await bot.add_cog(Link())
