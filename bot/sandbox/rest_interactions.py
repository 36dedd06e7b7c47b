"""REST routes of interactions: the callback, `@original` and follow-ups."""

from bot.sandbox import payloads
from bot.sandbox.entities import Json
from bot.sandbox.interactions import Interactions
from bot.sandbox.rest import Call, Route

_HOOK = "/webhooks/{webhook_id}/{webhook_token}"


def routes(interactions: Interactions) -> list[Route]:
    """Build the routes; none needs an Authorization header."""
    world = interactions.world

    async def callback(call: Call) -> Json | None:
        token = call.params["interaction_token"]
        answer = interactions.respond(call.number("interaction_id"), token, call.mapping(), call.uploads)
        return answer if call.query.get("with_response", "").lower() in ("1", "true") else None

    async def follow_up(call: Call) -> Json:
        it = interactions.living(call.number("webhook_id"), call.params["webhook_token"])
        return payloads.message(world, interactions.follow_up(it, call.mapping(), call.uploads))

    async def get(call: Call) -> Json:
        it = interactions.living(call.number("webhook_id"), call.params["webhook_token"])
        return payloads.message(world, interactions.find(it, call.params.get("message_id", "@original")))

    async def edit(call: Call) -> Json:
        it = interactions.living(call.number("webhook_id"), call.params["webhook_token"])
        message = interactions.find(it, call.params.get("message_id", "@original"))
        interactions.edit(it, message, call.mapping(), call.uploads)
        return payloads.message(world, message)

    async def delete(call: Call) -> None:
        it = interactions.living(call.number("webhook_id"), call.params["webhook_token"])
        interactions.delete(it, interactions.find(it, call.params.get("message_id", "@original")))

    built = [
        Route("POST", "/interactions/{interaction_id}/{interaction_token}/callback", callback, open=True),
        Route("POST", _HOOK, follow_up, open=True),
    ]
    for tail in ("/messages/@original", "/messages/{message_id}"):
        for method, handle in (("GET", get), ("PATCH", edit), ("DELETE", delete)):
            built.append(Route(method, _HOOK + tail, handle, open=True))
    return built
