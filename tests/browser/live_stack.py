"""A whole stack beside the browser tests: web, worker, databases; and how a person comes in."""

from __future__ import annotations

import asyncio
import os
import threading
import wave
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import numpy as np
from playwright.sync_api import Page

from parley.stack.report import PlainReport
from parley.stack.stack import ROOT, Stack, StackOptions
from tests.support.servers import LEAVE_TO_US

Result = TypeVar("Result")

CORPUS = ROOT / "channels_io" / "bench" / "corpus"
RATE = 16_000
START_SECONDS = 300
ANSWER_MS = 60_000
# A greeting so long that the caller's question comes into it, and recording switched on.
SETUP = """
from agents.actions.edit_draft import edit_draft
from agents.actions.publish_agent import publish_agent
from agents.engines import fallback_menu
from agents.models import Agent
from channels_io.models import Channel
from parley.accounts.actor import system_actor
agent = Agent.objects.select_related("workspace", "draft").get(slug="reception", workspace__slug="demo")
actor = system_actor(agent.workspace)
greeting = (
    "Hello, this is Mia at Smile Dental. I know our opening hours, our prices, our address and how to find us, and I "
    "can write down your name and number so that somebody calls you back today. How can I help you?"
)
edit_draft(actor, agent, {"record_audio": True, "greeting": greeting}, revision=agent.draft.revision)
agent.draft.refresh_from_db()
publish_agent(actor, agent, menu=fallback_menu())
print("channel", Channel.objects.get(workspace=agent.workspace, kind="web_widget").public_id)
"""


@contextmanager
def own_environment() -> Iterator[None]:
    """Without the tests' databases: the stack brings its own."""
    kept = {name: os.environ.pop(name) for name in (*LEAVE_TO_US, "PARLEY_VAR") if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(kept)


class RunningStack:
    """A Stack in a thread with an event loop of its own."""

    def __init__(self, var: Path, profile: str, *, setup: str = SETUP, background: bool = False) -> None:
        """`setup`: Python for the stack's shell; the last line it prints is kept as `said`."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._options = StackOptions.private(var, profile=profile, background=background)
        self._setup = setup
        self.channel = self.said = ""

    def __enter__(self) -> RunningStack:
        self._thread.start()
        self.stack = self.wait(self._start())
        self.said = self.shell(self._setup)
        self.channel = self.said.split("channel ")[-1].strip()
        return self

    def shell(self, code: str) -> str:
        """The last line that `code` prints in the stack's shell."""
        status, out, err = self.wait(self.stack.manage("shell", "-c", code))
        assert status == 0, err
        return out.strip().splitlines()[-1]

    def __exit__(self, *_: object) -> None:
        self.wait(self.stack.__aexit__(None, None, None))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(30)
        self._loop.close()

    async def _start(self) -> Stack:
        return await Stack(self._options, PlainReport()).__aenter__()

    def wait(self, what: Coroutine[Any, Any, Result]) -> Result:
        """In the stack's loop, and as long as it takes."""
        return asyncio.run_coroutine_threadsafe(what, self._loop).result(START_SECONDS)


@contextmanager
def running(profile: str, **options: Any) -> Iterator[RunningStack]:
    """In a folder of its own: pytest closes its temp folder to other users whenever another run begins."""
    with (
        own_environment(),
        TemporaryDirectory(prefix="parley-live-") as folder,
        RunningStack(Path(folder) / "var", profile, **options) as stack,
    ):
        yield stack


def speak(path: Path, *parts: str | float) -> Path:
    """A WAV of corpus utterances and pauses (seconds), once: then silence for good."""
    sound = []
    for part in parts:
        if isinstance(part, str):
            with wave.open(str(CORPUS / f"{part}.wav"), "rb") as utterance:
                assert utterance.getframerate() == RATE
                sound.append(np.frombuffer(utterance.readframes(utterance.getnframes()), dtype="<i2"))
        else:
            sound.append(np.zeros(round(part * RATE), dtype="<i2"))
    with wave.open(str(path), "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(RATE)
        wav.writeframes(np.concatenate(sound).tobytes())
    return path


def sign_in(page: Page, stack: Stack, email: str = "", password: str = "") -> None:
    """As the stack's first operator, or as who is named."""
    page.goto(stack.web_url)
    page.locator("[name=username]").fill(email or stack.prepared.email)
    page.locator("[name=password]").fill(password or stack.prepared.password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{stack.web_url}/")
