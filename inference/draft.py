"""An answer in the making: begun, perhaps, before it is known that the caller's turn is over."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from inference.events import Message
from inference.flow.state import FlowState
from inference.flow.steps import Answer, Listen, Step
from inference.gate import Gate
from inference.reply import Marks, Reply
from inference.thinker import Thought


@dataclass(slots=True)
class Draft:
    """The answer to `text`, said after `history` where the flow stood at `begun`.

    It walks through the flow on a state of its own, and shows nothing until its gate is opened.
    """

    text: str
    history: list[Message]
    begun: FlowState
    reply: Reply
    gate: Gate
    marks: Marks = field(default_factory=Marks)
    thought: Thought = field(default_factory=Thought)
    sure: bool = True
    """False while these may be half of the caller's words: the model then stops at its first token, and leaves
    the processor to the recogniser that knows more in a moment."""
    failed: bool = False
    """An engine failed before the gate was opened: asked again, it may not."""
    task: asyncio.Task[None] | None = None
    unsure: bool = False
    """The words were hardly understood."""
    line: str = ""
    """What history and prompts hold of `text`: the same, unless the flow asked for something masked."""
    answer: Answer | None = None
    """What the flow is told first; None: it goes on where it stands."""
    before: Step | None = None
    """What the flow needed where this began; None: not known."""
    state: FlowState = field(default_factory=FlowState)
    """Where it has come to, and what the flow needs there: None before the first step."""
    step: Step | None = None
    acted: bool = False
    """Something was done that cannot be taken back: a tool was run, another agent took over."""
    shown: int = 0
    """Nodes of the path that the web knows, and what else of the flow."""
    known: Mapping[str, Any] = field(default_factory=dict)
    _certain: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.line = self.line or self.text
        self.state = self.begun

    def answers(self, text: str, history: Sequence[Message], begun: FlowState) -> bool:
        """Whether this is the answer to `text` in this place, whatever its capitals and punctuation."""
        same = self.begun == begun and same_words(self.text, text) and self.history == list(history)
        return same and not self.failed

    @property
    def held(self) -> bool:
        """Only begun: the words it answers may still grow."""
        return not self.sure and not self.gate.is_open

    @property
    def waits(self) -> bool:
        """It has come to where the caller speaks."""
        return isinstance(self.step, Listen)

    def confirm(self) -> None:
        """These are all of the caller's words, for all one knows."""
        self.sure = True
        self._certain.set()

    async def certain(self) -> None:
        """Wait until it is more than begun: what is said word for word needs no head start."""
        if not self.sure:
            await self._certain.wait()

    async def drop(self) -> None:
        """Stop it. When this returns, compute has stopped."""
        if self.task is not None and not self.task.done():
            self.task.cancel()
            await asyncio.wait([self.task])


def same_words(one: str, other: str) -> bool:
    """Equal but for capitals, spaces and punctuation: what two passes over the same speech may differ in."""
    return _letters(one) == _letters(other)


def _letters(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())
