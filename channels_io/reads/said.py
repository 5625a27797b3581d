"""What was said in a test conversation, along the way that led to where it is now.

Going back to an earlier turn begins a new leg; what was said after that turn is no longer part of the
way. The record keeps it all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, cast

from agents.cases import CaseStep, as_text
from channels_io.models import Event, EventKind, Leg, Turn, TurnState


@dataclass(frozen=True, slots=True)
class Stretch:
    """The part of a leg that counts: up to and with turn `last`; None: all of it."""

    leg: Leg
    last: int | None = None

    def holds(self, number: int) -> bool:
        return self.last is None or number <= self.last


def way_to(leg: Leg) -> list[Stretch]:
    """The stretches that led to the end of `leg`, oldest first."""
    found: list[Stretch] = []
    place: Stretch | None = Stretch(leg)
    while place is not None:
        found.append(place)
        place = _before(place.leg)
    return found[::-1]


def _before(leg: Leg) -> Stretch | None:
    if leg.went_back_to is not None:
        return Stretch(leg.went_back_to.leg, leg.went_back_to.number)
    earlier = Leg.objects.filter(conversation=leg.conversation_id, pk__lt=leg.pk).order_by("-pk").first()
    return None if earlier is None else Stretch(earlier)


def state_before(leg: Leg, number: int) -> TurnState | None:
    """The newest state before turn `number` on the way to `leg`; None: it was the first."""
    for stretch in reversed(way_to(leg)):
        states = TurnState.objects.filter(leg=stretch.leg, number__lt=number).order_by("-number")
        if stretch.last is not None:
            states = states.filter(number__lte=stretch.last)
        if (state := states.first()) is not None:
            return state
    return None


@dataclass(slots=True)
class _Part:
    """A step while it is gathered."""

    said: str = ""
    source: Literal["voice", "text", "dtmf"] = "text"
    answers: list[str] = field(default_factory=list)
    nodes: list[str] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)


def steps_to(leg: Leg) -> list[CaseStep]:
    """What the caller said on the way to the end of `leg` and what came of it.

    The first step has no words: what the agent does by itself.
    """
    parts = [_Part()]
    told: set[int] = set()
    for stretch in way_to(leg):
        items = list(_items(stretch))
        for item in items:
            if isinstance(item, Turn):
                if item.role == Turn.Role.CALLER:
                    source = cast(Literal["voice", "text", "dtmf"], item.source)
                    parts.append(_Part(item.text, source, variables=dict(parts[-1].variables)))
                else:
                    parts[-1].answers.append(item.full_text or item.text)
            else:
                _pass(parts[-1], item, again=_number(item) in told)
        told |= {_number(item) for item in items if isinstance(item, Event)}
    return [_step(part) for part in parts]


def lines_to(leg: Leg) -> int:
    """How many turns of either side are recorded on the way to the end of `leg`."""
    return sum(isinstance(item, Turn) for stretch in way_to(leg) for item in _items(stretch))


def _items(stretch: Stretch) -> Iterator[Turn | Event]:
    """Turns and passed nodes by their turn's number: a caller's words come before what they led to."""
    turns = [turn for turn in Turn.objects.filter(leg=stretch.leg) if stretch.holds(turn.number)]
    events = [
        event
        for event in Event.objects.filter(leg=stretch.leg, kind=EventKind.NODE).order_by("seq")
        if stretch.holds(_number(event))
    ]
    keyed: list[tuple[tuple[int, int, int], Turn | Event]] = [
        ((turn.number, 0 if turn.role == Turn.Role.CALLER else 1, turn.text_seq), turn) for turn in turns
    ]
    keyed += [((_number(event), 2, event.seq), event) for event in events]
    yield from (item for _key, item in sorted(keyed, key=lambda each: each[0]))


def _number(event: Event) -> int:
    number = event.data.get("turn", 0)
    return number if isinstance(number, int) else 0


def _pass(part: _Part, event: Event, *, again: bool) -> None:
    """`again`: a later leg tells once more how the flow began."""
    if not again:
        part.nodes += [str(node) for node in event.data.get("nodes", ())]
    part.variables = {name: as_text(value) for name, value in event.data.get("variables", {}).items()}


def _step(part: _Part) -> CaseStep:
    return CaseStep(
        said=part.said,
        source=part.source,
        nodes=tuple(part.nodes),
        variables=part.variables,
        answer=" ".join(part.answers),
    )
