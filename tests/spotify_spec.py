"""Checks what goes between us and the fake Spotify against its published OpenAPI document, where that is present."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from tests.fakes.faults import Exchange
from tests.openapi import spec_folder

ROOT = "urn:spotify"


class SpotifySpec:
    """Validates paths, parameters and bodies."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = _without_nullable(document)
        resource = Resource(contents=self.document, specification=DRAFT202012)
        self.registry = Registry().with_resource(ROOT, resource)
        self._validator = cache(self._compile)
        self._schemas: dict[str, Any] = {}

    @classmethod
    def find(cls) -> "SpotifySpec | None":
        file = spec_folder() / "spotify-openapi.yml"
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        return cls(yaml.load(file.read_text("utf-8"), Loader=loader)) if file.is_file() else None

    def problems(self, exchanges: Sequence[Exchange], broken: bool = False) -> list[str]:
        """Say everything that is wrong; `broken` answers are those that a fault spoiled on purpose."""
        return [
            f"{one.method} {one.path} {one.status}: {problem}"
            for one in exchanges
            if one.path.startswith("/v1/")
            for problem in self._check(one, broken)
        ]

    def _check(self, one: Exchange, broken: bool) -> list[str]:
        found = self._operation(one.method.lower(), one.path.removeprefix("/v1").rstrip("/"))
        if found is None:
            return ["no such operation"]
        path, operation = found
        said = self._query(operation, one.query)
        said += self._body(path, one)
        if not broken and one.status < 500:
            said += self._answer(operation, one)
        return said

    def _operation(self, method: str, path: str) -> tuple[str, dict[str, Any]] | None:
        parts = path.split("/")
        for known, item in sorted(self.document["paths"].items(), key=lambda pair: pair[0].count("{")):
            pieces = known.split("/")
            fits = len(pieces) == len(parts) and all(
                a == b or a.startswith("{") for a, b in zip(pieces, parts, strict=True)
            )
            if fits and method in item:
                return known, item[method]
        return None

    def _query(self, operation: dict[str, Any], query: dict[str, str]) -> list[str]:
        known: dict[str, Any] = {}
        for parameter in operation.get("parameters", []):
            node = self._resolved(parameter)
            if node["in"] == "query":
                known[node["name"]] = node
        said = [f"query: {name} is not described" for name in query if name not in known]
        said += [
            f"query: {name} is missing" for name, node in known.items() if node.get("required") and name not in query
        ]
        for name, value in query.items():
            schema = known.get(name, {}).get("schema", {})
            typed: Any = int(value) if schema.get("type") == "integer" else value
            typed = value.split(",") if schema.get("type") == "array" else typed
            error = best_match(Draft202012Validator(schema).iter_errors(typed))
            said += [f"query: {name}: {error.message}"] if error else []
        return said

    def _body(self, path: str, one: Exchange) -> list[str]:
        content = self.document["paths"][path][one.method.lower()].get("requestBody", {}).get("content", {})
        if "application/json" not in content:
            return []
        return self._errors(content["application/json"]["schema"], one.asked, "request")

    def _answer(self, operation: dict[str, Any], one: Exchange) -> list[str]:
        node = operation["responses"].get(str(one.status))
        if node is None and one.status in {400, 404}:
            node = {"$ref": f"#/components/responses/{'BadRequest' if one.status == 400 else 'NotFound'}"}
        if node is None:
            return [f"status {one.status} is not described"]
        node = self._resolved(node)
        return self._errors(node["content"]["application/json"]["schema"], one.answered, "response")

    def _resolved(self, node: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in node:
            found: Any = self.document
            for part in node["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            node = found
        return node

    def _compile(self, key: str) -> Draft202012Validator:
        return Draft202012Validator(self._schemas[key], registry=self.registry)

    def _errors(self, schema: dict[str, Any], value: Any, where: str) -> list[str]:
        key = str(id(schema))
        self._schemas[key] = _absolute(schema)
        error = best_match(self._validator(key).iter_errors(value))
        return [f"{where}: {'/'.join(map(str, error.absolute_path))}: {error.message[:300]}"] if error else []


def _without_nullable(node: Any) -> Any:
    """Say OpenAPI 3.0's `nullable` as JSON Schema does; what is deprecated may be left out, as it is for new apps."""
    if isinstance(node, list):
        return [_without_nullable(item) for item in node]
    if not isinstance(node, dict):
        return node
    made = {key: _without_nullable(value) for key, value in node.items() if key != "nullable"}
    if node.get("nullable") and isinstance(node.get("type"), str):
        made["type"] = [node["type"], "null"]
    properties = node.get("properties", {})
    if isinstance(made.get("required"), list) and isinstance(properties, dict):
        made["required"] = [name for name in node["required"] if not properties.get(name, {}).get("deprecated")]
    return made


def _absolute(node: Any) -> Any:
    if isinstance(node, list):
        return [_absolute(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: f"{ROOT}{value}" if key == "$ref" and str(value).startswith("#") else _absolute(value)
        for key, value in node.items()
    }
