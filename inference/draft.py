"""An answer in the making: begun, perhaps, before it is known that the caller's turn is over."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from inference.events import Message
from inference.gate import Gate
from inference.reply import Marks, Reply
from inference.thinker import Thought


@dataclass(slots=True)
class Draft:
    """The answer to `text`, said after `history` at `node`. It shows nothing until its gate is opened."""

    text: str
    history: list[Message]
    node: str
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

    def answers(self, text: str, history: Sequence[Message], node: str) -> bool:
        """Whether this is the answer to `text` in this place, whatever its capitals and punctuation."""
        same = self.node == node and same_words(self.text, text) and self.history == list(history)
        return same and not self.failed

    @property
    def held(self) -> bool:
        """Only begun: the words it answers may still grow."""
        return not self.sure and not self.gate.is_open

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
