"""Checks what goes over the wire against Discord's published OpenAPI document, where that is present."""

import json
import os
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

ROOT = "urn:discord"


def spec_folder() -> Path:
    """Where the documents lie: EARMARK_SPEC, or ../shared/spec beside the checkout."""
    default = Path(__file__).resolve().parents[2] / "shared" / "spec"
    return Path(os.environ.get("EARMARK_SPEC") or default)


class DiscordSpec:
    """Validates requests and responses; validators are compiled once a route."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        resource = Resource(contents=document, specification=DRAFT202012)
        self.registry = Registry().with_resource(ROOT, resource)
        self._validator = cache(self._compile)

    @classmethod
    def find(cls) -> "DiscordSpec | None":
        file = spec_folder() / "discord-openapi.json"
        return cls(json.loads(file.read_text(encoding="utf-8"))) if file.is_file() else None

    def _compile(self, pointer: str) -> Draft202012Validator:
        return Draft202012Validator({"$ref": f"{ROOT}#{pointer}"}, registry=self.registry)

    def _operation(self, method: str, template: str) -> tuple[str, dict[str, Any]] | None:
        parts = template.strip("/").split("/")
        for path, item in self.document["paths"].items():
            known = path.strip("/").split("/")
            fits = len(known) == len(parts) and all(
                a == b or b.startswith("{") for a, b in zip(known, parts, strict=True)
            )
            if fits and method.lower() in item:
                return f"/paths/{_escape(path)}/{method.lower()}", item[method.lower()]
        return None

    def check(self, method: str, template: str, status: int, request: Any, response: Any) -> list[str]:
        """Say everything that is wrong with an exchange; an empty list is well."""
        found = self._operation(method, template)
        if found is None:
            return [f"no such operation: {method} {template}"]
        pointer, operation = found
        problems: list[str] = []
        content = operation.get("requestBody", {}).get("content", {})
        if request is not None and status < 400:
            kind = "application/json" if "application/json" in content else next(iter(content), None)
            if kind is not None:
                where = f"{pointer}/requestBody/content/{_escape(kind)}/schema"
                problems += [f"request: {p}" for p in self._problems(where, _snowflakes_as_text(request))]
        if response is not None:
            responses = operation["responses"]
            key = next((k for k in (str(status), f"{status // 100}XX", "default") if k in responses), None)
            if key is None:
                return [*problems, f"response: status {status} is not described"]
            described = f"{pointer}/responses/{key}"
            node = responses[key]
            if "$ref" in node:
                described = node["$ref"].removeprefix("#")
                for part in described.strip("/").split("/"):
                    node = self.document[part] if node is responses[key] else node[part]
            if "application/json" in node.get("content", {}):
                where = f"{described}/content/application~1json/schema"
                problems += [f"response: {p}" for p in self._problems(where, response)]
        return problems

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
    is_id = key in {"id", "channel_id", "message_id", "guild_id"} and isinstance(value, int)
    return str(value) if is_id and not isinstance(value, bool) and (value > 1 << 20 or key == "id") else value
