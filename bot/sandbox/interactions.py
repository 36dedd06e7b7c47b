"""The life of an interaction: sent, answered within 3 s or failed, followed up for 15 minutes."""

import asyncio
import time

from bot.sandbox import compose, limits, payloads, permissions
from bot.sandbox.compose import Upload
from bot.sandbox.entities import EPHEMERAL, LOADING, Json, Message
from bot.sandbox.errors import DiscordError
from bot.sandbox.interaction import DEFER_UPDATE, Interaction
from bot.sandbox.limits_errors import snowflake
from bot.sandbox.world import World

COMMAND, COMPONENT, AUTOCOMPLETE, MODAL = 2, 3, 4, 5
REPLY, DEFER, UPDATE, CHOICES, OPEN_MODAL = 4, 5, 7, 8, 9
_ALLOWED = {
    COMMAND: {REPLY, DEFER, OPEN_MODAL},
    COMPONENT: {REPLY, DEFER, DEFER_UPDATE, UPDATE, OPEN_MODAL},
    AUTOCOMPLETE: {CHOICES},
    MODAL: {REPLY, DEFER, DEFER_UPDATE, UPDATE},
}
FAILED = "The application did not respond"


class Interactions:
    """All living interactions of a World.

    Attributes:
        deadline: seconds until an unanswered interaction fails.
        lifetime: seconds until its token dies.

    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.deadline, self.lifetime = 3.0, 900.0
        self.by_id: dict[int, Interaction] = {}
        self._by_token: dict[str, Interaction] = {}

    # -- towards the bot -----------------------------------------------------------------------------------------

    def send(self, it: Interaction) -> Interaction:
        """Dispatch INTERACTION_CREATE and start the clock."""
        self._forget_old()
        self.by_id[it.id] = self._by_token[it.token] = it
        it.timer = asyncio.get_running_loop().call_later(self.deadline, self._fail, it)
        guild_id = it.channel.guild_id if self.world.guild_install else None
        self.world.dispatch("INTERACTION_CREATE", self._payload(it), guild_id, 0)
        return it

    def _forget_old(self) -> None:
        # Ids grow with time, so the oldest stand first.
        limit = time.monotonic() - self.lifetime - 60
        while self.by_id and (first := next(iter(self.by_id.values()))).started < limit:
            del self.by_id[first.id], self._by_token[first.token]

    def close(self) -> None:
        """Stop every clock."""
        for it in self.by_id.values():
            if it.timer is not None:
                it.timer.cancel()

    def _fail(self, it: Interaction) -> None:
        if it.state == "pending":
            it.error = FAILED
            it.become("failed")
            about: Json = {"interaction_id": str(it.id), "error": FAILED}
            if it.source is not None:
                about["message_id"] = str(it.source.id)
            if it.type == AUTOCOMPLETE:
                return
            self.world.tell("error", it.channel, lambda _: about, only=it.member.id)

    def _payload(self, it: Interaction) -> Json:
        world, channel = self.world, it.channel
        member = channel.guild_id is None or world.guild_install
        # A bot that is not a member may still answer, with what everybody may do.
        app_bits = world.permissions(world.bot.id, channel) if member else permissions.EVERYONE
        built: Json = {
            "id": str(it.id),
            "application_id": str(world.application_id),
            "type": it.type,
            "data": it.data,
            "channel_id": str(channel.id),
            "token": it.token,
            "version": 1,
            "app_permissions": str(app_bits),
            "locale": world.locales.get(it.member.id, "en-US"),
            "entitlements": [],
            "authorizing_integration_owners": it.owners,
            "context": 0 if channel.guild_id is not None else 1,
            "attachment_size_limit": payloads.ATTACHMENT_LIMIT,
        }
        bits = world.permissions(it.member.id, channel)
        built["channel"] = payloads.channel(world, channel, permissions=bits)
        if channel.guild_id is None:
            built["user"] = payloads.user(it.member)
        else:
            built["guild_id"] = str(channel.guild_id)
            built["guild"] = {"id": str(channel.guild_id), "locale": world.locale, "features": []}
            built["guild_locale"] = world.locale
            built["member"] = payloads.guild_member(it.member, permissions=bits)
        if it.source is not None:
            built["message"] = payloads.message(world, it.source)
        return built

    # -- the bot's answers ---------------------------------------------------------------------------------------

    def respond(self, interaction_id: int, token: str, body: Json, uploads: list[Upload]) -> Json:
        """Apply a callback and build the answer to `with_response`."""
        it = self.by_id.get(interaction_id)
        if it is None or it.token != token or it.state == "failed":
            raise DiscordError(404, 10062, "Unknown interaction")
        if it.callback is not None:
            raise DiscordError(400, 40060, "Interaction has already been acknowledged.")
        limits.check_callback(body, len(uploads))
        kind: int = body["type"]
        if kind not in _ALLOWED[it.type] or (kind in (UPDATE, DEFER_UPDATE) and it.source is None):
            problem = {"code": "BASE_TYPE_CHOICES", "message": "This callback type cannot answer this interaction."}
            raise DiscordError(400, 50035, "Invalid Form Body", {"type": {"_errors": [problem]}})
        message = self._apply(it, kind, body.get("data") or {}, uploads)
        it.callback = kind
        if it.timer is not None:
            it.timer.cancel()
        it.become({DEFER: "deferred", DEFER_UPDATE: "deferred", OPEN_MODAL: "modal"}.get(kind, "answered"))
        return self._with_response(it, kind, message)

    def _apply(self, it: Interaction, kind: int, data: Json, uploads: list[Upload]) -> Message | None:
        if kind in (REPLY, DEFER):
            it.response = it.shown = self._new(it, data, uploads, loading=kind == DEFER, checked=True)
        elif kind in (UPDATE, DEFER_UPDATE):
            it.response = it.shown = it.source
            if kind == UPDATE and it.source is not None:
                compose.apply(self.world, it.source, data, uploads, edit=True, checked=True)
                self.world.update(it.source)
        elif kind == CHOICES:
            it.choices = data.get("choices") or []
        else:
            limits.check_modal(data)
            it.modal = data | {"components": compose.numbered(compose.without_nulls(data.get("components") or []))}
            opened: Json = {"interaction_id": str(it.id), "modal": it.modal}
            self.world.tell("modal", it.channel, lambda _: opened, only=it.member.id)
        return it.response

    def _new(
        self, it: Interaction, data: Json, uploads: list[Upload], *, loading: bool = False, checked: bool = False
    ) -> Message:
        world, hidden = self.world, compose.visibility(data)
        message = world.new_message(it.channel, world.bot.id, seen_by=it.member.id if hidden else None)
        message.flags = (EPHEMERAL if hidden else 0) | (LOADING if loading else 0)
        message.type = 19 if it.source is not None else 0
        if it.type == COMMAND:
            message.type = 20 if it.data.get("type") == 1 else 23
        message.webhook_id, message.command = world.application_id, it.command
        message.interaction = self._metadata(it)
        if message.type == 19 and it.source is not None:
            message.reply_to = it.source.id
        if it.response is not None:
            message.type, message.reply_to = 19, it.response.id
            message.interaction = message.interaction | {"original_response_message_id": str(it.response.id)}
        if not loading:
            compose.apply(world, message, data, uploads, edit=False, checked=checked)
        it.own[message.id] = message
        world.post(message)
        return message

    def _metadata(self, it: Interaction) -> Json:
        built: Json = {
            "id": str(it.id),
            "type": it.type,
            "user": payloads.user(it.member),
            "authorizing_integration_owners": it.owners,
        }
        if it.type == COMMAND and it.data.get("type") == 3:
            built["target_message_id"] = it.data["target_id"]
        elif it.type == COMPONENT and it.source is not None:
            built["interacted_message_id"] = str(it.source.id)
        elif it.opener is not None:
            built["triggering_interaction_metadata"] = self._metadata(it.opener)
        return built

    def _with_response(self, it: Interaction, kind: int, message: Message | None) -> Json:
        about: Json = {"id": str(it.id), "type": it.type, "channel_id": str(it.channel.id)}
        if it.channel.guild_id is not None:
            about["guild_id"] = str(it.channel.guild_id)
        built: Json = {"interaction": about}
        if message is not None:
            about |= {
                "response_message_id": str(message.id),
                "response_message_loading": message.loading,
                "response_message_ephemeral": message.seen_by is not None,
            }
            if kind in (REPLY, UPDATE):
                built["resource"] = {"type": kind, "message": payloads.message(self.world, message)}
        return built

    # -- the webhook of an interaction ---------------------------------------------------------------------------

    def living(self, application_id: int, token: str) -> Interaction:
        """Find the acknowledged interaction of a token; raise 10015, or 50027 when its 15 minutes are over."""
        it = self._by_token.get(token)
        if it is None or application_id != self.world.application_id:
            raise DiscordError(404, 10015, "Unknown Webhook")
        if time.monotonic() - it.started > self.lifetime:
            raise DiscordError(401, 50027, "Invalid Webhook Token")
        if it.callback is None:
            raise DiscordError(404, 10015, "Unknown Webhook")
        return it

    def follow_up(self, it: Interaction, body: Json, uploads: list[Upload]) -> Message:
        """Post a follow-up; the first one after a deferral takes the waiting message's place."""
        if it.response is not None and it.response.loading and it.callback == DEFER:
            self.edit(it, it.response, body, uploads, new=True)
            return it.response
        if "0" not in it.owners and it.channel.guild_id is not None and it.followups >= 5:
            raise DiscordError(400, 40094, "This interaction has reached the maximum number of follow-up messages")
        message = self._new(it, body, uploads)
        it.followups += 1
        if it.state in ("deferred", "modal"):
            it.shown = message
            it.become("answered")
        return message

    def edit(self, it: Interaction, message: Message, body: Json, uploads: list[Upload], *, new: bool = False) -> None:
        was_loading = message.loading
        compose.apply(self.world, message, body, uploads, edit=not new)
        message.flags &= ~LOADING
        self.world.update(message, edited=not was_loading)
        if message is it.response:
            it.become("answered")

    def delete(self, it: Interaction, message: Message) -> None:
        self.world.remove(message)
        it.own.pop(message.id, None)
        if message is it.response:
            it.shown = None
            it.become("answered")

    def find(self, it: Interaction, which: str) -> Message:
        """Find `@original` or a message by id; raise 10008 unless it belongs to the interaction and still exists."""
        found = it.response if which == "@original" else it.own.get(snowflake(which) or 0)
        if found is None and it.source is not None and which == str(it.source.id):
            found = it.source
        if found is None or found.id not in it.channel.messages:
            raise DiscordError(404, 10008, "Unknown Message")
        return found
