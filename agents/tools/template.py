"""`{{name}}` in the parts of a request: each part has its own way of writing a value, so that a value stays one.

Nothing is evaluated. A value can neither leave its place in an address nor its text in a body.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from agents.tools.nesting import is_shallow

PLACEHOLDER = re.compile(r"\{\{ *([A-Za-z_][A-Za-z0-9_]{0,39}) *\}\}", re.ASCII)
_BARE = re.compile(rf"\"(?:[^\"\\]|\\.)*\"|{PLACEHOLDER.pattern}", re.DOTALL)
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,17})?", re.ASCII)
_MARK = "\ue000"
"""Before the name of a placeholder that stands outside of a text; no user's text keeps a private character."""
_WORDS = {"true": True, "yes": True, "false": False, "no": False, "": None, "null": None}


class TemplateRefused(ValueError):
    """code: argument_missing, argument_refused, body_not_json. The text is for whoever built the tool."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def text_of(value: Any) -> str:
    """A value inside a text."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case float() if value.is_integer():
            return str(int(value))
        case str():
            return value
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else str(value)


def fill(text: str, values: Mapping[str, Any], write: Callable[[str], str] = str) -> str:
    """Names without a value become nothing."""
    return PLACEHOLDER.sub(lambda found: write(text_of(values.get(found[1]))), text)


def fill_path(template: str, values: Mapping[str, Any]) -> str:
    """The part of an address before "?". TemplateRefused when a value would be empty or climb to another folder."""
    for name in PLACEHOLDER.findall(template):
        if not text_of(values.get(name)).strip():
            raise TemplateRefused("argument_missing", f"“{name}” stands in the address and has no value.")
    filled = fill(template, values, _quoted)
    if any(part in (".", "..") for part in filled.split("/")):
        raise TemplateRefused("argument_refused", "A value in the address is a dot.")
    return filled


def fill_query(template: str, values: Mapping[str, Any]) -> str:
    """The part after "?"; a pair that is only a name without a value is left out."""
    pairs = []
    for pair in template.split("&"):
        name, equals, value = pair.partition("=")
        alone = PLACEHOLDER.fullmatch(value)
        if pair and not (equals and alone and not text_of(values.get(alone[1]))):
            pairs.append(f"{fill(name, values, _quoted)}{equals}{fill(value, values, _quoted)}")
    return "&".join(pairs)


def pairs_of(values: Mapping[str, Any]) -> str:
    """Values as a query of their own."""
    return "&".join(f"{_quoted(name)}={_quoted(text_of(value))}" for name, value in values.items() if value is not None)


def read_body(template: str) -> Any:
    """The JSON of a body, placeholders still in it; those outside of texts are marked. TemplateRefused."""
    marked = _BARE.sub(lambda found: found[0] if found[0].startswith('"') else json.dumps(_MARK + found[1]), template)
    try:
        body = json.loads(marked, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise TemplateRefused("body_not_json", str(error)) from error
    if not is_shallow(body):
        raise TemplateRefused("body_not_json", "It is nested too deeply.")
    return body


def fill_body(template: str, values: Mapping[str, Any]) -> bytes:
    """JSON. A text that is only `{{name}}` becomes the value with its type; without quotes, a number or yes/no."""
    return json.dumps(_filled(read_body(template), values), ensure_ascii=False, allow_nan=False).encode()


def _filled(part: Any, values: Mapping[str, Any]) -> Any:
    match part:
        case str() if part.startswith(_MARK):
            return _typed(values.get(part[1:]))
        case str():
            alone = PLACEHOLDER.fullmatch(part)
            return values.get(alone[1]) if alone else fill(part, values)
        case list():
            return [_filled(item, values) for item in part]
        case dict():
            return {name: _filled(item, values) for name, item in part.items()}
    return part


def _typed(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if _NUMBER.fullmatch(value):
        return float(value) if "." in value else int(value)
    return _WORDS.get(value.lower(), value)


def _no_constant(word: str) -> None:
    raise ValueError(f"{word} is no number of JSON")


def _quoted(text: str) -> str:
    return quote(text, safe="")
