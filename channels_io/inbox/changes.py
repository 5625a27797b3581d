"""What waits to be told to one page: each conversation once, however often it changed. Pure."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from msgspec import Struct

MOST: Final = 200
"""Conversations that may wait; more, and the page is told to read its list again."""


class Hint(Struct, frozen=True):
    """As `channels_io.announce` publishes it."""

    type: str
    conversation: str = ""
    what: list[str] = []


_decoder = msgspec.json.Decoder(Hint)


class Changes:
    def __init__(self) -> None:
        self._what: dict[str, dict[str, None]] = {}
        self._all = False

    def __bool__(self) -> bool:
        return bool(self._what) or self._all

    def add(self, payload: bytes) -> None:
        """A hint that cannot be read is passed over."""
        try:
            hint = _decoder.decode(payload)
        except msgspec.DecodeError:
            return
        if self._all or hint.type != "changed":
            return
        self._what.setdefault(hint.conversation, {}).update(dict.fromkeys(hint.what))
        if len(self._what) > MOST:
            self.add_all()

    def add_all(self) -> None:
        """Something may have been missed."""
        self._what.clear()
        self._all = True

    def take(self) -> list[dict[str, Any]]:
        """The messages for the page; afterwards nothing waits."""
        if self._all:
            messages: list[dict[str, Any]] = [{"type": "resync"}]
        else:
            messages = [
                {"type": "changed", "conversation": key, "what": list(what)} for key, what in self._what.items()
            ]
        self._what, self._all = {}, False
        return messages
