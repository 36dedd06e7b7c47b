"""REST routes of users, the application, the gateway's address and the guild."""

from bot.sandbox import guilds, payloads
from bot.sandbox.entities import Json
from bot.sandbox.errors import DiscordError
from bot.sandbox.limits_errors import snowflake
from bot.sandbox.rest import Call, Route

_SOUNDS = (
    (1, "quack", "🦆"), (2, "airhorn", "🔊"), (3, "cricket", "🦗"), (4, "golf clap", "👏"), (7, "sad horn", "🎺"),
    (8, "ba dum tss", "🥁"),
)  # fmt: skip


async def gateway(call: Call) -> Json:
    return {"url": call.world.url.replace("http", "ws", 1) + "/gateway"}


async def gateway_bot(call: Call) -> Json:
    limit = {"total": 1000, "remaining": 1000, "reset_after": 86_400_000, "max_concurrency": 1}
    return await gateway(call) | {"shards": 1, "session_start_limit": limit}


async def own_user(call: Call) -> Json:
    return payloads.me(call.world.bot)


async def get_user(call: Call) -> Json:
    member = call.world.members.get(call.number("user_id"))
    if member is None:
        raise DiscordError(404, 10013, "Unknown User")
    return payloads.user(member)


async def open_direct(call: Call) -> Json:
    recipient = snowflake(call.mapping().get("recipient_id"))
    if recipient not in call.world.members or recipient == call.world.bot.id:
        raise DiscordError(400, 50033, "Invalid Recipient(s)")
    return payloads.channel(call.world, call.world.direct(recipient))


async def application(call: Call) -> Json:
    return guilds.application(call.world)


async def own_guilds(call: Call) -> list[Json]:
    if not call.world.guild_install:
        return []
    permissions = str(call.world.bot_base)
    return [{"id": str(call.world.guild_id), "name": call.world.guild_name, "icon": None, "banner": None,
             "owner": False, "permissions": permissions, "features": []}]  # fmt: skip


async def default_sounds(_: Call) -> list[Json]:
    return [{"sound_id": str(number), "name": name, "volume": 1.0, "emoji_id": None, "emoji_name": emoji,
             "available": True} for number, name, emoji in _SOUNDS]  # fmt: skip


async def guild_sounds(call: Call) -> Json:
    check_guild(call)
    return {"items": []}


def check_guild(call: Call) -> None:
    if call.number("guild_id") != call.world.guild_id:
        raise DiscordError(404, 10004, "Unknown Guild")
    if not call.world.guild_install:
        raise DiscordError(403, 50001, "Missing Access")


async def get_guild(call: Call) -> Json:
    check_guild(call)
    return guilds.guild(call.world)


async def guild_channels(call: Call) -> list[Json]:
    check_guild(call)
    return [payloads.channel(call.world, channel) for channel in call.world.text_channels]


async def guild_roles(call: Call) -> list[Json]:
    check_guild(call)
    return guilds.roles(call.world)


async def guild_member(call: Call) -> Json:
    check_guild(call)
    member = call.world.members.get(call.number("user_id"))
    if member is None or not call.world.base_permissions(member.id):
        raise DiscordError(404, 10007, "Unknown Member")
    return payloads.guild_member(member)


async def guild_members(call: Call) -> list[Json]:
    check_guild(call)
    if "members" not in call.world.intents:
        raise DiscordError(403, 50001, "Missing Access")
    limit, after = call.whole("limit", 1, 1, 1000), call.whole("after", 0, 0, 2**63 - 1)
    there = sorted(call.world.present(), key=lambda member: member.id)
    return [payloads.guild_member(member) for member in there if member.id > after][:limit]


async def find_members(call: Call) -> list[Json]:
    check_guild(call)
    limit, start = call.whole("limit", 1, 1, 1000), call.query.get("query", "")
    return guilds.members_of(call.world, call.world.guild_id, start, limit, [])


ROUTES = [
    Route("GET", "/gateway", gateway, open=True),
    Route("GET", "/gateway/bot", gateway_bot),
    Route("GET", "/users/@me", own_user),
    Route("GET", "/users/@me/guilds", own_guilds),
    Route("POST", "/users/@me/channels", open_direct),
    Route("GET", "/users/{user_id}", get_user),
    Route("GET", "/oauth2/applications/@me", application),
    Route("GET", "/applications/@me", application),
    Route("GET", "/soundboard-default-sounds", default_sounds),
    Route("GET", "/guilds/{guild_id}/soundboard-sounds", guild_sounds),
    Route("GET", "/guilds/{guild_id}", get_guild),
    Route("GET", "/guilds/{guild_id}/channels", guild_channels),
    Route("GET", "/guilds/{guild_id}/roles", guild_roles),
    Route("GET", "/guilds/{guild_id}/members", guild_members),
    Route("GET", "/guilds/{guild_id}/members/search", find_members),
    Route("GET", "/guilds/{guild_id}/members/{user_id}", guild_member),
]
