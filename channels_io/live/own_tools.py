"""Tools of Parley's own (`parley.*`): what a flow asks the web side to do beyond HTTP. By name, imported on first use."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from django.utils.module_loading import import_string

from agents.tools.answer import ToolAnswer
from channels_io.live.facts import LegFacts
from channels_io.live.tool_names import CODE, KNOWLEDGE, MOVE, SEND, TRANSFER
from inference.spec import AgentSpec

OWN_TOOLS: Final[Mapping[str, str]] = {
    SEND: "channels_io.messaging.tool.send",
    MOVE: "channels_io.messaging.tool.move",
    CODE: "channels_io.one_time_code.code",
    TRANSFER: "channels_io.transfers.transfer",
}
"""`KNOWLEDGE` has nothing behind it yet."""

NOT_CONNECTED: Final = {KNOWLEDGE: "No knowledge is connected on this server."}


class Line(Protocol):
    """What a tool may do with the leg that asks, beside answering."""

    async def ring(self, *, on: bool) -> None:
        """The caller hears that it rings elsewhere, until off. Nothing on a text leg."""

    def leave(self, reason: str) -> None:
        """The caller is elsewhere now: when the transport ends, the leg ends for this reason and not as lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnCall:
    """`call` is unique in the leg: with `facts.leg` it is the key of whatever effect there is."""

    facts: LegFacts
    spec: AgentSpec
    arguments: Mapping[str, Any]
    call: str
    line: Line


OwnTool = Callable[[OwnCall], Awaitable[ToolAnswer]]


def own_tool(name: str) -> OwnTool | None:
    dotted = OWN_TOOLS.get(name)
    return None if dotted is None else import_string(dotted)
