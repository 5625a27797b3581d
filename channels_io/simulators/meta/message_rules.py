"""What Meta refuses of a message: the limits a sender must keep. Pure."""

from __future__ import annotations

from collections.abc import Container
from typing import Any

Json = dict[str, Any]

MAX_TEXT = 4096
MAX_INTERACTIVE = 1024
MAX_KEY = 512
TYPES = ("text", "interactive", "template", "audio", "image", "video", "document")


class GraphError(Exception):
    def __init__(self, status: int, code: int, words: str) -> None:
        super().__init__(words)
        self.status = status
        self.code = code
        self.words = words

    def as_json(self) -> Json:
        return {
            "error": {
                "message": f"(#{self.code}) {self.words}",
                "type": "OAuthException",
                "code": self.code,
                "error_data": {"messaging_product": "whatsapp", "details": self.words},
                "fbtrace_id": "A1simulated",
            }
        }


def check_message(body: Json, uploads: Container[str]) -> None:
    """Raises GraphError."""
    kind = body.get("type")
    if body.get("messaging_product") != "whatsapp":
        raise _missing("messaging_product")
    if not (str(body.get("to") or "").isdigit() or "." in str(body.get("recipient") or "")):
        raise _missing("to")
    if kind not in TYPES:
        raise GraphError(400, 131051, "Unsupported message type")
    if len(str(body.get("biz_opaque_callback_data", ""))) > MAX_KEY:
        raise _wrong("biz_opaque_callback_data is too long")
    part = body.get(kind)
    if not isinstance(part, dict):
        raise _missing(str(kind))
    match kind:
        case "text":
            _within(part.get("body"), MAX_TEXT, "text body")
        case "interactive":
            _check_interactive(part)
        case "audio" | "image" | "video" | "document":
            if "link" not in part and part.get("id") not in uploads:
                raise GraphError(400, 131052, "Media download error")
        case "template":
            if not part.get("name") or not (part.get("language") or {}).get("code"):
                raise _missing("template")


def _check_interactive(part: Json) -> None:
    _within((part.get("body") or {}).get("text"), MAX_INTERACTIVE, "interactive body")
    action = part.get("action") or {}
    match part.get("type"):
        case "button":
            replies = [button.get("reply") or {} for button in action.get("buttons") or ()]
            if not 1 <= len(replies) <= 3:
                raise _wrong("between 1 and 3 buttons")
            _check_titles(replies, title=20, key=256)
        case "list":
            _within(action.get("button"), 20, "list button")
            rows = [row for section in action.get("sections") or () for row in section.get("rows") or ()]
            if not 1 <= len(rows) <= 10:
                raise _wrong("between 1 and 10 rows")
            _check_titles(rows, title=24, key=200)
            if any(len(row.get("description", "")) > 72 for row in rows):
                raise _wrong("row description is too long")
        case _:
            raise _wrong("interactive type")


def _check_titles(choices: list[Json], *, title: int, key: int) -> None:
    for choice in choices:
        _within(choice.get("title"), title, "title")
        _within(choice.get("id"), key, "id")
    for name in ("id", "title"):
        if len({choice[name] for choice in choices}) < len(choices):
            raise _wrong(f"duplicate {name}")


def _within(value: Any, most: int, name: str) -> None:
    if not isinstance(value, str) or not value.strip() or len(value.encode("utf-16-le")) // 2 > most:
        raise _wrong(f"{name} must have 1 to {most} characters")


def _missing(name: str) -> GraphError:
    return GraphError(400, 131008, f"Required parameter is missing: {name}")


def _wrong(what: str) -> GraphError:
    return GraphError(400, 131009, f"Parameter value is not valid: {what}")
