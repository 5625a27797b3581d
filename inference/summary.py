"""When a conversation outgrows its prompt: which turns to forget, and what to ask the model about them. Pure.

The prompt's history is bounded in tokens. At the high-water mark about half of it is folded into a
summary at once, so that the middle of the prompt changes once in many turns and stays cached between.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from inference.engines.base import ChatOptions
from inference.events import Message
from inference.ownership import is_mark, open_mark

HIGH_WATER = 1200
"""Tokens of history. About 20 turns of a call; reading the half that stays takes some seconds of a gap."""
REPLY_ROOM = 256
SUMMARY_CHARS = 700
NOTICES_KEPT = 4
NOTICE_CHARS = 1000
"""Lines of an operator to the agent outlive the turns that they came in."""
LINE_TOKENS = 5
"""What a chat template puts around a line."""
TOOL_TOKENS = 30
"""What it puts around a tool."""
OPTIONS = ChatOptions(temperature=0.0, max_tokens=96, background=True)
REQUEST = (
    "Pause the conversation and write notes for yourself that replace everything said so far, the earlier notes "
    "included. At most 60 words, plain sentences: who the caller is and what they want, names, dates and numbers, "
    "what was answered or agreed, what is still open. Only facts from this conversation, no greeting."
)


@dataclass(frozen=True, slots=True)
class Budget:
    """Tokens of history: from `high` on it is folded, beyond `most` it is cut whether or not there is a summary."""

    high: int
    most: int


def budget(window: int, head: int) -> Budget:
    """For a model's `window` when `head` tokens of the prompt are no history. Small windows fold early."""
    room = max(0, window - head - REPLY_ROOM - SUMMARY_CHARS // 4)
    return Budget(high=min(HIGH_WATER, room // 2), most=min(2 * HIGH_WATER, room * 3 // 4))


class Costs:
    """Tokens of lines, each counted once while it is in the history."""

    def __init__(self, count: Callable[[str], int]) -> None:
        self._count = count
        self._known: dict[Message, int] = {}

    def of(self, lines: Sequence[Message]) -> list[int]:
        known = self._known
        self._known = {
            line: known[line] if line in known else self._count(f"{line.text} {line.arguments}") + LINE_TOKENS
            for line in lines
        }
        return [self._known[line] for line in lines]


def fold_point(history: Sequence[Message], costs: Sequence[int], keep: int) -> int:
    """How many of the oldest lines to fold so that at most `keep` tokens stay, or else the last turn alone.

    The rest begins with words of the caller: a tool's lines go with the turn they belong to.
    """
    starts = [index for index, line in enumerate(history) if index and line.role == "user"]
    if not starts:  # nobody spoke but the agent, or an operator for it
        starts = [index for index, line in enumerate(history) if index and line.role != "tool" and not line.name]
    for index in starts:
        if sum(costs[index:]) <= keep:
            return index
    return starts[-1] if starts else 0


def without(history: Sequence[Message], count: int) -> list[Message]:
    """The history less its oldest `count` lines; the newest notices of an operator among them stay, and the task."""
    folded, rest = history[:count], history[count:]
    notices = [
        Message("system", line.text[:NOTICE_CHARS])
        for line in folded
        if line.role == "system" and not line.name and not is_mark(line)
    ]
    tasks = [line for line in folded if line.role == "system" and line.name]
    kept = [] if any(line.role == "system" and line.name for line in rest) else tasks[-1:]
    return [*kept, *notices[-NOTICES_KEPT:], *open_mark(folded, rest), *rest]


def tidy(text: str) -> str:
    """The model's notes on one line, bounded; words that break off are left out where a sentence ends before."""
    words = " ".join(re.sub(r"[*#`]+|^\s*[-•]\s+", " ", text, flags=re.MULTILINE).split())[:SUMMARY_CHARS]
    ended = re.match(r".*[.!?。！？](?=\s|$)", words)
    return ended.group() if ended else words


def joined(summary: str, partial: str) -> str:
    """When there was no time for better: the summary as it was, and what was noted before it broke off."""
    return tidy(f"{summary} {tidy(partial)}") if re.search(r"[.!?。！？]", partial) else summary
