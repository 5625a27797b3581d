"""What a server answered → what the agent is told: picked, made small enough to read, and never broken JSON."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from agents.tools.nesting import is_shallow
from agents.tools.shapes import Pick
from inference.cloning import VoiceSample
from inference.lending import LentService
from parley.lib.outbound import Response

TOOL_CHARS: Final = 6_000
"""Of the result that goes to the agent; a model has to read it."""
NODE_CHARS: Final = 60_000
"""Of a node's own request: the flow takes values out of it, nobody reads it."""
ERROR_CHARS: Final = 500
_SHORTER: Final = ((50, 2_000), (20, 1_000), (10, 400), (5, 200), (3, 80))
"""(items of a list, characters of a text) that are kept, tried in this order."""
_MARKUP: Final = re.compile(r"<(script|style)\b.*?</\1\s*>|<[^>]*>", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolAnswer:
    """`result` is JSON text. Not `ok`: {"error": words, "code": code} and, after an answer, its status."""

    ok: bool
    result: str
    code: str = ""
    status: int = 0
    milliseconds: int = 0
    response: Response | None = None
    """What came back, for whoever tests the tool. Not for the agent."""
    lent: tuple[LentService, ...] = ()
    """Services that the agent in `result` may use."""
    voices: tuple[VoiceSample, ...] = ()
    """Samples of the cloned voices that it names."""


def failure(code: str, message: str, **more: Any) -> ToolAnswer:
    body = {"error": message, "code": code, **more}
    return ToolAnswer(ok=False, result=msgspec.json.encode(body).decode(), code=code)


def answer_of(response: Response, picks: Sequence[Pick] = (), limit: int = TOOL_CHARS) -> ToolAnswer:
    content = content_of(response)
    if not response.ok:
        return _error(response, content)
    if picks:
        content = {pick.name: picked(content, pick.path) for pick in picks}
    return ToolAnswer(
        ok=True,
        result=shortened(content, limit),
        status=response.status,
        milliseconds=response.milliseconds,
        response=response,
    )


def content_of(response: Response) -> Any:
    """The JSON of an answer, or its text without markup."""
    text = response.text().removeprefix("\ufeff")
    try:
        content = msgspec.json.decode(text)
        if is_shallow(content):
            return content
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        pass
    if "html" in response.headers.get("content-type", ""):
        text = _MARKUP.sub(" ", text)
        text = " ".join(text.split())
    return text.strip()


def picked(content: Any, path: str) -> Any:
    """What stands at the path; None when nothing does. An empty path is all of it."""
    names = [name for name in path.split(".") if name]
    return _picked(content, names)


def _picked(content: Any, names: Sequence[str]) -> Any:
    for place, name in enumerate(names):
        if isinstance(content, dict):
            content = content.get(name)
        elif isinstance(content, list) and name == "*":
            return [_picked(item, names[place + 1 :]) for item in content]
        elif isinstance(content, list) and name.isascii() and name.isdigit() and int(name) < len(content):
            content = content[int(name)]
        else:
            return None
    return content


def shortened(content: Any, limit: int) -> str:
    """As JSON text of at most `limit` characters: long lists lose their end, then texts theirs."""
    text = msgspec.json.encode(content).decode()
    for items, characters in _SHORTER:
        if len(text) <= limit:
            return text
        text = msgspec.json.encode(_cut(content, items, characters)).decode()
    if len(text) <= limit:
        return text
    return msgspec.json.encode(text[: limit // 8] + "…").decode()  # a text again; escaped, at most six times as long


def _cut(content: Any, items: int, characters: int) -> Any:
    match content:
        case str() if len(content) > characters:
            return content[:characters] + "…"
        case list():
            return [_cut(item, items, characters) for item in content[:items]]
        case dict():
            return {name: _cut(item, items, characters) for name, item in list(content.items())[: items * 4]}
    return content


def _error(response: Response, content: Any) -> ToolAnswer:
    said = shortened(content, ERROR_CHARS) if content else ""
    message = f"The server answered {response.status}."
    body = {"error": message, "code": "http_error", "status": response.status, "answer": said}
    return ToolAnswer(
        ok=False,
        result=msgspec.json.encode(body).decode(),
        code="http_error",
        status=response.status,
        milliseconds=response.milliseconds,
        response=response,
    )
