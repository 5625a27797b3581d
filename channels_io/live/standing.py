"""How a leg stands: what the worker says and what time does to it meet here. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from channels_io.end_reasons import EndReason
from inference.events import HUMAN, Control, ConversationState, Message


@dataclass(slots=True)
class Standing:
    """Times are those of the leg's own clock, in seconds."""

    started: float
    last_inbound: float
    state: ConversationState
    """The conversation as the next worker would go on with it."""
    turn: int
    """The newest, the web's own among them."""
    answer_due: float | None = None
    """Without a sign of an answer by then the worker counts as lost."""
    say_again_at: float | None = None
    """When the caller is told once more that the agent is away."""
    ending: tuple[EndReason, float] | None = None
    """After what is being said, then at the latest."""

    def ms(self, at: float) -> int:
        """The offset in the leg."""
        return max(0, round((at - self.started) * 1000))

    def keep(self, control: Control) -> None:
        """No worker was told: the state tells the next one."""
        state = self.state
        if control.action == "told":
            said = Message("assistant", control.text, HUMAN)
            self.state = msgspec.structs.replace(state, history=(*state.history, said))
        elif control.action == "instruct":
            told = (*state.instructions, control.text)
            self.state = msgspec.structs.replace(state, instructions=told, unfollowed=state.unfollowed + 1)

    def keep_reply(self, heard: str) -> None:
        """So much was heard of a reply that no worker will finish."""
        history = (*self.state.history, Message("assistant", heard))
        self.state = msgspec.structs.replace(self.state, history=history, turn=self.turn, greeted=True)

    def is_answer_overdue(self, now: float) -> bool:
        """Once for each answer."""
        if self.answer_due is None or now <= self.answer_due:
            return False
        self.answer_due = None
        return True

    def is_apology_due(self, now: float, every: float) -> bool:
        """Once in `every` seconds."""
        if self.say_again_at is None or now <= self.say_again_at:
            return False
        self.say_again_at = now + every
        return True
