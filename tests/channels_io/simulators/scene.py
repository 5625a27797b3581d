"""A caller on a socket that a test plays, in virtual time: every frame comes at a known moment."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import msgspec
import numpy as np
import pytest

from channels_io.bench import driver
from channels_io.bench.driver import Caller
from channels_io.live import messages
from channels_io.simulators import browser_caller
from inference.audio import Samples
from tests.support.virtual_time import run_virtual

HUSH = np.zeros(480, dtype=np.int16)
"""20 ms at 24 kHz."""
TONE = np.full(480, 4000, dtype=np.int16)
CLICK = np.concatenate([TONE[:240], HUSH[:240]])
LOUD = np.full(1600, 3000, dtype=np.int16)
QUIET = np.zeros(1600, dtype=np.int16)


@dataclass
class Wire:
    """The socket, played by the test. Times are those of the loop."""

    sent: list[tuple[float, bytes | str]] = field(default_factory=list)
    close_code: int | None = None
    arriving: asyncio.Queue[bytes | str | None] = field(default_factory=asyncio.Queue)

    async def send(self, message: bytes | str) -> None:
        self.sent.append((asyncio.get_running_loop().time(), message))

    async def __aiter__(self) -> AsyncIterator[bytes | str]:
        while (message := await self.arriving.get()) is not None:
            yield message

    def audio(self, turn: int, samples: Samples) -> None:
        self.arriving.put_nowait(turn.to_bytes(4, "little") + samples.tobytes())

    def event(self, event: messages.ChannelEvent) -> None:
        self.arriving.put_nowait(msgspec.json.encode(event).decode())

    def close(self) -> None:
        self.close_code = 1006
        self.arriving.put_nowait(None)


def heard(turn: int = 1) -> messages.Heard:
    return messages.Heard(turn, "What I said.", "voice")


@dataclass
class Scene:
    wire: Wire
    caller: Caller
    started: float

    def at(self, milliseconds: float, act: Any, *arguments: Any) -> None:
        """Do it so long after the call began."""
        asyncio.get_running_loop().call_at(self.started + milliseconds / 1000, act, *arguments)


def play(monkeypatch: pytest.MonkeyPatch, script: Any) -> Any:
    """Run `script(scene)` in virtual time: the first frame leaves at 0, each next 20 ms later."""

    async def run() -> Any:
        loop = asyncio.get_running_loop()
        for module in (browser_caller, driver):
            monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=loop.time))
        wire = Wire()
        caller = Caller(wire)  # type: ignore[arg-type]
        scene = Scene(wire, caller, loop.time())
        tasks = [asyncio.create_task(work) for work in (caller._read(), caller._speak_frames())]
        try:
            return await script(scene)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    return run_virtual(run())
