"""How deep a piece of JSON is. What is deeper than any API nests its data is a trap for whoever walks it."""

from __future__ import annotations

from typing import Any

MAX_DEPTH = 40


def is_shallow(content: Any, limit: int = MAX_DEPTH) -> bool:
    """Without recursion."""
    level = [content]
    for _depth in range(limit):
        level = [
            inner
            for item in level
            if isinstance(item, dict | list)
            for inner in (item.values() if isinstance(item, dict) else item)
        ]
        if not level:
            return True
    return False
