"""Arguments of a tool: the schema a model is shown, and what it sends turned into typed values."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from agents.tools.shapes import Parameter
from agents.tools.template import fill

MAX_ARGUMENTS: Final = 20_000
"""Characters of all arguments together."""
MAX_ARGUMENT: Final = 2_000
_YES: Final = frozenset({"true", "yes", "1"})
_NO: Final = frozenset({"false", "no", "0"})
_TYPES: Final = {"text": "string", "whole": "integer", "number": "number", "yes_no": "boolean", "choice": "string"}


class BadArguments(ValueError):
    """What the tool was called with does not fit. The text is for the model and the record."""


def schema_of(parameters: Sequence[Parameter]) -> str:
    """JSON schema as text. What the server fills is not in it."""
    shown = [parameter for parameter in parameters if not parameter.fixed]
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {parameter.name: _schema(parameter) for parameter in shown},
        "required": [parameter.name for parameter in shown if parameter.required],
        "additionalProperties": False,
    }
    return msgspec.json.encode(schema).decode()


def _schema(parameter: Parameter) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": _TYPES[parameter.kind]}
    if parameter.description:
        schema["description"] = parameter.description
    if parameter.kind == "choice":
        schema["enum"] = list(parameter.choices)
    return schema


def decode_arguments(text: str) -> dict[str, Any]:
    """The JSON object that came over the wire. Raises BadArguments."""
    if len(text) > MAX_ARGUMENTS:
        raise BadArguments("The arguments are too long.")
    try:
        found = msgspec.json.decode(text or "{}")
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise BadArguments("The arguments are not JSON.") from error
    if not isinstance(found, dict):
        raise BadArguments("The arguments must be a JSON object.")
    return found


def typed_arguments(
    parameters: Sequence[Parameter], given: Mapping[str, Any], facts: Mapping[str, str]
) -> dict[str, Any]:
    """Name → value of the parameter's kind. Raises BadArguments.

    What a parameter fixes comes from `facts`, whatever was given; names that no parameter has are passed over.
    """
    found: dict[str, Any] = {}
    for parameter in parameters:
        value = fill(parameter.fixed, facts) if parameter.fixed else given.get(parameter.name)
        if value is None or value == "":
            if parameter.required:
                raise BadArguments(f"{parameter.name} is missing.")
            continue
        found[parameter.name] = _typed(parameter, value)
    return found


def plain_arguments(given: Mapping[str, Any]) -> dict[str, Any]:
    """Of an HTTP node: whatever the flow knew. Raises BadArguments."""
    for name, value in given.items():
        if isinstance(value, str) and len(value) > MAX_ARGUMENT:
            raise BadArguments(f"{name} is too long.")
    return dict(given)


def _typed(parameter: Parameter, value: Any) -> Any:
    match parameter.kind:
        case "whole" | "number":
            return _number(parameter, value)
        case "yes_no":
            word = str(value).strip().lower()
            if word not in _YES | _NO:
                raise BadArguments(f"{parameter.name} must be true or false.")
            return word in _YES
        case "choice":
            return _choice(parameter, value)
        case "text":
            return _text(parameter, value)


def _number(parameter: Parameter, value: Any) -> int | float:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if isinstance(value, bool) or not math.isfinite(number) or abs(number) > 1e15:
        raise BadArguments(f"{parameter.name} must be a number.")
    if number.is_integer():
        return int(number)
    if parameter.kind == "whole":
        raise BadArguments(f"{parameter.name} must be a whole number.")
    return number


def _text(parameter: Parameter, value: Any) -> str:
    if not isinstance(value, str | int | float):
        raise BadArguments(f"{parameter.name} must be text.")
    text = str(value).strip()
    if len(text) > MAX_ARGUMENT:
        raise BadArguments(f"{parameter.name} is too long.")
    return text


def _choice(parameter: Parameter, value: Any) -> str:
    text = _text(parameter, value)
    for choice in parameter.choices:
        if choice.casefold() == text.casefold():
            return choice
    raise BadArguments(f"{parameter.name} must be one of: {', '.join(parameter.choices)}.")
