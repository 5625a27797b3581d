"""What is done for the answer while the caller still speaks: as much as the worker has time for."""

from __future__ import annotations

from collections.abc import Callable

from inference.agreement import all_but_last
from inference.ear import Words
from inference.events import Message
from inference.replier import Replier
from inference.whole import may_be_whole

BUSY_FOR_EARLY_ANSWERS = 0.5
BUSY_FOR_GUESSES = 0.85
"""From these shares of the worker on, answers are begun at the pause, and then only when the turn is over."""


class Early:
    """Of one conversation. `busy` tells how much of the worker is in use, 0 to 1."""

    def __init__(self, replier: Replier, busy: Callable[[], float]) -> None:
        self._replier = replier
        self._busy = busy
        self._read = ""
        """The words of this utterance that were last read ahead."""

    def begin(self) -> None:
        """The caller begins to speak."""
        self._read = ""

    def prepare(self, words: Words) -> None:
        """Begin to answer what may be the whole turn, or read what was said so far."""
        busy = self._busy()
        begin = busy < BUSY_FOR_GUESSES if words.pause else busy < BUSY_FOR_EARLY_ANSWERS and may_be_whole(words.text)
        if begin and self._replier.guess(words.text, sure=words.pause):
            return
        self._replier.drop_guess()
        # The last word of a pass over speech is often half a word; the others are right four times in five.
        ahead = all_but_last(words.text) if busy < BUSY_FOR_EARLY_ANSWERS else words.stable
        if ahead and ahead != self._read:
            self._read = ahead
            self._replier.read_ahead(Message("user", ahead))
