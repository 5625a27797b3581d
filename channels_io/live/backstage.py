"""How a leg is reached from outside while it runs: the hub, who watches, and the row that says who talks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from channels_io.base import Channel
from channels_io.live.facts import LegFacts
from channels_io.live.hub import Hub, LocalHub
from channels_io.live.owner import NoDesk, OwnerDesk
from channels_io.live.watching import Watch


@dataclass(frozen=True, slots=True)
class Backstage:
    hub: Hub
    watch: Watch
    desk: OwnerDesk


def no_backstage(channel: Channel, facts: LegFacts, clock: Callable[[], float]) -> Backstage:
    """Of a leg that nobody outside can reach."""
    hub = LocalHub()
    return Backstage(hub, Watch(facts, channel.kind, channel.media, hub, clock), NoDesk())
