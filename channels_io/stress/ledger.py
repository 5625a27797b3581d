"""What was sent and what was got → lost, double, out of order, and how fast it was acknowledged. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from msgspec import Struct

TOKEN: Final = re.compile(r"p\d{4}m\d{5}")


@dataclass(frozen=True, slots=True)
class Sent:
    """A message to us. Times in seconds. `acked_at`: its first 2xx, of whichever copy; None: it was never taken by webhook."""

    key: str
    sender: str
    token: str
    sent_at: float
    acked_at: float | None


@dataclass(frozen=True, slots=True)
class Got:
    """A message from us, as it lies in the person's phone."""

    to: str
    text: str
    at: float


class Figures(Struct, frozen=True):
    """`stored` etc. are of the database, only to be compared; the rest is of the two sides of the simulator."""

    sent: int
    copies: int
    refused: int
    """Never acknowledged to the webhook: found again in the provider's list, or lost."""
    lost: tuple[str, ...]
    double: tuple[str, ...]
    disordered: tuple[tuple[str, str], ...]
    """(answered too late, answered before it)"""
    acked_unstored: tuple[str, ...]
    """Acknowledged, and not in the database."""
    replies: int
    conversations: int
    people: int
    ack_p50_ms: float
    ack_p99_ms: float
    ack_worst_ms: float
    acks_measured: int

    @property
    def kept(self) -> bool:
        """Whether everything that was promised was kept; how fast is another question."""
        broken = self.lost or self.double or self.disordered or self.acked_unstored
        return not broken and self.conversations == self.people


@dataclass(slots=True)
class Outages:
    """Spans in which an acknowledgement may be late."""

    spans: list[tuple[float, float]] = field(default_factory=list)

    def holds(self, began: float, ended: float) -> bool:
        return any(began <= until and ended >= since for since, until in self.spans)


def judge(
    sent: Sequence[Sent],
    got: Sequence[Got],
    acks: Sequence[float],
    *,
    copies: int,
    stored: Iterable[str],
    conversations: int,
) -> Figures:
    """`got` in the order of the phone; `acks`: milliseconds of webhooks outside outages; `stored`: keys in the inbox."""
    answers = _answers(got)
    known = set(stored)
    ordered = sorted(acks)
    return Figures(
        sent=len(sent),
        copies=copies,
        refused=sum(message.acked_at is None for message in sent),
        lost=tuple(message.token for message in sent if message.token not in answers),
        double=tuple(token for token, times in _times(got).items() if times > 1),
        disordered=tuple(_disordered(sent, answers)),
        acked_unstored=tuple(m.token for m in sent if m.acked_at is not None and m.key not in known),
        replies=len(got),
        conversations=conversations,
        people=len({message.sender for message in sent}),
        ack_p50_ms=_share(ordered, 0.5),
        ack_p99_ms=_share(ordered, 0.99),
        ack_worst_ms=ordered[-1] if ordered else 0.0,
        acks_measured=len(ordered),
    )


def _answers(got: Sequence[Got]) -> dict[str, tuple[int, int]]:
    """Where each token is answered first: (which message, where in it)."""
    places: dict[str, tuple[int, int]] = {}
    for number, message in enumerate(got):
        for place, token in enumerate(TOKEN.findall(message.text)):
            places.setdefault(token, (number, place))
    return places


def _times(got: Sequence[Got]) -> Counter[str]:
    return Counter(token for message in got for token in TOKEN.findall(message.text))


def _disordered(sent: Sequence[Sent], answers: Mapping[str, tuple[int, int]]) -> Iterable[tuple[str, str]]:
    """Pairs of one person's where the first was acknowledged before the second was sent, and is answered after it."""
    by_person: dict[str, list[Sent]] = {}
    for message in sent:
        if message.token in answers:
            by_person.setdefault(message.sender, []).append(message)
    for messages in by_person.values():
        for first in messages:
            for second in messages:
                before = first.acked_at is not None and first.acked_at < second.sent_at
                if before and answers[first.token] > answers[second.token]:
                    yield first.token, second.token


def _share(ordered: Sequence[float], share: float) -> float:
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))], 1) if ordered else 0.0


def render(figures: Figures, seconds: float, faults: Sequence[str]) -> str:
    """For a terminal."""
    lines = [
        f"{figures.sent} messages of {figures.people} people and {figures.copies} copies of them, {figures.replies} replies, "
        f"{seconds:.0f} s",
        *(f"  fault: {fault}" for fault in faults),
        f"lost             {len(figures.lost)}",
        f"double replies   {len(figures.double)}",
        f"order breaks     {len(figures.disordered)}",
        f"2xx without row  {len(figures.acked_unstored)}",
        f"conversations    {figures.conversations} of {figures.people}",
        f"refused and found again in the provider's list: {figures.refused}",
        f"acknowledged in  p50 {figures.ack_p50_ms:.0f} ms, p99 {figures.ack_p99_ms:.0f} ms, "
        f"worst {figures.ack_worst_ms:.0f} ms ({figures.acks_measured} outside outages)",
    ]
    for name, tokens in (("lost", figures.lost), ("double", figures.double), ("unstored", figures.acked_unstored)):
        if tokens:
            lines.append(f"{name}: {', '.join(tokens[:20])}")
    if figures.disordered:
        lines.append("order: " + ", ".join(f"{late} after {early}" for late, early in figures.disordered[:20]))
    return "\n".join(lines)
