"""The geometry of a waterfall: spans of a reply → bars that a template draws as SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from channels_io.reads.record import TurnRecord

WIDTH = 1000
"""Units of the drawing: it is stretched to the width of its place."""
BUDGET_MS = 500
GOOD_MS = 500
FAIR_MS = 1000

_SLOTS = {
    gettext_noop("end of turn"): 1,
    gettext_noop("recognition"): 2,
    gettext_noop("first token"): 3,
    gettext_noop("first clause"): 4,
    gettext_noop("voice"): 5,
    gettext_noop("wire"): 6,
}
OTHER_SLOT = 7

EXPLAINED = {
    "end of turn": _("From the caller's last sound until there has been silence enough."),
    "recognition": _("Until the words were known, where they came later than that."),
    "first token": _("Until the language model gives its first word."),
    "first clause": _("Until there are enough words to say aloud."),
    "voice": _("Until the first sound of the voice."),
    "wire": _("On the way between caller, web server and speech worker."),
}


@dataclass(frozen=True, slots=True)
class Bar:
    """`x` and `width` in drawing units; `slot` chooses the colour."""

    name: str
    ms: float
    x: float
    width: float
    slot: int

    @property
    def explained(self) -> str:
        return str(EXPLAINED.get(self.name, ""))


@dataclass(frozen=True, slots=True)
class Waterfall:
    record: TurnRecord
    bars: tuple[Bar, ...]
    total_ms: float
    budget_x: float

    @property
    def over(self) -> bool:
        return self.total_ms > BUDGET_MS

    @property
    def over_ms(self) -> float:
        return self.total_ms - BUDGET_MS

    @property
    def evaluated_tokens(self) -> int:
        return max(0, self.record.turn.prompt_tokens - self.record.turn.cached_tokens)


@dataclass(frozen=True, slots=True)
class Legend:
    name: str
    slot: int
    mean_ms: float
    share: float
    explained: str


def waterfalls(records: Sequence[TurnRecord]) -> dict[int, Waterfall]:
    """By turn pk, all on one scale so that they can be compared; turns without spans are left out."""
    timed = [record for record in records if record.spans]
    longest = max((record.wait_ms or 0 for record in timed), default=0)
    scale = WIDTH / (max(longest, BUDGET_MS) * 1.04)
    return {record.turn.pk: _waterfall(record, scale) for record in timed}


def _waterfall(record: TurnRecord, scale: float) -> Waterfall:
    bars = tuple(
        Bar(
            name=span.name,
            ms=span.ms,
            x=round(span.start_ms * scale, 1),
            width=round(max(span.ms * scale, 1.5 if span.ms else 0), 1),
            slot=_SLOTS.get(span.name, OTHER_SLOT),
        )
        for span in record.spans
    )
    return Waterfall(record=record, bars=bars, total_ms=record.wait_ms or 0.0, budget_x=round(BUDGET_MS * scale, 1))


def legend(drawn: Sequence[Waterfall]) -> tuple[Legend, ...]:
    """Each span's name once, in the order of the spans, with its mean over the turns that have it."""
    sums: dict[str, list[float]] = {}
    for waterfall in drawn:
        for bar in waterfall.bars:
            sums.setdefault(bar.name, []).append(bar.ms)
    whole = sum(sum(values) for values in sums.values()) or 1.0
    return tuple(
        Legend(
            name=name,
            slot=_SLOTS.get(name, OTHER_SLOT),
            mean_ms=sum(values) / len(values),
            share=sum(values) / whole,
            explained=str(EXPLAINED.get(name, "")),
        )
        for name, values in sorted(sums.items(), key=lambda item: _SLOTS.get(item[0], OTHER_SLOT))
    )


def verdict(ms: float | None) -> str:
    """Class of a badge: is-good within the budget, is-warn while it still feels like talk, else is-bad."""
    if ms is None:
        return ""
    return "is-good" if ms <= GOOD_MS else "is-warn" if ms <= FAIR_MS else "is-bad"
