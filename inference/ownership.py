"""Who talks to the caller: the agent, or a person of the team who has taken over. What the history says of it. Pure.

A line of the system marks where a person took over and where they gave back: the model reads it where it happened,
and what was said in between is what the agent takes over with (`giving_back.py`). What the person said are assistant
lines named `HUMAN`.
"""

from __future__ import annotations

from collections.abc import Sequence

from inference.events import HUMAN, Message

TAKEN_OVER = Message("system", "A colleague of yours has taken over: from here on they talk to the caller themselves.")
HANDED_BACK = Message(
    "system",
    "Your colleague has handed the conversation back to you. Go on from here, and do not ask again for what the "
    "caller has told them.",
)


def is_mark(line: Message) -> bool:
    return line in (TAKEN_OVER, HANDED_BACK)


def told(text: str) -> Message:
    """What a person said to the caller, as the history has it."""
    return Message("assistant", text, HUMAN)


def said_by_a_person(line: Message) -> bool:
    return line.role == "assistant" and line.name == HUMAN and not line.tool_call


def since_take_over(history: Sequence[Message]) -> list[Message]:
    """What caller and person have said to each other: all of it, where the mark is not there any more."""
    marks = [index for index, line in enumerate(history) if is_mark(line)]
    start = marks[-1] + 1 if marks else 0
    return [line for line in history[start:] if line.text and line.role in ("user", "assistant") and not line.tool_call]


def has_person(history: Sequence[Message]) -> bool:
    """Whether the history says that a person talks."""
    return [line for line in history if is_mark(line)][-1:] == [TAKEN_OVER]


def marked(history: Sequence[Message]) -> list[Message]:
    """The history of a conversation that a person has taken over while no worker had it: before their first words."""
    if has_person(history):
        return list(history)
    start = max((index + 1 for index, line in enumerate(history) if is_mark(line)), default=0)
    place = next((index for index in range(start, len(history)) if said_by_a_person(history[index])), len(history))
    return [*history[:place], TAKEN_OVER, *history[place:]]


def open_mark(folded: Sequence[Message], rest: Sequence[Message]) -> list[Message]:
    """The mark among `folded` lines that still says who talks at the end of the `rest`."""
    if any(is_mark(line) for line in rest):
        return []
    last = [line for line in folded if is_mark(line)][-1:]
    return last if last == [TAKEN_OVER] else []
