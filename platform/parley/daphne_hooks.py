"""Daphne, where webhooks need it to be different: how much of a body it takes, and what of an address it logs.

Daphne takes a body whole before it asks the application: a stranger's gigabyte would be in memory before `HookGate` sees
its first byte. And it logs whole addresses: that of Meta's handshake holds the verify token. Other servers (Uvicorn) read
as the application asks them to; their access log is the operator's to switch off.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final

from daphne import http_protocol

from channels_io.hook_gate import PATH, SECONDS, most_of

HELD: Final = 64 * 1024 * 1024
"""Bytes of webhooks' bodies in this process at the same time. Beyond it they are refused: carriers come again."""
ANSWER: Final = b"HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


class HookRequest(http_protocol.WebRequest):  # type: ignore[misc]  # Daphne ships no types
    """Twisted's hooks for a body that comes in: its length, its pieces, its end."""

    held: ClassVar[int] = 0
    """By all of them."""
    taken = 0
    most = 0
    is_cut = False
    deadline: Any = None

    def gotLength(self, length: int | None) -> None:
        super().gotLength(length)
        if not self._is_hook():
            return
        self.most = most_of(self._path())
        if length is not None and length > self.most:
            self._cut()
        elif length != 0:
            self.deadline = call_later(SECONDS, self._cut)

    def handleContentChunk(self, data: bytes) -> None:
        if self.most:
            self.taken += len(data)
            HookRequest.held += len(data)
            if self.taken > self.most or HookRequest.held > HELD:
                self._cut()
        if not self.is_cut:
            super().handleContentChunk(data)

    def process(self) -> Any:
        self._in_time()
        return None if self.is_cut else super().process()

    def finish(self) -> None:
        """Daphne logs `uri` here. Beyond the kind, the channel and what it is, a webhook's address is for nobody to read."""
        if self.path.startswith(PATH.encode()):
            self.uri = b"/".join(self.path.split(b"/")[:5]) + b"/"
        self._let_go()
        super().finish()

    def connectionLost(self, reason: Any) -> None:
        self._in_time()
        self._let_go()
        super().connectionLost(reason)

    def _is_hook(self) -> bool:
        return self._path().startswith(PATH)

    def _path(self) -> str:
        # The request gets its path when its body is there; until then only the connection knows it.
        return bytes(getattr(self.channel, "_path", b"")).decode("latin-1")

    def _let_go(self) -> None:
        HookRequest.held -= self.taken
        self.taken = 0

    def _cut(self) -> None:
        if not self.is_cut:
            self.is_cut = True
            self.channel.transport.write(ANSWER)
            self.channel.loseConnection()

    def _in_time(self) -> None:
        if self.deadline is not None and self.deadline.active():
            self.deadline.cancel()


def call_later(seconds: float, do: Any) -> Any:
    """Not imported with the module: the first import of the reactor chooses which one runs."""
    from twisted.internet import reactor

    running: Any = reactor
    return running.callLater(seconds, do)


def mind_hooks() -> None:
    """From now on, for every connection of a Daphne in this process."""
    http_protocol.WebRequest = HookRequest
