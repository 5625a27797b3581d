"""A running leg, as it lets itself be led by whoever stands behind it."""

from __future__ import annotations

from typing import Protocol

from channels_io.end_reasons import EndReason
from channels_io.live.lines import Line
from channels_io.live.own_tools import Line as ToolLine
from inference.events import Control


class Led(ToolLine, Protocol):
    """The leg, as it lets itself be led."""

    @property
    def turn(self) -> int:
        """The newest."""

    async def steer(self, control: Control) -> bool:
        """Tell the worker; False when there is none, and the leg's own state then holds it for the next."""

    async def fall_silent(self) -> None:
        """The agent's voice stops now, and nothing more of it is waited for."""

    def next_turn(self) -> int:
        """A turn of the web's own, newer than all. Nothing older sounds after it has sounded."""

    def quiet(self) -> bool:
        """The agent says nothing at this moment."""

    def last_spoken(self) -> int:
        """The newest turn that the agent's voice was given anything of."""

    async def say_line(self, line: Line) -> None:
        """A sentence of the web's own, in the agent's voice; nothing when the channel wants none."""

    async def prepare(self, lines: tuple[Line, ...]) -> None:
        """Have them at hand, soon."""

    def end(self, reason: EndReason) -> None:
        """After what is being said."""
