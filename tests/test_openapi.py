"""The checker itself: it must find what is wrong, or the end-to-end tests prove nothing."""

from typing import Any

import pytest

from tests.openapi import DiscordSpec, present

MESSAGES = "/channels/{channel_id}/messages"
REACTION = "/channels/{channel_id}/messages/{message_id}/reactions/{emoji_name}/@me"
CALLBACK = "/interactions/{interaction_id}/{interaction_token}/callback"


@pytest.fixture(scope="module")
def spec() -> DiscordSpec:
    return present(DiscordSpec.find(), "Discord's")


def user(**changes: Any) -> dict[str, Any]:
    known = {
        "id": "81384788765712384",
        "username": "ada",
        "discriminator": "0",
        "global_name": "Ada",
        "avatar": None,
        "public_flags": 0,
        "primary_guild": None,
        "flags": 0,
        "bot": True,
        "mfa_enabled": False,
        "locale": "en-US",
        "verified": True,
        "email": None,
        "username_normalized": "ada",
    }
    return known | changes


def test_what_is_right_passes(spec: DiscordSpec):
    assert spec.check("GET", "/users/{user_id}", 200, None, user()) == []
    assert spec.check("PUT", REACTION, 204, None, None) == []
    assert spec.check("POST", CALLBACK, 204, {"type": 5, "data": {"flags": 64}}, None) == []
    assert spec.check("POST", "/users/@me/channels", 403, {}, {"message": "Missing Access", "code": 50001}) == []


@pytest.mark.parametrize(
    ("method", "path", "status", "request_body", "response", "says"),
    [
        ("GET", "/users/{user_id}", 200, None, user(id=5), "response: id"),
        ("GET", "/users/{user_id}", 200, None, {"id": "5"}, "required"),
        ("GET", "/users/{user_id}", 200, None, None, "response:"),
        ("GET", "/users/{user_id}", 302, None, user(), "302 is not described"),
        ("GET", "/nowhere/{user_id}", 200, None, None, "no such operation"),
        ("PATCH", "/users/{user_id}", 200, None, None, "no such operation"),
        ("PUT", REACTION, 204, None, {"a": 1}, "has no body"),
        ("POST", CALLBACK, 204, None, None, "body is missing"),
        ("POST", CALLBACK, 204, {"type": 99}, None, "request:"),
        ("POST", MESSAGES, 403, {}, {"message": 7}, "response:"),
        ("POST", MESSAGES, 403, {"content": 5}, {"message": "no", "code": "x"}, "response: code"),
    ],
)
def test_what_is_wrong_is_said(
    spec: DiscordSpec, method: str, path: str, status: int, request_body: Any, response: Any, says: str
):
    problems = spec.check(method, path, status, request_body, response)
    assert any(says in problem for problem in problems), problems


def test_an_id_sent_as_a_number_is_taken_in_requests_only(spec: DiscordSpec):
    reference = {"message_reference": {"message_id": 81384788765712384, "channel_id": 81384788765712385}}
    problems = spec.check("POST", MESSAGES, 200, {"content": "hello"} | reference, None)
    assert not [problem for problem in problems if problem.startswith("request")]


def test_a_literal_path_is_preferred(spec: DiscordSpec):
    assert spec._operation("GET", "/users/@me") != spec._operation("GET", "/users/{user_id}")
    found = spec._operation("PATCH", "/webhooks/{id}/{token}/messages/@original")
    assert found is not None
    assert found[0].endswith("%40original/patch")
