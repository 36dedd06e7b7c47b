"""Link: `/playlist` brings tracks in, shows, shares and drops them."""

import time

import discord
from discord import app_commands
from discord.ext import commands

from bot.domain.errors import FileTooLarge, FileUnfetched, NotYourCard, UnknownPlaylist
from bot.domain.tracks import LinkedPlaylist, sent_id
from bot.flow.link import link_catalogue, link_file, link_text
from bot.flow.match import Doubtful, confirm, match
from bot.flow.outside import fill, link_spotify, measure
from bot.flow.upload import PLAYLIST
from bot.sources.spotify_links import SpotifyLink, is_link, own, parse
from cogs.ui import pick, text, text_audio, text_commands, text_link, text_spotify
from cogs.ui.access import allow, private, services
from cogs.ui.attachments import original_name, sent
from cogs.ui.audio import MOST_FILES, LendButton, is_audio, upload_files
from cogs.ui.deliver import deliver, tell
from cogs.ui.errors import say
from cogs.ui.items import LastingItem, LastingModal, LastingView

MAX_BYTES = 10_000_000
MOST_REPLACED = 5  # buttons in a row
BREATH = 1.5  # seconds between two edits of one answer


async def link_attachment(interaction: discord.Interaction, file: discord.Attachment, name: str | None) -> None:
    """Link a playlist file, or take an audio file for what it is, and say what came of it."""
    if is_audio(file):
        await upload_files(interaction, [file], name)
        return
    if file.size > MAX_BYTES:
        raise FileTooLarge(name=file.filename, size=file.size, limit=MAX_BYTES, unit="bytes")
    allow(interaction, "link")
    await tell(interaction, text.reading(original_name(file) or file.filename))
    s = services(interaction)
    waiting = sent(file, FileUnfetched(name=file.filename))
    outcomes = await link_file(s.playlists, s.workers, interaction.user.id, waiting, name)
    await _finish(interaction, outcomes)


class _Telling:
    """Edits the answer while work goes on, not more often than Discord likes."""

    def __init__(self, interaction: discord.Interaction) -> None:
        self._interaction = interaction
        self._next = time.monotonic() + BREATH

    async def progress(self, done: int, total: int) -> None:
        if time.monotonic() >= self._next:
            await self._say(text_spotify.reading_spotify(done, total))

    async def waiting(self, seconds: int) -> None:
        if time.monotonic() >= self._next or seconds > BREATH:
            await self._say(text_spotify.waiting(seconds))

    async def matching(self, done: int, total: int) -> None:
        if time.monotonic() >= self._next:
            await self._say(text_link.matching(done, total))

    async def measuring(self, tracks: int) -> None:
        if time.monotonic() >= self._next:
            await self._say(text_spotify.measuring(tracks))

    async def _say(self, words: str) -> None:
        self._next = time.monotonic() + BREATH
        await tell(self._interaction, words)


async def _link_url(interaction: discord.Interaction, url: str, name: str | None) -> LinkedPlaylist:
    link, s = parse(url), services(interaction)
    if link.kind == "track" and s.outside.spotify is None:  # it can be rated, and asked for, by its id alone
        return (await link_text(s.playlists, interaction.user.id, url, name))[0]
    return await _link_spotify(interaction, link, name)


async def _link_spotify(interaction: discord.Interaction, link: SpotifyLink, name: str | None) -> LinkedPlaylist:
    s, telling = services(interaction), _Telling(interaction)
    async with s.workers.only_one("reading", interaction.user.id):
        return await link_spotify(
            s.outside,
            s.playlists,
            interaction.user.id,
            link,
            name,
            progress=telling.progress,
            waiting=telling.waiting,
        )


async def _finish(interaction: discord.Interaction, outcomes: list[LinkedPlaylist]) -> None:
    """Find what has names only, let services say how the new tracks sound, then tell what was linked."""
    s, telling = services(interaction), _Telling(interaction)
    user = interaction.user.id
    matches = [
        await match(s.outside, s.playlists, user, one, telling.matching, telling.waiting)
        for one in outcomes
        if one.playlist.kind != "spotify"
    ]
    outcomes = await fill(s.outside, outcomes, measuring=telling.measuring, waiting=telling.waiting)
    found = [one for one in matches if one is not None]
    words = text_link.linked(outcomes, found)
    doubtful = [one for match_ in found for one in match_.doubtful][:25]
    view = LastingView()
    for one in [one for one in outcomes if one.namesake is not None][:MOST_REPLACED]:
        assert one.namesake is not None
        custom_id = f"earmark:replace:{user}:{one.playlist.id}:{one.namesake.id}"
        view.add_item(discord.ui.Button(label=text_link.replace_it(one.namesake), custom_id=custom_id, row=0))
    if doubtful:
        view.add_item(_doubts(user, doubtful))
    await deliver(interaction, content=words, view=view)


def _doubts(user_id: int, doubtful: list[Doubtful]) -> discord.ui.Select[LastingView]:
    """Let a member choose which of the doubtful finds are what was meant."""
    options = [
        discord.SelectOption(
            label=text.bare(text_link.candidate(one)),
            description=text.bare(text_link.asked(one)),
            value=f"{one.track_id}:{one.candidate.spotify_id}",
        )
        for one in doubtful
    ]
    return discord.ui.Select(
        custom_id=f"earmark:match:{user_id}",
        placeholder=text_link.WHICH,
        options=options,
        min_values=1,
        max_values=len(options),
        row=1,
    )


class ReplaceButton(LastingItem, template=r"earmark:replace:(?P<owner>\d{1,20}):(?P<new>\d{1,19}):(?P<old>\d{1,19})"):
    """Lets a list that was just linked take the place of one that was called so before."""

    async def act(self, interaction: discord.Interaction) -> None:
        user, s = interaction.user.id, services(interaction)
        if user != self.number("owner"):
            raise NotYourCard(owner_id=self.number("owner"))
        replaced = await s.playlists.replace(user, self.number("new"), self.number("old"))
        await say(interaction, text_link.replaced(replaced))


class MatchSelect(LastingItem, template=r"earmark:match:(?P<owner>\d{1,20})"):
    """Takes a member's word for doubtful finds."""

    async def act(self, interaction: discord.Interaction) -> None:
        if interaction.user.id != self.number("owner"):
            raise NotYourCard(owner_id=self.number("owner"))
        assert isinstance(self.item, discord.ui.Select)
        pairs = [value.split(":", 1) for value in self.item.values]
        allow(interaction, "link")
        await interaction.response.defer(ephemeral=private(interaction), thinking=True)
        s = services(interaction)
        user = interaction.user.id
        done = await confirm(s.outside, s.playlists, user, [(sent_id(track_id), name) for track_id, name in pairs])
        known = 0
        for playlist in await s.playlists.of(user):
            lacking = await s.outside.features.coverage(playlist.id)
            if lacking.unknown:
                await measure(s.outside, user, playlist_id=playlist.id)
                known += lacking.unknown - (await s.outside.features.coverage(playlist.id)).unknown
        await deliver(interaction, content=text_link.confirmed(done, known))


class LinkModal(LastingModal, title=text_commands.LINK_FORM):
    """Asks for a file or for pasted lines."""

    file = discord.ui.Label(
        text=text_commands.LINK_FORM_FILE,
        description=text_commands.LINK_FORM_KINDS,
        component=discord.ui.FileUpload(custom_id="file", required=False, min_values=0, max_values=1),
    )
    lines = discord.ui.Label(
        text=text_commands.LINK_FORM_LINES,
        description=text_commands.LINK_FORM_LINE,
        component=discord.ui.TextInput(
            custom_id="lines", style=discord.TextStyle.paragraph, required=False, max_length=4000
        ),
    )
    name = discord.ui.Label(
        text=text_commands.FORM_NAME,
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
            await interaction.response.send_message(text.no_file_no_text(), ephemeral=private(interaction))
            return
        await interaction.response.defer(ephemeral=private(interaction), thinking=True)
        if files:
            await link_attachment(interaction, files[0], name)
            return
        allow(interaction, "link")
        if "\n" not in lines and is_link(lines):
            outcomes = [await _link_url(interaction, lines, name)]
        else:
            s = services(interaction)
            outcomes = await link_text(s.playlists, interaction.user.id, lines, name)
        await _finish(interaction, outcomes)


class UploadModal(LastingModal, title=text_commands.UPLOAD_FORM):
    """Asks for audio files."""

    files = discord.ui.Label(
        text=text_commands.UPLOAD_FORM_FILES,
        description=text_commands.UPLOAD_FORM_KINDS,
        component=discord.ui.FileUpload(custom_id="files", min_values=1, max_values=MOST_FILES),
    )
    name = discord.ui.Label(
        text=text_commands.FORM_NAME,
        description=text_commands.UPLOAD_FORM_LONGER,
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


class Link(commands.GroupCog, group_name="playlist", group_description=text_commands.PLAYLIST):
    @app_commands.command(description=text_commands.PLAYLIST_LINK)
    @app_commands.describe(
        **text_commands.PLAYLIST_LINK_OPTIONS,
    )
    @app_commands.choices(
        catalogue=[app_commands.Choice(name=text.CATALOGUE, value="bach")],
        mine=[app_commands.Choice(name=words, value=key) for key, words in text_spotify.MINE.items()],
    )
    async def link(
        self,
        interaction: discord.Interaction,
        file: discord.Attachment | None = None,
        url: app_commands.Range[str, 1, 500] | None = None,
        mine: str | None = None,
        catalogue: str | None = None,
        name: app_commands.Range[str, 1, 80] | None = None,
    ) -> None:
        if file is None and url is None and mine is None and catalogue is None:
            await interaction.response.send_modal(LinkModal())
            return
        await interaction.response.defer(ephemeral=private(interaction), thinking=True)
        if file is not None:
            await link_attachment(interaction, file, name)
            return
        allow(interaction, "link")
        if url is not None:
            outcomes = [await _link_url(interaction, url, name)]
        elif mine is not None:
            outcomes = [await _link_spotify(interaction, own(mine), name)]
        else:
            s = services(interaction)
            outcomes = await link_catalogue(s.playlists, interaction.user.id, name)
        await _finish(interaction, outcomes)

    @app_commands.command(description=text_commands.PLAYLIST_UPLOAD)
    @app_commands.describe(**text_commands.PLAYLIST_UPLOAD_OPTIONS)
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

    @app_commands.command(name="list", description=text_commands.PLAYLIST_LIST)
    async def list_(self, interaction: discord.Interaction) -> None:
        visible = await services(interaction).playlists.visible(interaction.user.id, interaction.guild_id)
        own = [playlist for playlist in visible if playlist.owner_id == interaction.user.id]
        others = [playlist for playlist in visible if playlist.owner_id != interaction.user.id]
        await interaction.response.send_message(text.playlists(own, others), ephemeral=private(interaction))

    @app_commands.command(description=text_commands.PLAYLIST_UNLINK)
    @app_commands.autocomplete(playlist=pick.own_playlist_choices)
    async def unlink(self, interaction: discord.Interaction, playlist: str) -> None:
        s = services(interaction)
        playlist_id = await self._own(interaction, playlist)
        gone = await s.playlists.unlink(interaction.user.id, playlist_id)
        await interaction.response.send_message(text.unlinked(gone), ephemeral=private(interaction))

    @app_commands.command(description=text_commands.PLAYLIST_SHARE)
    @app_commands.describe(**text_commands.PLAYLIST_SHARE_OPTIONS)
    @app_commands.autocomplete(playlist=pick.own_playlist_choices)
    async def share(self, interaction: discord.Interaction, playlist: str, stop: bool = False) -> None:
        if interaction.guild_id is None or not (stop or interaction.is_guild_integration()):
            await interaction.response.send_message(text.share_in_server(), ephemeral=private(interaction))
            return
        s = services(interaction)
        playlist_id = await self._own(interaction, playlist)
        shared = await s.playlists.share(interaction.user.id, playlist_id, interaction.guild_id, not stop)
        await interaction.response.send_message(text.shared(shared, not stop), ephemeral=private(interaction))

    async def _own(self, interaction: discord.Interaction, value: str) -> int:
        for playlist in await services(interaction).playlists.of(interaction.user.id):
            if value == f"{pick.ID}{playlist.id}" or value.casefold() == playlist.name.casefold():
                return playlist.id
        raise UnknownPlaylist(asked=value)


async def setup(bot: commands.Bot) -> None:
    for form in (LinkModal(), UploadModal()):
        bot.add_view(form)
    bot.add_dynamic_items(MatchSelect, ReplaceButton, LendButton)
    await bot.add_cog(Link())
