"""Those who watch a leg: who they are, and what they are told. Without a watcher nothing is made or sent.

It stands beside the leg and only looks: two thin wrappers (`WatchedChannel`, `WatchedRecorder`) see what passes anyway.
Everything goes through a hub that never waits, so that no watcher, however slow, holds a call up.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import numpy as np

from channels_io.live.facts import LegFacts
from channels_io.live.hub import Hub
from channels_io.live.sensitive import sensitive_nodes
from channels_io.live.topics import topic_of_leg
from channels_io.live.watch_events import (
    AGENT,
    CALLER,
    OPERATOR,
    SOUND_RATE,
    HeardWords,
    Hello,
    Line,
    OwnerIs,
    PartialWords,
    Person,
    ReplyWords,
    Settled,
    SpeakingNow,
    WatchEvent,
    Who,
    encode_event,
    pack_sound,
)
from channels_io.privacy.masking import masked
from inference.audio import Resampler
from inference.events import Media

KEPT_SECONDS: Final = 25.0
"""A watcher says every 10 s that they are there."""
MOST_WATCHERS: Final = 200
LINES: Final = 50
QUIET_SECONDS: Final = 0.4
"""A voice without sound for so long does not speak."""
ENDLESS_SECONDS: Final = 60.0
WORDS_CHARS: Final = 8_000


@dataclass(slots=True)
class _Watcher:
    until: float
    listens: bool


class Watch:
    """Of one leg. Times are the session's clock."""

    def __init__(self, facts: LegFacts, kind: str, media: Media, hub: Hub, clock: Callable[[], float]) -> None:
        self._facts = facts
        self._kind = kind
        self._media = media
        self._hub = hub
        self._clock = clock
        self._started = clock()
        self._events = topic_of_leg(facts.conversation, "events")
        self._sound = topic_of_leg(facts.conversation, "sound")
        self._watchers: dict[str, _Watcher] = {}
        self._listeners = 0
        self._lines: OrderedDict[tuple[int, str], Line] = OrderedDict()
        self._speaks: dict[Who, float] = {}
        self._resamplers = {
            CALLER: Resampler(media.rate_in, SOUND_RATE),
            AGENT: Resampler(media.rate_out, SOUND_RATE),
            OPERATOR: Resampler(media.rate_out, SOUND_RATE),
        }
        self._titles = _titles(facts.flow)
        self._sensitive = sensitive_nodes(facts.spec)
        self.node = facts.state.node if facts.state is not None else ""
        self.variables: Mapping[str, Any] = facts.state.variables if facts.state is not None else {}
        self.owner = OwnerIs("ai", None, 0)
        self.held = False
        self.names: dict[str, str] = {}
        """Of people who have talked here, by their public id."""

    # --- watchers ---------------------------------------------------------------------------------

    def come(self, watcher: str, *, listens: bool) -> None:
        """Somebody watches, or still does; who is new is told how things stand."""
        now = self._clock()
        new = watcher not in self._watchers
        if new and len(self._watchers) >= MOST_WATCHERS:
            return
        self._watchers[watcher] = _Watcher(now + KEPT_SECONDS, listens)
        self._count()
        if new:
            self.tell(self._hello(watcher))

    def leave(self, watcher: str) -> None:
        self._watchers.pop(watcher, None)
        self._count()

    def tick(self) -> None:
        """Now and then: forget who has left, and note who has fallen silent."""
        now = self._clock()
        for name in [name for name, watcher in self._watchers.items() if watcher.until < now]:
            self.leave(name)
        for who in [who for who, until in self._speaks.items() if until < now]:
            del self._speaks[who]
            self.tell(SpeakingNow(who, on=False))

    @property
    def watched(self) -> bool:
        return bool(self._watchers)

    def _count(self) -> None:
        self._listeners = sum(watcher.listens for watcher in self._watchers.values())

    def _hello(self, watcher: str) -> Hello:
        return Hello(
            leg=self._facts.leg,
            kind=self._kind,
            media=self._media.kind,
            agent=self._facts.agent,
            owner=self.owner.owner,
            owner_user=self.owner.user,
            node=self.node,
            variables=dict(self.variables),
            turns=tuple(self._lines.values()),
            number=self.owner.number,
            held=self.held,
            to=watcher,
        )

    # --- what they are told -----------------------------------------------------------------------

    def tell(self, event: WatchEvent) -> None:
        if not self._watchers:
            return
        if isinstance(event, PartialWords | HeardWords | ReplyWords | Settled):
            event = msgspec.structs.replace(event, text=masked(event.text, self._facts.masks))
        self._hub.publish(self._events, encode_event(event))

    def line(self, number: int, role: str, text: str, at_ms: int, by: str = "") -> None:
        """Keep a turn for those who come later; the newest words of a turn replace the older."""
        key = (number, role)
        known = self._lines.get(key)
        self._lines[key] = Line(
            number, role, masked(text[:WORDS_CHARS], self._facts.masks), known.at_ms if known else at_ms, by
        )
        while len(self._lines) > LINES:
            self._lines.popitem(last=False)

    def sound(self, side: int, pcm: bytes, *, loud: bool = True) -> None:
        """PCM at the side's own rate, as it passes. `loud`: somebody speaks."""
        if not self._watchers or self.node in self._sensitive:
            return
        now = self._clock()
        if loud and side != CALLER:
            self.speaks("agent" if side == AGENT else "operator", now + len(pcm) / 2 / self._media.rate_out)
        if self._listeners:
            heard = self._resamplers[side].feed(np.frombuffer(pcm, dtype="<i2"))
            at_ms = round((now - self._started) * 1000)
            self._hub.publish(self._sound, pack_sound(side, at_ms, heard.astype("<i2", copy=False).tobytes()))

    def speaks(self, who: Who, until: float) -> None:
        if who not in self._speaks:
            self.tell(SpeakingNow(who, on=True))
        self._speaks[who] = max(self._speaks.get(who, 0.0), until + QUIET_SECONDS)

    def caller_began(self) -> None:
        """Until `quiet` is said of them, or that was missed."""
        self.speaks("caller", self._clock() + ENDLESS_SECONDS)

    def quiet(self, who: Who) -> None:
        if self._speaks.pop(who, None) is not None:
            self.tell(SpeakingNow(who, on=False))

    def owner_is(self, owner: str, user: Person | None, number: int) -> None:
        self.owner = OwnerIs(owner, user, number)
        self.tell(self.owner)

    def title(self, node: str) -> str:
        return self._titles.get(node, node)


def _titles(flow: Mapping[str, Any]) -> dict[str, str]:
    """Node id → what the builder called it; those of flows inside too."""
    parts = (flow, *flow.get("flows", ()))
    return {
        str(node.get("id")): str(node.get("name") or node.get("id")) for part in parts for node in part.get("nodes", ())
    }
