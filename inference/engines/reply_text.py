"""A reply's tokens as text: whole characters only, up to a stop string, tool calls taken out. Pure."""

from __future__ import annotations

import codecs
import json
from dataclasses import dataclass, field

CALL_BEGIN = "<tool_call>"
CALL_END = "</tool_call>"


@dataclass(slots=True)
class ReplyText:
    """Feed token pieces, take the text that is certain. With `calls`, text from a tool call on is kept back."""

    stop: tuple[str, ...] = ()
    calls: bool = False
    stopped: bool = False
    """A stop string was written: what follows does not count."""
    _decoder: codecs.IncrementalDecoder = field(
        default_factory=lambda: codecs.getincrementaldecoder("utf-8")(errors="replace")
    )
    _held: str = ""
    _said: bool = False

    def add(self, piece: bytes) -> str:
        """The text that this piece makes certain, often all of it."""
        if self.stopped:
            return ""
        self._held += self._decoder.decode(piece)
        return self._release(final=False)

    def end(self) -> str:
        """The rest of the text; tool calls stay in `requests`."""
        if self.stopped:
            return ""
        self._held += self._decoder.decode(b"", final=True)
        return self._release(final=True)

    def requests(self) -> list[tuple[str, str]]:
        """(name, arguments as JSON text) of the tools asked for; call it after `end`."""
        return _calls(self._held) if self.calls else []

    def _release(self, *, final: bool) -> str:
        for text in self.stop:
            place = self._held.find(text)
            if place >= 0:
                self._held, self.stopped, final = self._held[:place], True, True
        certain = self._certain(final=final)
        said, self._held = self._held[:certain], self._held[certain:]
        self._said = self._said or bool(said.strip())
        return said

    def _certain(self, *, final: bool) -> int:
        """How many of the held characters are text and nothing else."""
        if self.calls:
            place = self._held.find(CALL_BEGIN)
            if place >= 0:
                return place
            if not self._said and self._held.lstrip().startswith("{"):
                # Small models leave the marks out and write the bare object.
                return 0 if not final or _calls(self._held) else len(self._held)
        if final:
            return len(self._held)
        marks = (*self.stop, CALL_BEGIN) if self.calls else self.stop
        return len(self._held) - max((_overlap(self._held, mark) for mark in marks), default=0)


def _overlap(text: str, mark: str) -> int:
    """How many characters at the end of `text` may be the beginning of `mark`."""
    return next((size for size in range(min(len(text), len(mark) - 1), 0, -1) if text.endswith(mark[:size])), 0)


def _calls(text: str) -> list[tuple[str, str]]:
    pieces = text.split(CALL_BEGIN)[1:] if CALL_BEGIN in text else [text]
    objects = (_object(piece.partition(CALL_END)[0]) for piece in pieces)
    return [
        (str(found["name"]), json.dumps(found.get("arguments") or found.get("parameters") or {}))
        for found in objects
        if found.get("name")
    ]


def _object(text: str) -> dict[str, object]:
    try:
        found, _ = json.JSONDecoder().raw_decode(text.strip())
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
