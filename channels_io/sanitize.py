"""Whatever came over a wire → what PostgreSQL can store."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

MAX_TEXT = 20_000
MAX_DEPTH = 16
MAX_INT = 2**31 - 1

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def clean_text(text: str, limit: int = MAX_TEXT) -> str:
    """`text` without NUL and lone surrogates, at most `limit` characters."""
    return _UNSTORABLE.sub("", text)[:limit]


def clean_json(value: Any, depth: int = 0) -> Any:
    """A JSON-safe copy: texts cleaned, NaN and infinities null, deeper than MAX_DEPTH as text."""
    match value:
        case None | bool() | int():
            return value
        case str():
            return clean_text(value)
        case float():
            return value if math.isfinite(value) else None
        case Mapping() if depth < MAX_DEPTH:
            return {clean_text(str(key)): clean_json(item, depth + 1) for key, item in value.items()}
        case list() | tuple() if depth < MAX_DEPTH:
            return [clean_json(item, depth + 1) for item in value]
    return clean_text(str(value))


def clean_count(value: float) -> int:
    """A whole number that fits PositiveIntegerField."""
    if not math.isfinite(value):
        return 0
    return min(MAX_INT, max(0, round(value)))


def clean_ms(value: float | None) -> float | None:
    """A duration of at least 0 ms, or None when it is not a number."""
    return None if value is None or not math.isfinite(value) else min(float(MAX_INT), max(0.0, float(value)))
