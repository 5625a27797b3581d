"""Which worker a conversation goes to. Pure.

First one that holds the head of the agent's prompt, as long as it has room and is not strained; then the least
loaded. Places that are kept for others are not given away. A worker that broke a moment ago is tried last.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from parley.lib.workers.card import WorkerCard
from parley.lib.workers.placement import rank
from parley.lib.workers.reserved import Reserved, held_for_others, serving_of

STRAINED = 0.9
"""A worker's load from which on another one is better, even if it has to read the prompt first."""

Kind = Literal["voice", "text", "listen"]
Places = Literal["voice", "text"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a conversation needs. `digest` is of the head of the agent's prompt; `models`: names by role, "default" is any."""

    workspace: str
    agent: str
    digest: str
    kind: Kind = "voice"
    models: Mapping[str, str] = field(default_factory=dict)

    @property
    def served(self) -> str:
        return f"{self.workspace}:{self.agent}"


@dataclass(frozen=True, slots=True)
class Route:
    """Addresses in the order in which to try them. `refused`: why none may be tried, for the log."""

    urls: tuple[str, ...] = ()
    refused: Literal["", "nobody", "reserved"] = ""


def route(
    cards: Sequence[WorkerCard],
    wanted: Wanted,
    *,
    reserved: Iterable[Reserved] = (),
    begun: Mapping[str, Sequence[str]] | None = None,
    suspects: Collection[str] = (),
) -> Route:
    """`begun`: by address, "workspace:agent" of calls opened there since its card was written."""
    begun = begun or {}
    taking = [card for card in cards if card.takes]
    if not taking:
        return Route(refused="nobody")
    if wanted.kind == "voice" and not _may(taking, wanted, reserved, begun, suspects):
        return Route(refused="reserved")
    kind: Places = "text" if wanted.kind == "text" else "voice"
    ordered = sorted(
        taking,
        key=lambda card: (
            card.url in suspects,
            free(card, kind, begun) <= 0 and wanted.kind != "listen",  # Full by its card: it may have room by now.
            _missing(card, wanted),
            not _prefers(card, wanted),
            _taken(card, kind, begun),
            rank(wanted.agent, card.url),
        ),
    )
    return Route(tuple(card.url for card in ordered))


def free(card: WorkerCard, kind: Places, begun: Mapping[str, Sequence[str]]) -> int:
    """Places left, calls that the card does not know yet counted."""
    return card.free(kind) - (len(begun.get(card.url, ())) if kind == "voice" else 0)


def holds(card: WorkerCard, wanted: Wanted) -> bool:
    """Whether the head of the agent's prompt is there."""
    return card.resident.get(wanted.agent) == wanted.digest


def _prefers(card: WorkerCard, wanted: Wanted) -> bool:
    return holds(card, wanted) and (card.load < STRAINED or card.conversations == 0)


def _taken(card: WorkerCard, kind: Places, begun: Mapping[str, Sequence[str]]) -> float:
    places = card.text_capacity if kind == "text" else card.capacity
    share = 1 - free(card, kind, begun) / places if places else 1.0
    return round(max(share, card.load if card.conversations else 0.0), 2)


def _missing(card: WorkerCard, wanted: Wanted) -> int:
    """How many of the models. One that a worker lacks is replaced by its own: worse, but a conversation."""
    roles = ("chat",) if wanted.kind == "text" else wanted.models
    names = ((role, wanted.models.get(role, "")) for role in roles)
    return sum(
        name not in ("", "default") and not name.startswith("provider:") and name not in card.models.get(role, (name,))
        for role, name in names
    )


def _may(
    taking: Sequence[WorkerCard],
    wanted: Wanted,
    reserved: Iterable[Reserved],
    begun: Mapping[str, Sequence[str]],
    suspects: Collection[str],
) -> bool:
    """Whether a place is left that is kept for nobody else. A full house is for the workers to say."""
    reserved = list(reserved)
    if not reserved:
        return True
    new = [{served: 1} for each in begun.values() for served in each]
    serving = serving_of([*(card.serving for card in taking), *new])
    held = held_for_others(reserved, serving, wanted.workspace, wanted.agent)
    left = sum(max(0, free(card, "voice", begun)) for card in taking if card.url not in suspects)
    return held == 0 or left > held
