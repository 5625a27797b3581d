"""The contacts of a story in a browser: a caller over the real socket, and somebody who writes by WhatsApp. For the test's thread."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from channels_io.bench.corpus import all_clips
from channels_io.simulators.browser_caller import RATE_OUT, BrowserCaller, CallResult
from inference.audio import Samples
from parley.stack.stack import ROOT
from tests.browser.live_stack import RunningStack

WAIT_SECONDS = 60.0
WINDOW = RATE_OUT // 50


class LoopbackCaller:
    """A call to the stack, from its opening to `hang_up`. `spoken`: with the corpus's voice, else in writing."""

    def __init__(self, running: RunningStack, ticket: str, *, spoken: bool) -> None:
        self._running = running
        self._spoken = spoken
        self._open = AsyncExitStack()
        address = running.stack.web_url.replace("http", "ws", 1)
        connecting = BrowserCaller.connect(address, ticket)
        self.caller: BrowserCaller = running.wait(self._open.enter_async_context(connecting))
        assert self.caller.ready is not None
        self.conversation = self.caller.ready.conversation

    def greeted(self) -> str:
        self._running.wait(self.caller.wait_until_quiet())
        return self._so_far().greeting

    def say(self, clip: str) -> None:
        """A clip of the corpora; returns when its last sound is written."""
        said = all_clips()[clip]
        if self._spoken:
            self._running.wait(self.caller.speak(said.samples()))
        else:
            self.type(said.text)

    def type(self, text: str) -> None:
        self._running.wait(self.caller.type(text))

    def asks(self, clip: str) -> str:
        """Say it and hear the answer to its end."""
        self.say(clip)
        return self._running.wait(self.caller.answer()).said

    def heard(self, words: str, seconds: float = WAIT_SECONDS) -> str:
        """Until the agent has said `words`; the whole sentence."""
        found: list[str] = []

        def said() -> bool:
            found[:] = [text for text in self.caller._said.values() if words in text]
            return bool(found)

        self._running.wait(self.caller.wait(said, seconds))
        return found[-1]

    def quiet(self) -> None:
        self._running.wait(self.caller.wait_until_quiet())

    def sound(self) -> Samples:
        """All that has sounded at the caller's, at 24 kHz."""
        return self._so_far().agent_audio

    def _so_far(self) -> CallResult:
        """Asked in the caller's own loop: beside it, sound that comes meanwhile would be half counted."""

        async def result() -> CallResult:
            return self.caller.result()

        return self._running.wait(result())

    def hang_up(self) -> None:
        self._running.wait(self._open.aclose())


def likeness(part: Samples, whole: Samples) -> float:
    """How well the loudness of `part` is found again somewhere in `whole` (both at 24 kHz): 0 to 1, by steps of 20 ms."""
    wanted, there = _loudness(part), _loudness(whole)
    if there.size < wanted.size:
        return 0.0
    wanted = wanted - wanted.mean()
    best = 0.0
    for start in range(there.size - wanted.size + 1):
        piece = there[start : start + wanted.size]
        piece = piece - piece.mean()
        size = float(np.linalg.norm(piece) * np.linalg.norm(wanted))
        best = max(best, float(piece @ wanted) / size if size else 0.0)
    return best


def _loudness(samples: Samples) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    windows = samples[: samples.size // WINDOW * WINDOW].reshape(-1, WINDOW).astype(np.float64)
    found: np.ndarray[tuple[int], np.dtype[np.float64]] = np.sqrt((windows**2).mean(axis=1))
    return found


@dataclass(slots=True)
class WhatsAppPerson:
    """`manage.py simulate whatsapp` with its terminal: what is written goes in, what comes is in `got`."""

    process: subprocess.Popen[str]
    got: list[str] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, running: RunningStack, agent: str, number: str) -> WhatsAppPerson:
        command = ["simulate", "whatsapp", "--agent", agent, "--create", "--meta", "--from", number]
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "manage.py"), *command],
            cwd=ROOT,
            env=running.stack.environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        person = cls(process)
        for stream, into in ((process.stdout, person.got), (process.stderr, person.troubles)):
            threading.Thread(target=_read, args=(stream, into), daemon=True).start()
        return person

    def write(self, text: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{text}\n")
        self.process.stdin.flush()

    def asks(self, text: str, words: str = "") -> str:
        """Write, and wait for an answer with `words`: all that came since."""
        before = len(self.got)
        self.write(text)
        return self.reads(words, before)

    def reads(self, words: str, before: int = 0) -> str:
        """What came from `before` on, once `words` are in it."""

        def found() -> bool:
            return len(self.got) > before and words in "\n".join(self.got[before:])

        assert waited(found), f"{words!r} did not come: {self.got[before:]} {self.troubles}"
        return "\n".join(self.got[before:])

    def leave(self) -> None:
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()


def waited(found: Callable[[], bool], seconds: float = WAIT_SECONDS) -> bool:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if found():
            return True
        time.sleep(0.1)
    return found()


def _read(stream: object, into: list[str]) -> None:
    try:
        for line in stream:  # type: ignore[attr-defined]
            into.append(str(line).rstrip("\n"))
    except ValueError:  # Closed by `leave`.
        return


def wav_at_24k(path: Path) -> Samples:
    from channels_io.simulators.wav import read_wav

    return read_wav(path, RATE_OUT)
