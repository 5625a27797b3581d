"""Free text: the answer as it was said, without the noise around it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from inference.nodes import Slot
from inference.slots.declining import declines
from inference.slots.parsed import Found

if TYPE_CHECKING:
    from inference.flow.steps import Moment

_LEAD = re.compile(r"^(?:(?:um+|uh+|er+m?|hmm+|well|so|okay|ok|right|yeah|yes|oh)[\s,.…-]+)+", re.IGNORECASE)
_LONGEST = 1000
_SHORT = 6
"""Words; more of them say something, however they begin: "I don't have a signal when it rains"."""


def find(slot: Slot, text: str, moment: Moment) -> list[Found]:
    """All of it, unless the caller declines to answer. Never unmistakable."""
    lead = _LEAD.match(text)
    start = lead.end() if lead and lead.end() < len(text.rstrip()) else 0
    said = text[start:].strip(" \t\r\n;,")[:_LONGEST].removesuffix(".")
    if not any(character.isalnum() for character in said) or (len(said.split()) <= _SHORT and declines(said)):
        return []
    start = text.index(said, start)
    return [Found(said, start, start + len(said), plain=True)]
