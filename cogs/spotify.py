"""Spotify: `/spotify` connects a member's account, and forgets it."""

import contextlib
import io

import discord
from discord import app_commands
from discord.ext import commands

from bot.domain.errors import NotTrained, NotYourCard, SpotifyError
from bot.domain.session import Session
from bot.domain.tracks import Track
from bot.flow.account import tracks_csv
from bot.flow.connect import Identity
from bot.flow.outside import write_spotify
from bot.flow.playlist_files import m3u, xspf
from bot.flow.predict import predict_playlist
from bot.i18n import speaking, spoken
from cogs.session_access import SessionItem, stage
from cogs.ui import cards, pick, text, text_commands, text_spotify
from cogs.ui.access import allow, private, services
from cogs.ui.deliver import deliver
from cogs.ui.items import LastingItem, LastingModal, LastingView


class PasteModal(LastingModal, title=text_commands.PASTE_FORM):
    """Takes the address to which Spotify led, where no page of ours can be reached."""

    address = discord.ui.Label(
        text=text_commands.PASTE_FORM_ADDRESS,
        description=text_commands.PASTE_FORM_LOOK,
        component=discord.ui.TextInput(
            custom_id="address", style=discord.TextStyle.paragraph, required=True, max_length=2000
        ),
    )

    def __init__(self) -> None:
        super().__init__(custom_id="earmark:spotify:back")

    async def act(self, interaction: discord.Interaction) -> None:
        assert isinstance(self.address.component, discord.ui.TextInput)
        address = self.address.component.value
        await interaction.response.defer(ephemeral=private(interaction), thinking=True)
        name = await services(interaction).outside.connections.finish_pasted(interaction.user.id, address)
        await interaction.edit_original_response(content=text_spotify.connected(name))


class PasteButton(LastingItem, template=r"earmark:spotify:paste:(?P<owner>\d{1,20})"):
    """Opens the form for the address."""

    async def act(self, interaction: discord.Interaction) -> None:
        if interaction.user.id != self.number("owner"):
            raise NotYourCard(owner_id=self.number("owner"))
        await interaction.response.send_modal(PasteModal())


class GroupButton(SessionItem, template=r"earmark:spotify:session:(?P<id>\d{1,19})"):
    """Makes a group's playlist at Spotify, in the account of whoever presses it."""

    async def press(self, interaction: discord.Interaction, session: Session) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        tracks = await stage(interaction).pools.tracks(session)
        ordered = [tracks[slot.track_id] for slot in session.slots if slot.track_id in tracks]
        await _hand_out(interaction, text.bare(session.settings.name, 60), ordered)


async def _hand_out(interaction: discord.Interaction, name: str, tracks: list[Track]) -> None:
    """Make a playlist at Spotify; whatever Spotify refuses, the member gets it as files."""
    s, user = services(interaction), interaction.user.id
    try:
        async with s.workers.only_one("writing", user):
            written = await write_spotify(s.outside, user, name, tracks)
    except SpotifyError as problem:
        kinds = {"csv": tracks_csv(tracks), "m3u8": m3u(name, tracks), "xspf": xspf(name, tracks)}
        files = [discord.File(io.BytesIO(data), f"playlist.{kind}") for kind, data in kinds.items()]
        words = text_spotify.as_files(tracks, problem)
        await deliver(interaction, content=words, attachments=files)
        return
    words = text_spotify.written(written.url, written.tracks, written.left)
    await deliver(interaction, content=words)


async def _ranked(interaction: discord.Interaction, playlist_id: int, most: int) -> tuple[str, list[Track]]:
    """A playlist's tracks in the order in which the member would like them; in its own where nothing was learned."""
    s = services(interaction)
    user, guild_id = interaction.user.id, interaction.guild_id
    try:
        ranked = await predict_playlist(s.playlists, s.ratings, s.models, s.workers, user, guild_id, playlist_id)
    except NotTrained:
        playlist = await s.playlists.get(playlist_id, user, guild_id)
        return playlist.name, (await s.playlists.tracks(playlist_id))[:most]
    return ranked.name, [one.track for one in ranked.predictions][:most]


class Spotify(commands.GroupCog, group_name="spotify", group_description=text_commands.SPOTIFY):
    @app_commands.command(description=text_commands.SPOTIFY_CONNECT)
    async def connect(self, interaction: discord.Interaction) -> None:
        language = spoken()

        async def done(name: str) -> None:
            # The page has the browser's language. If Discord fails: it is connected, and the page says so.
            with speaking(language), contextlib.suppress(discord.HTTPException):
                await interaction.edit_original_response(content=text_spotify.connected(name), view=None)

        user = interaction.user
        picture = (user.avatar or user.default_avatar).with_size(128)  # of the account, not the server's
        who = Identity(user.id, str(user), picture.url)
        url = services(interaction).outside.connections.begin(who, done)
        view = LastingView()
        view.add_item(cards.button(text.button("paste"), f"earmark:spotify:paste:{interaction.user.id}", 0))
        # Whoever has this address could connect their account to this member: it is for one pair of eyes.
        await interaction.response.send_message(text_spotify.connect(url), view=view, ephemeral=private(interaction))

    @app_commands.command(description=text_commands.SPOTIFY_EXPORT)
    @app_commands.describe(**text_commands.SPOTIFY_EXPORT_OPTIONS)
    @app_commands.autocomplete(playlist=pick.playlist_choices)
    async def export(
        self, interaction: discord.Interaction, playlist: str, most: app_commands.Range[int, 1, 500] = 50
    ) -> None:
        allow(interaction, "predict")
        await interaction.response.defer(ephemeral=private(interaction), thinking=True)
        name, tracks = await _ranked(interaction, await pick.playlist_id(interaction, playlist), most)
        name = text.ranked_name(name)
        await _hand_out(interaction, name, tracks)

    @app_commands.command(description=text_commands.SPOTIFY_DISCONNECT)
    async def disconnect(self, interaction: discord.Interaction) -> None:
        await interaction.response.defer(ephemeral=private(interaction), thinking=True)
        s = services(interaction)
        gone = await s.outside.connections.disconnect(interaction.user.id)
        await interaction.edit_original_response(content=text_spotify.disconnected(gone))


async def setup(bot: commands.Bot) -> None:
    bot.add_view(PasteModal())
    bot.add_dynamic_items(PasteButton, GroupButton)
    await bot.add_cog(Spotify())
