"""The API's reference as a page, rendered from its own schema: nothing is fetched from outside."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.generators import SchemaGenerator

from parley.lib.pages import render_page

JSON = "application/json"
DEEPEST = 3
"""Levels of nested fields that are shown."""


@dataclass(frozen=True, slots=True)
class Part:
    """A field of a body: its dotted name, what may stand there, what it means."""

    name: str
    type: str
    required: bool
    help: str


@dataclass(frozen=True, slots=True)
class Answer:
    status: str
    media: str
    help: str
    parts: list[Part]


@dataclass(frozen=True, slots=True)
class Operation:
    id: str
    method: str
    path: str
    tag: str
    summary: str
    description: str
    scope: str
    parameters: list[Part]
    body: list[Part]
    answers: list[Answer]


@login_required
def api_docs(request: HttpRequest) -> HttpResponse:
    groups: dict[str, list[Operation]] = {}
    for operation in operations(api_schema()):
        groups.setdefault(operation.tag, []).append(operation)
    return render_page(request, "parley/api_docs.html", {"groups": groups}, title=_("API"))


def api_schema() -> dict[str, Any]:
    """The whole OpenAPI document, whoever asks."""
    return dict(SchemaGenerator().get_schema(request=None, public=True))  # type: ignore[no-untyped-call]


def operations(schema: dict[str, Any]) -> Iterator[Operation]:
    """Every address and method, in the order of the addresses."""
    reader = _Reader(schema.get("components", {}).get("schemas", {}))
    for path, methods in sorted(schema["paths"].items()):
        for method, operation in methods.items():
            summary, description = _words(operation)
            yield Operation(
                id=operation["operationId"],
                method=method.upper(),
                path=path,
                tag=str(operation.get("tags", ["api"])[0]),
                summary=summary,
                description=description,
                scope=str(operation.get("x-scope", "")),
                parameters=[reader.parameter(parameter) for parameter in operation.get("parameters", ())],
                body=list(reader.body(operation.get("requestBody", {}))),
                answers=[reader.answer(status, found) for status, found in operation.get("responses", {}).items()],
            )


def _words(operation: dict[str, Any]) -> tuple[str, str]:
    """A line for the closed entry, and what more there is to say in the open one."""
    summary, description = operation.get("summary", ""), operation.get("description", "")
    if not summary:
        summary, _newline, description = description.partition("\n")
    return summary.rstrip("."), description.strip()


class _Reader:
    """Reads fields out of JSON schemas that refer to `schemas` by name."""

    def __init__(self, schemas: dict[str, Any]) -> None:
        self._schemas = schemas

    def parameter(self, parameter: dict[str, Any]) -> Part:
        kind = f"{self._type(parameter.get('schema', {}))}, {parameter['in']}"
        return Part(parameter["name"], kind, bool(parameter.get("required")), parameter.get("description", ""))

    def body(self, body: dict[str, Any]) -> Iterator[Part]:
        content = body.get("content", {})
        if content:
            schema = content.get(JSON) or next(iter(content.values()))
            yield from self._parts(schema.get("schema", {}), "", DEEPEST)

    def answer(self, status: str, found: dict[str, Any]) -> Answer:
        content = found.get("content", {})
        media = JSON if JSON in content else next(iter(content), "")
        schema = content.get(media, {}).get("schema", {})
        parts = list(self._parts(schema, "", DEEPEST)) if status.startswith("2") else []  # errors have one form
        return Answer(status, media, found.get("description", ""), parts)

    def _parts(self, schema: dict[str, Any], before: str, depth: int) -> Iterator[Part]:
        schema = self._resolved(schema)
        if schema.get("type") == "array":
            yield from self._parts(schema.get("items", {}), f"{before}[].", depth)
            return
        required = schema.get("required", ())
        for name, field in schema.get("properties", {}).items():
            whole = self._resolved(field)
            help_text = field.get("description") or whole.get("description", "")
            yield Part(f"{before}{name}", self._type(whole), name in required, help_text)
            inner = self._resolved(whole.get("items", {})) if whole.get("type") == "array" else whole
            if depth and inner.get("properties"):
                mark = "[]." if whole.get("type") == "array" else "."
                yield from self._parts(inner, f"{before}{name}{mark}", depth - 1)

    def _resolved(self, schema: dict[str, Any]) -> dict[str, Any]:
        """A schema with its reference followed; of a schema that wraps one reference, that one."""
        while True:
            wrapped = schema.get("allOf") or schema.get("oneOf") or schema.get("anyOf")
            if "$ref" in schema:
                schema = self._schemas.get(schema["$ref"].rsplit("/", 1)[-1], {})
            elif wrapped:
                schema = {**wrapped[0], **{key: value for key, value in schema.items() if key == "description"}}
            else:
                return schema

    def _type(self, schema: dict[str, Any]) -> str:
        whole = self._resolved(schema)
        if whole.get("enum"):
            return " | ".join(str(value) for value in whole["enum"] if value not in (None, ""))
        kind = whole.get("type", "any")
        if kind == "array":
            return _("list of %(type)s") % {"type": self._type(whole.get("items", {}))}
        return " | ".join(kind) if isinstance(kind, list) else str(kind)
