"""A conversation that goes on, and the operator's socket as a script: the pane's own logic without a worker."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from playwright.sync_api import Page, WebSocketRoute

from channels_io.models import Conversation, Leg

RATE = 16_000


@dataclass
class ScriptedLeg:
    """The server's end of `ws/operator/`: says what the test tells it to, and keeps what the page said.

    To be used from the test's thread only, like all of Playwright.
    """

    conversation: Conversation
    leg: Leg
    hello: dict[str, Any] = field(default_factory=dict)
    """What differs from a call that has just begun."""
    sockets: list[WebSocketRoute] = field(default_factory=list)
    said: list[dict[str, Any]] = field(default_factory=list)
    frames: list[bytes] = field(default_factory=list, repr=False)

    def serve(self, page: Page) -> None:
        page.route_web_socket("**/ws/operator/**", self._open)

    def tell(self, kind: str, **values: Any) -> None:
        self.sockets[-1].send(json.dumps({"type": kind, **values}))

    def sound(self, side: int, seconds: float, loudness: float = 0.3) -> None:
        """A tone of that length in pieces of 20 ms."""
        tone = (np.sin(np.arange(round(seconds * RATE)) * 0.2) * 32767 * loudness).astype("<i2").tobytes()
        for start in range(0, len(tone), 640):
            self.sockets[-1].send(struct.pack(">BI", side, start // 32) + tone[start : start + 640])

    def lose(self) -> None:
        self.sockets[-1].close(code=4500)

    def _open(self, socket: WebSocketRoute) -> None:
        self.sockets.append(socket)
        socket.on_message(self._hear)
        socket.send(json.dumps({"type": "hello", **self._standing(), **self.hello}))

    def _hear(self, message: str | bytes) -> None:
        if isinstance(message, bytes):
            self.frames.append(message)
            return
        said = json.loads(message)
        self.said.append(said)
        if said["type"] == "ping":
            self.sockets[-1].send(json.dumps({"type": "pong"}))

    def _standing(self) -> dict[str, Any]:
        conversation = self.conversation
        return {
            "leg": self.leg.public_id,
            "kind": self.leg.kind,
            "media": self.leg.media,
            "agent": conversation.agent.public_id,
            "owner": "ai",
            "owner_user": None,
            "node": "",
            "variables": {},
            "turns": [],
            "number": conversation.owner_number,
        }
