"""Checks what goes over the wire against Discord's published OpenAPI document, where that is present."""

import json
import os
from functools import cache
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import pytest
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

ROOT = "urn:discord"

Spec = TypeVar("Spec")


def spec_folder() -> Path:
    """Where the documents lie: EARMARK_SPEC, or ../shared/spec beside the checkout."""
    default = Path(__file__).resolve().parents[2] / "shared" / "spec"
    return Path(os.environ.get("EARMARK_SPEC") or default)


def present(found: Spec | None, whose: str) -> Spec:
    """Skip the test where a document is not there."""
    if found is None:
        pytest.skip(f"{whose} OpenAPI document is not in {spec_folder()} (EARMARK_SPEC names another folder)")
    return found


class DiscordSpec:
    """Validates requests and responses; validators are compiled once a route."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        resource = Resource(contents=document, specification=DRAFT202012)
        self.registry = Registry().with_resource(ROOT, resource)
        self._validator = cache(self._compile)
        self._operation = cache(self._find_operation)

    @classmethod
    def find(cls) -> "DiscordSpec | None":
        file = spec_folder() / "discord-openapi.json"
        return cls(json.loads(file.read_text(encoding="utf-8"))) if file.is_file() else None

    def _compile(self, pointer: str) -> Draft202012Validator:
        return Draft202012Validator({"$ref": f"{ROOT}#{pointer}"}, registry=self.registry)

    def _find_operation(self, method: str, template: str) -> tuple[str, dict[str, Any]] | None:
        """Find the most literal path: `@original` may stand for a message id, but an id never for `@me`."""
        parts = template.strip("/").split("/")
        best: tuple[int, str] | None = None
        for path, item in self.document["paths"].items():
            known = path.strip("/").split("/")
            if method.lower() not in item or len(known) != len(parts):
                continue
            pairs = list(zip(known, parts, strict=True))
            if all(a == b or a.startswith("{") for a, b in pairs):
                best = max(best or (-1, ""), (sum(not a.startswith("{") for a in known), path))
        if best is None:
            return None
        return f"/paths/{_escape(best[1])}/{method.lower()}", self.document["paths"][best[1]][method.lower()]

    def check(self, method: str, template: str, status: int, request: Any, response: Any) -> list[str]:
        """Say everything that is wrong with an exchange; an empty list is well."""
        found = self._operation(method, template)
        if found is None:
            return [f"no such operation: {method} {template}"]
        pointer, operation = found
        asked = self._request_problems(pointer, operation, request) if status < 400 else []
        return asked + self._response_problems(pointer, operation, status, response)

    def _request_problems(self, pointer: str, operation: dict[str, Any], request: Any) -> list[str]:
        body = operation.get("requestBody", {})
        content = body.get("content", {})
        # A form's payload_json has the JSON body's shape, but that schema asks for nothing of it.
        kind = "application/json" if "application/json" in content else next(iter(content), None)
        if request is None:
            return ["request: its body is missing"] if body.get("required") and content else []
        if kind is None:
            return []
        where = f"{pointer}/requestBody/content/{_escape(kind)}/schema"
        return [f"request: {p}" for p in self._problems(where, _snowflakes_as_text(request))]

    def _response_problems(self, pointer: str, operation: dict[str, Any], status: int, response: Any) -> list[str]:
        responses = operation["responses"]
        key = next((k for k in (str(status), f"{status // 100}XX", "default") if k in responses), None)
        if key is None:
            return [f"response: status {status} is not described"]
        where, node = f"{pointer}/responses/{key}", responses[key]
        if "$ref" in node:
            where = node["$ref"].removeprefix("#")
            node = self.document["components"]["responses"][where.rsplit("/", 1)[1]]
        if "application/json" not in node.get("content", {}):
            return [] if response is None else [f"response: status {status} has no body"]
        problems = self._problems(f"{where}/content/application~1json/schema", response)
        return [f"response: {problem}" for problem in problems]

    def _problems(self, pointer: str, value: Any) -> list[str]:
        error = best_match(self._validator(pointer).iter_errors(value))
        return [] if error is None else [f"{'/'.join(map(str, error.absolute_path))}: {error.message[:300]}"]


def _escape(part: str) -> str:
    return quote(part.replace("~", "~0").replace("/", "~1"), safe="~")


def _snowflakes_as_text(value: Any, key: str = "") -> Any:
    """Discord takes ids as numbers too, and discord.py sends some so; the document knows them as text only."""
    if isinstance(value, dict):
        return {name: _snowflakes_as_text(item, name) for name, item in value.items()}
    if isinstance(value, list):
        return [_snowflakes_as_text(item, key) for item in value]
    is_id = key in {"id", "channel_id", "message_id", "guild_id", "recipient_id"} and isinstance(value, int)
    return str(value) if is_id and not isinstance(value, bool) and (value > 1 << 20 or key == "id") else value
