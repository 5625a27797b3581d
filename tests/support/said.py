"""A Sunday in November, and how sentences are put to slots there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from inference.flow.steps import Moment
from inference.nodes import Choice, Slot, SlotKind
from inference.slots import Parsed, parse

SUNDAY = datetime(2026, 11, 22, 10, 30, tzinfo=ZoneInfo("Europe/London"))


def moment(
    language: str = "en-GB", *, now: datetime = SUNDAY, voice: bool = True, facts: Mapping[str, str] | None = None
) -> Moment:
    return Moment(now, language=language, voice=voice, facts=facts or {})


def value(kind: SlotKind, text: str, language: str = "en-GB", *, asked: bool = True) -> str | None:
    """The value of a slot of this kind and nothing else."""
    found = parse(Slot("it", kind), text, moment(language), asked=asked)
    return found.value if found else None


def found(slot: Slot, text: str, language: str = "en-GB", *, asked: bool = True) -> Parsed | None:
    return parse(slot, text, moment(language), asked=asked)


VISIT = Slot(
    "visit",
    "choice",
    choices=(
        Choice("checkup", "Check-up", ("examination", "routine check")),
        Choice("cleaning", "Teeth cleaning", ("hygienist", "scale and polish")),
        Choice("emergency", "Emergency", ("toothache", "broken tooth")),
    ),
)
