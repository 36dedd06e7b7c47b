"""Builds the guild and the application, the two largest of Discord's objects."""

from typing import TYPE_CHECKING, Any

from bot.sandbox import payloads, permissions
from bot.sandbox.entities import Channel

if TYPE_CHECKING:
    from bot.sandbox.world import World

Json = dict[str, Any]
_FLAGS = {"presences": 1 << 13, "members": 1 << 15, "message-content": 1 << 19}


def _role(role_id: int, name: str, bits: int, position: int, bot_id: int | None = None) -> Json:
    built: Json = {
        "id": str(role_id),
        "name": name,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "icon": None,
        "unicode_emoji": None,
        "position": position,
        "permissions": str(bits),
        "managed": bot_id is not None,
        "mentionable": False,
        "flags": 0,
        "description": None,
    }
    if bot_id is not None:
        built["tags"] = {"bot_id": str(bot_id)}
    return built


def roles(world: "World") -> list[Json]:
    everyone = _role(world.guild_id, "@everyone", permissions.EVERYONE, 0)
    return [everyone, _role(world.bot_role_id, world.bot.name, world.bot_base, 1, world.bot.id)]


def guild(world: "World") -> Json:
    """Build the guild as GET /guilds/{id} gives it."""
    return {
        "id": str(world.guild_id),
        "name": world.guild_name,
        "icon": None,
        "description": None,
        "home_header": None,
        "splash": None,
        "discovery_splash": None,
        "banner": None,
        "features": [],
        "owner_id": str(world.owner_id),
        "application_id": None,
        "region": "us-east",
        "afk_channel_id": None,
        "afk_timeout": 300,
        "system_channel_id": str(world.text_channels[0].id),
        "system_channel_flags": 0,
        "widget_enabled": False,
        "widget_channel_id": None,
        "verification_level": 0,
        "roles": roles(world),
        "default_message_notifications": 1,
        "mfa_level": 0,
        "explicit_content_filter": 0,
        "max_presences": None,
        "max_members": 500000,
        "max_stage_video_channel_users": 50,
        "max_video_channel_users": 25,
        "vanity_url_code": None,
        "premium_tier": 0,
        "premium_subscription_count": 0,
        "premium_progress_bar_enabled": False,
        "premium_progress_bar_enabled_user_updated_at": None,
        "preferred_locale": world.locale,
        "rules_channel_id": None,
        "safety_alerts_channel_id": None,
        "public_updates_channel_id": None,
        "hub_type": None,
        "latest_onboarding_question_id": None,
        "incidents_data": None,
        "inventory_settings": None,
        "nsfw": False,
        "nsfw_level": 0,
        "emojis": [],
        "stickers": [],
        "embed_enabled": False,
        "embed_channel_id": None,
        "max_roles": 250,
        "moderator_reporting": None,
        "owner_configured_content_level": 0,
        "version": str(world.guild_id),
    }


def guild_create(world: "World") -> Json:
    """Build GUILD_CREATE's data; the gateway keeps the members and presences from who has no intent for them."""
    members = world.present()
    return guild(world) | {
        "joined_at": payloads.JOINED,
        "large": False,
        "unavailable": False,
        "member_count": len(members),
        "voice_states": [],
        "members": [payloads.guild_member(member) for member in members],
        "channels": [payloads.channel(world, channel) for channel in world.text_channels],
        "threads": [payloads.channel(world, thread) for thread in active_threads(world)],
        "presences": [_presence(member.id) for member in members],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
    }


def active_threads(world: "World") -> list[Channel]:
    """List the threads that the bot sees and that are not archived."""
    threads = [it for it in world.channels.values() if it.thread is not None and not it.thread.archived]
    return [thread for thread in threads if world.in_channel(world.bot.id, thread)]


def _presence(member_id: int) -> Json:
    return {"user": {"id": str(member_id)}, "status": "online", "activities": [], "client_status": {"web": "online"}}


def flags(world: "World") -> int:
    """Give the application's flags: the privileged intents that it holds."""
    return sum(bit for name, bit in _FLAGS.items() if name in world.intents)


def ready(world: "World", shard: tuple[int, int] | None) -> Json:
    """Build READY's data but for what belongs to the session."""
    data: Json = {
        "v": 10,
        "user_settings": {},
        "user": payloads.me(world.bot),
        "session_type": "normal",
        "relationships": [],
        "private_channels": [],
        "presences": [],
        "guilds": [{"id": str(g["id"]), "unavailable": True} for g in guilds_of(world, shard)],
        "guild_join_requests": [],
        "geo_ordered_rtc_regions": ["rotterdam"],
        "auth": {},
        "application": {"id": str(world.application_id), "flags": flags(world)},
    }
    if shard is not None:
        data["shard"] = list(shard)
    return data


def guilds_of(world: "World", shard: tuple[int, int] | None) -> list[Json]:
    """List the guilds a shard is told of: none where the bot is only user-installed."""
    if not world.guild_install:
        return []
    mine = shard is None or (world.guild_id >> 22) % shard[1] == shard[0]
    return [guild_create(world)] if mine else []


def members_of(world: "World", guild_id: int, query: str, limit: int, user_ids: list[int]) -> list[Json]:
    """Answer op 8, Request Guild Members."""
    if guild_id != world.guild_id or not world.guild_install:
        return []
    found = [
        member
        for member in world.present()
        if (member.id in user_ids if user_ids else member.name.lower().startswith(query.lower()))
    ]
    return [payloads.guild_member(member) for member in found[: limit or None]]


def application(world: "World") -> Json:
    """Build the bot's own application."""
    return {
        "id": str(world.application_id),
        "name": world.bot.name,
        "icon": None,
        "description": "",
        "type": None,
        "bot": payloads.user(world.bot),
        "bot_public": True,
        "bot_require_code_grant": False,
        "integration_types_config": {"0": {}, "1": {}},
        "verify_key": "0" * 64,
        "flags": flags(world),
        "flags_new": str(flags(world)),
        "hook": True,
        "summary": "",
        "tags": [],
        "redirect_uris": [],
        "interactions_endpoint_url": None,
        "role_connections_verification_url": None,
        "owner": payloads.user(world.people[0]),
        "approximate_guild_count": int(world.guild_install),
        "approximate_user_install_count": len(world.user_installs),
        "approximate_user_authorization_count": 0,
        "explicit_content_filter": 0,
        "team": None,
        "eligible_oauth2_scopes": ["bot", "applications.commands"],
    }
