"""Places in an ordered list of conversations: a cursor holds a moment and the id that breaks a tie."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

from django.db.models import Q, QuerySet

from channels_io.models import Conversation

_CURSOR = re.compile(r"(\d{1,17})\.(cv_[a-z2-7]{20})\Z")


@dataclass(frozen=True, slots=True)
class Order:
    """By a moment of the conversation, then by its public id, both in the same direction."""

    field: Literal["last_at", "waits_since"]
    descending: bool

    def sorted(self, found: QuerySet[Conversation]) -> QuerySet[Conversation]:
        sign = "-" if self.descending else ""
        return found.order_by(f"{sign}{self.field}", f"{sign}public_id")

    def after(self, found: QuerySet[Conversation], cursor: str) -> QuerySet[Conversation]:
        """What comes behind `cursor`; everything when it is empty or damaged."""
        place = place_of(cursor)
        if place is None:
            return found
        at, public_id = place
        step = "lt" if self.descending else "gt"
        # The first condition is implied by the second: it lets the index begin at the place.
        bound = Q(**{f"{self.field}__{step}e": at})
        return found.filter(
            bound, Q(**{f"{self.field}__{step}": at}) | Q(**{self.field: at, f"public_id__{step}": public_id})
        )

    def cursor(self, conversation: Conversation) -> str:
        at: datetime | None = getattr(conversation, self.field)
        return cursor_of(at or conversation.last_at, conversation.public_id)


NEWEST: Final = Order("last_at", descending=True)
LONGEST_WAIT: Final = Order("waits_since", descending=False)


def cursor_of(at: datetime, public_id: str) -> str:
    """ "<microseconds since 1970>.<public id>"."""
    return f"{int(at.timestamp()) * 1_000_000 + at.microsecond}.{public_id}"


def place_of(cursor: str) -> tuple[datetime, str] | None:
    match = _CURSOR.match(cursor)
    if match is None:
        return None
    seconds, micros = divmod(int(match[1]), 1_000_000)
    try:
        return datetime.fromtimestamp(seconds, tz=UTC).replace(microsecond=micros), match[2]
    except (OverflowError, ValueError, OSError):
        return None
