"""The human API over HTTP: everything the page does, for any program on this machine.

Every call carries the header `X-Earmark-Sandbox: <token>` (the page finds it in its <meta name="sandbox-token">; the
event stream also takes `?token=`). Bodies and answers are JSON; a call that cannot be done answers 4xx with
{"error": sentence}. `member`, `channel` and `message` are ids or names; `channel` may be "dm". A Message is Discord's
object with `ephemeral`, `interaction_name` and `thinking` added.

    GET  /human/state                          {bot, members, channels, guild, online, crowd}
    GET  /human/commands?member=[&channel=]    [Discord command object]
    GET  /human/channels/{id}/messages?member= [Message], oldest first, as that member sees them
    GET  /human/events?member=                 server-sent events {type, channel_id, ...}; type is message, update,
                                               delete, reaction, typing, modal, error, online, commands or channels
    GET  /human/interactions/{id}?member=[&wait=seconds]
                                               {state, message?, modal?, error?}; state is pending, deferred, answered,
                                               modal or failed
    POST /human/upload                         multipart with one file -> {upload_id, filename, size}
    POST /human/slash                          {member, channel, command, options, attachments: {option: upload_id}}
    POST /human/message-command                {member, channel, command, message}
    POST /human/user-command                   {member, channel, command, target}; target is a member
    POST /human/click                          {member, message, custom_id}
    POST /human/select                         {member, message, custom_id, values}
    POST /human/modal                          {member, interaction_id, values: {custom_id: text or [id]}}
                                               these six -> {interaction_id}
    POST /human/autocomplete                   {member, channel, command, options, focused} -> {choices}
    POST /human/react                          {member, message, emoji, burst?} -> Message
    POST /human/unreact                        {member, message, emoji} -> Message
    POST /human/clear-reactions                {member, message, emoji?}: everybody's -> Message
    POST /human/vote                           {member, message, answer}: in a poll -> Message
    POST /human/say                            {member, channel, content, attachments: [id], reply_to?} -> Message
    POST /human/delete                         {member, message}: an own message, or an ephemeral one to dismiss
    POST /human/create-channel                 {member, name, kind?}: text, voice or forum -> Channel
    POST /human/rename-channel, delete-channel {member, channel, name}
    POST /human/thread                         {member, channel, name, message?, private?}; in a forum {..., content}
    POST /human/change-thread                  {member, channel, archived?, locked?} -> Channel
    POST /human/kick                           {member, target}; target may be the bot, or oneself
    POST /human/join                           {member}: back into the guild
    POST /human/locale                         {member, locale}: the language of the member's client
    POST /human/crowd                          {member, on}: let the others play along, or rest -> {crowd: [name]}
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from secrets import compare_digest
from typing import Any, NoReturn

from aiohttp import BodyPartReader, web

from bot.sandbox import bodies
from bot.sandbox.crowd import Crowd
from bot.sandbox.entities import DIRECT, FORUM, PRIVATE_THREAD, PUBLIC_THREAD, TEXT, VOICE, Json
from bot.sandbox.errors import DiscordError
from bot.sandbox.human import Human
from bot.sandbox.human_actions import Actions
from bot.sandbox.interaction import Interaction
from bot.sandbox.options import HumanError
from bot.sandbox.payloads import human_message
from bot.sandbox.world import World

TOKEN_HEADER = "X-Earmark-Sandbox"  # noqa: S105  # a header's name
_KINDS = {TEXT: "text", DIRECT: "dm", VOICE: "voice", FORUM: "forum", PUBLIC_THREAD: "thread", PRIVATE_THREAD: "thread"}
_PULSE = 2.0  # seconds between looks at the bot on a quiet stream
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class HumanApi:
    """Serves /human/... for a Human; every answer to a wrong request is {"error": sentence}."""

    def __init__(self, human: Human, crowd: Crowd, token: str, online: Callable[[], bool]) -> None:
        self._human, self._crowd, self._token, self._online = human, crowd, token, online
        self._streams: set[asyncio.Task[Any]] = set()

    def add_to(self, app: web.Application) -> None:
        get, post = app.router.add_get, app.router.add_post
        get("/human/state", self._guard(self._state))
        get("/human/commands", self._guard(self._commands))
        get("/human/channels/{channel}/messages", self._guard(self._messages))
        get("/human/events", self._guard(self._events))
        get("/human/interactions/{id}", self._guard(self._interaction))
        post("/human/upload", self._guard(self._upload))
        for name, handle in Actions(self._human, self._crowd).table().items():
            post(f"/human/{name}", self._guard(self._action(handle)))

    def _guard(self, handle: _Handler) -> _Handler:
        async def guarded(request: web.Request) -> web.StreamResponse:
            # EventSource cannot send headers, so the stream alone takes the token as a parameter.
            given = request.headers.get(TOKEN_HEADER) or request.query.get("token") or ""
            if not compare_digest(given.encode(), self._token.encode()):
                return _json({"error": "The page's token is missing or old: load the page again."}, 403)
            try:
                return await handle(request)
            except HumanError as error:
                return _json({"error": str(error)}, 400)
            except DiscordError as error:
                return _json({"error": error.message}, error.status)
            except (KeyError, ValueError, TypeError, AttributeError) as error:
                return _json({"error": f"That request lacks something or has a wrong type: {error}"}, 400)

        return guarded

    def _action(self, handle: Callable[[Json], Awaitable[Any]]) -> _Handler:
        async def act(request: web.Request) -> web.StreamResponse:
            return _json(await handle(bodies.parse(await request.read())))

        return act

    # -- reading -----------------------------------------------------------------------------------------------------

    async def _state(self, _: web.Request) -> web.StreamResponse:
        world = self._human.world
        channels: list[Json] = []
        for channel in world.channels.values():
            built: Json = {"id": str(channel.id), "name": channel.name, "type": _KINDS[channel.type]}
            if channel.member_id is not None:
                built["member_id"] = str(channel.member_id)
            if channel.thread is not None:
                built |= {"parent_id": str(channel.parent_id), "locked": channel.thread.locked}
            if channel.type == PRIVATE_THREAD and channel.thread is not None:
                built["members"] = [str(who) for who in channel.thread.members]
            channels.append(built)
        people = [{"id": str(m.id), "name": m.name, "color": f"#{m.color:06x}", "avatar": _avatar(m.id, m.color)}
                  for m in world.people]  # fmt: skip
        bot = world.bot
        return _json({
            "bot": {"id": str(bot.id), "name": bot.name, "avatar": _avatar(bot.id, bot.color)},
            "members": people, "channels": channels,
            "guild": {"id": str(world.guild_id), "name": world.guild_name}, "online": self._online(),
            "crowd": self._crowd.names,
        })  # fmt: skip

    async def _commands(self, request: web.Request) -> web.StreamResponse:
        return _json(self._human.commands(request.query["member"], request.query.get("channel")))

    async def _messages(self, request: web.Request) -> web.StreamResponse:
        return _json(self._human.messages(request.query["member"], request.match_info["channel"]))

    async def _interaction(self, request: web.Request) -> web.StreamResponse:
        it = self._human.interaction(request.match_info["id"], self._human.member(request.query["member"]))
        wait = min(float(request.query.get("wait", 0)), 30.0)
        if wait > 0:
            await it.settled(wait)
        return _json(_snapshot(self._human.world, it))

    async def _events(self, request: web.Request) -> web.StreamResponse:
        stream = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        async with self._human.events(request.query["member"]) as queue:
            await stream.prepare(request)
            task = asyncio.current_task()
            assert task is not None
            self._streams.add(task)
            try:
                await stream.write(_event({"type": "online", "online": self._online()}))
                await self._stream(stream, queue)
            except ConnectionResetError:
                return stream
            finally:
                self._streams.discard(task)

    async def _stream(self, stream: web.StreamResponse, queue: "asyncio.Queue[Json]") -> NoReturn:
        online = self._online()
        while True:
            try:
                event = await asyncio.wait_for(queue.get(), _PULSE)
            except TimeoutError:
                # Also finds out whether the page is still there.
                await stream.write(b": still here\n\n")
            else:
                await stream.write(_event(event))
            if online != self._online():
                online = self._online()
                await stream.write(_event({"type": "online", "online": online}))

    async def close(self) -> None:
        """End every stream, so that the server can stop without waiting for pages to leave."""
        streams = list(self._streams)
        for task in streams:
            task.cancel()
        await asyncio.gather(*streams, return_exceptions=True)

    # -- acting ------------------------------------------------------------------------------------------------------

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        reader = await request.multipart()
        while (part := await reader.next()) is not None:
            if isinstance(part, BodyPartReader) and part.filename is not None:
                file = self._human.upload(part.filename, bytes(await part.read()))
                return _json({"upload_id": str(file.id), "filename": file.filename, "size": file.size})
        raise HumanError("There is no file in that upload.")


def _snapshot(world: World, it: Interaction) -> Json:
    built: Json = {"state": it.state, "interaction_id": str(it.id)}
    if it.shown is not None:
        built["message"] = human_message(world, it.shown, it.member.id)
    if it.state == "modal":
        built["modal"] = it.modal
    return built | ({"error": it.error} if it.error else {})


def _avatar(member_id: int, color: int) -> str:
    return f"/avatars/{member_id}/{color:032x}.png"


def _event(event: Json) -> bytes:
    return b"data: " + json.dumps(event, separators=(",", ":"), default=str).encode() + b"\n\n"


def _json(data: Any, status: int = 200) -> web.Response:
    body = json.dumps(data, separators=(",", ":"), default=str).encode()
    return web.Response(
        body=body, status=status, content_type="application/json", headers={"Cache-Control": "no-store"}
    )
