"""What a request, its parameters and its result look like: flat values, as forms, nodes and the API write them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

import msgspec
from msgspec import Struct

from agents.placeholders import names_in

if TYPE_CHECKING:
    from agents.models import Tool

Shape = TypeVar("Shape")

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
Auth = Literal["none", "bearer", "basic", "header", "query"]
ParameterKind = Literal["text", "whole", "number", "yes_no", "choice"]

MAX_ROWS: Final = 40
FIXED_FACTS: Final = ("caller", "channel", "date", "conversation", "leg", "agent")
"""What a fixed parameter may be filled with: nothing that a model or a caller says."""
MAX_TIMEOUT: Final = 30
MAX_RETRIES: Final = 2


class Header(Struct, frozen=True):
    name: str = ""
    value: str = ""
    """A template."""


class HttpRequest(Struct, frozen=True):
    """`url`, header values and `body` may hold `{{name}}`. The secret is named here, never written."""

    method: Method = "GET"
    url: str = ""
    headers: tuple[Header, ...] = ()
    auth: Auth = "none"
    auth_name: str = ""
    """The user of basic, the header of "header", the parameter of "query"."""
    secret: str = ""
    body: str = ""
    """JSON with `{{name}}` in its texts. Empty: what stands nowhere else is sent by itself."""
    timeout: float = 8.0
    """Seconds for all of it, repeats included."""
    retries: int = 0
    """How often a failed GET, PUT or DELETE is repeated."""


class Parameter(Struct, frozen=True):
    """One argument. `fixed`, when not empty, is a template that the server fills: the model does not see it."""

    name: str = ""
    kind: ParameterKind = "text"
    description: str = ""
    required: bool = True
    choices: tuple[str, ...] = ()
    fixed: str = ""


class Pick(Struct, frozen=True):
    """`path` in the JSON answer: "slots.0.time"; "*" is each of a list."""

    name: str = ""
    path: str = ""


class ToolValues(Struct, frozen=True):
    """All that a tool says, apart from its name."""

    description: str = ""
    saying: str = ""
    """Said while it runs."""
    request: HttpRequest = HttpRequest()
    parameters: tuple[Parameter, ...] = ()
    results: tuple[Pick, ...] = ()


REQUEST_KEYS: Final = HttpRequest.__struct_fields__
TOOL_KEYS: Final = ("description", "saying", *REQUEST_KEYS, "parameters", "results")


class BadValues(ValueError):
    """The values have not the shape of a request; the text says where."""


def request_of(values: Mapping[str, Any]) -> HttpRequest:
    """Of flat values; keys that are not a request's are passed over. Raises BadValues."""
    return _converted({key: values[key] for key in REQUEST_KEYS if key in values}, HttpRequest)


def tool_values_of(values: Mapping[str, Any]) -> ToolValues:
    """Of flat values. Raises BadValues; unknown keys are refused."""
    unknown = set(values) - set(TOOL_KEYS)
    if unknown:
        raise BadValues(f"{min(unknown)[:40]}: there is no such field.")
    nested = {key: value for key, value in values.items() if key not in REQUEST_KEYS}
    return _converted({**nested, "request": {key: values[key] for key in REQUEST_KEYS if key in values}}, ToolValues)


def stored_values(tool: Tool) -> ToolValues:
    """What the row says."""
    return ToolValues(
        description=tool.description,
        saying=tool.saying,
        request=_converted(tool.request, HttpRequest),
        parameters=_converted(tuple(tool.parameters), tuple[Parameter, ...]),
        results=_converted(tuple(tool.results), tuple[Pick, ...]),
    )


def flat(values: ToolValues) -> dict[str, Any]:
    """The same as one JSON-safe dict, by the keys of TOOL_KEYS."""
    nested = plain(values)
    request = nested.pop("request")
    return {**nested, **request}


def plain(values: Struct) -> dict[str, Any]:
    """As JSON reads it back: lists, not tuples."""
    found: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(values))
    return found


def values_of(tool: Tool) -> dict[str, Any]:
    """What a tool says, with its name: for forms and the API."""
    return {"name": tool.name, **flat(stored_values(tool))}


def variables_of(request: HttpRequest) -> tuple[str, ...]:
    """The names that its templates use, in order."""
    texts = (request.url, *(header.value for header in request.headers), request.body)
    return tuple(dict.fromkeys(name for text in texts for name in names_in(text)))


def _converted(values: Any, shape: type[Shape]) -> Shape:
    try:
        return msgspec.convert(values, shape)
    except (msgspec.ValidationError, RecursionError) as error:
        raise BadValues(str(error)) from error
