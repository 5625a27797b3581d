"""Test conversations as the bench leaves them, written through the real actions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from agents.models import Agent
from channels_io.actions.close_leg import close_leg
from channels_io.actions.record_entries import record_entries
from channels_io.entries import AgentTurn, CallerTurn, Entry, EventEntry, StateSnapshot
from channels_io.live.opening import OpenedLeg, Trial, open_leg_for, running_for
from channels_io.models import Conversation, Leg, TurnState
from inference.events import ConversationState, Message

USER = ("user", "us_tester")


def open_trial(
    agent: Agent,
    *,
    conversation: Conversation | None = None,
    back_to: TurnState | None = None,
    identity: tuple[str, str] | None = USER,
) -> OpenedLeg:
    return open_leg_for(
        agent=agent,
        running=running_for(agent, None, "draft"),
        kind="web_chat",
        media="text",
        identity=identity,
        conversation=conversation,
        trial=Trial(back_to=back_to),
    )


def have(
    leg: Leg,
    number: int,
    said: str,
    answer: str,
    *,
    nodes: Sequence[str] = (),
    variables: Mapping[str, str] | None = None,
    end: bool = False,
) -> None:
    """Record turn `number`; number 0 with empty `said` is the agent's opening."""
    seq = number * 10
    entries: list[Entry] = [] if not said else [CallerTurn(seq=seq + 1, number=number, text=said, source="text")]
    if answer:
        entries.append(AgentTurn(seq=seq + 2, number=number, text=answer, source="text"))
    data = {"turn": number, "nodes": list(nodes), "variables": dict(variables or {})}
    entries.append(EventEntry(seq=seq + 3, kind="node", data=data))
    history = tuple(Message(role, text) for role, text in (("user", said), ("assistant", answer)) if text)
    entries.append(StateSnapshot(seq=seq + 4, state=ConversationState(turn=number, history=history, greeted=True)))
    record_entries(leg, entries)
    if end:
        close_leg(leg, "hangup")


def booking(agent: Agent, *, identity: tuple[str, str] | None = USER) -> Leg:
    """Three turns: the opening, a wish, a day."""
    leg = open_trial(agent, identity=identity).leg
    have(leg, 0, "", "Hello.", nodes=["start", "goal"], variables={"caller": "web"})
    have(leg, 1, "I want to book.", "Which day?", nodes=["book"], variables={"caller": "web", "topic": "booking"})
    have(
        leg,
        2,
        "Tuesday.",
        "At what time?",
        nodes=["day"],
        variables={"caller": "web", "topic": "booking", "day": "2026-11-24"},
    )
    return leg
