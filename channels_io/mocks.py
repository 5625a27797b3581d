"""Answers that stand in for tools while an agent is tested: nothing goes out, and the same comes back every time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

MAX_MOCKS = 50
MAX_RESULT_CHARS = 20_000
MAX_NAME_CHARS = 100


class Mock(Struct, frozen=True, forbid_unknown_fields=True):
    """What a tool "answers". `result` is JSON text or plain text, as in `ToolResult`; not `ok`: it failed."""

    result: str = ""
    ok: bool = True


Mocks = dict[str, Mock]
"""By the name that the worker asks for: a tool's, or "node:<id>" for a request of a node's own."""


class MocksRefused(ValueError):
    """The text says what is wrong, for whoever sent them."""


def checked_mocks(mocks: Mapping[str, Mock]) -> Mocks:
    """Raises MocksRefused on too many, and on names and answers that are too long."""
    if len(mocks) > MAX_MOCKS:
        raise MocksRefused(f"At most {MAX_MOCKS} tools can have an answer of their own.")
    for name, mock in mocks.items():
        if not 0 < len(name) <= MAX_NAME_CHARS:
            raise MocksRefused(f"A tool's name has 1 to {MAX_NAME_CHARS} characters.")
        if len(mock.result) > MAX_RESULT_CHARS:
            raise MocksRefused(f"An answer may have at most {MAX_RESULT_CHARS} characters.")
    return dict(mocks)


def read_mocks(stored: Mapping[str, Any]) -> Mocks:
    """Of a test case's row."""
    return msgspec.convert(dict(stored), Mocks)
