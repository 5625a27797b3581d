"""`python -m deploy.ray.trial`: a Ray of its own on this machine, two replicas with fake engines, one of them killed.

Conversations go through Serve's HTTP proxy, as the web's do. What must hold ends the trial with code 1 when it does not:
no conversation is lost, those of the killed replica go on at the other one from their last State, the others notice
nothing, a replica that has to go finishes what it has, and more conversations bring another replica.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import secrets
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from inference.client import connect, put_agents, worker_status
from inference.errors import WorkerError, WorkerLost
from inference.events import Audio, Close, ConversationState, Heard, Media, Open, ReplyAudio, ReplyDone, State, Text
from inference.nodes import FlowSpec, GoalNode
from inference.spec import AgentSpec, VoiceSpec

ROOT = Path(__file__).resolve().parents[2]
FRAME = 640
"""Bytes: 20 ms at 16 kHz."""
RESUMED_SECONDS = 2.0
SPEC = AgentSpec(
    agent="ag",
    version="vn",
    workspace="ws",
    name="A",
    flow=FlowSpec("talk", (GoalNode("talk", "Help."),)),
    voice=VoiceSpec("fake", "tone"),
)
_TONE = (np.sin(np.arange(16000) * 0.2) * 8000).astype(np.int16)
QUESTION = np.concatenate([_TONE, np.zeros(16000, np.int16)]).tobytes()
"""A second of sound, a second of silence."""


@dataclass(slots=True)
class Caller:
    """One conversation: asks, waits for the answer, asks again, and goes on elsewhere when its worker is lost."""

    url: str
    token: str
    name: str
    voice: bool
    answers: list[float] = field(default_factory=list)
    """Seconds from the end of the words (a typed line: from sending it) to the first of the answer."""
    resumed: list[float] = field(default_factory=list)
    """Seconds from the loss of a worker until another one has the conversation."""
    workers: list[str] = field(default_factory=list)
    state: ConversationState | None = None
    lost: str = ""
    turns_before: int = 0
    _since: float = 0.0
    _done: asyncio.Event = field(default_factory=asyncio.Event)

    async def talk(self, stop: asyncio.Event) -> None:
        broken: float | None = None
        while not stop.is_set():
            opening = Open(SPEC, self.name, Media("voice" if self.voice else "text"), state=self.state)
            try:
                async with connect(self.url, self.token, opening) as link:
                    self.workers.append(link.ready.worker)
                    if broken is not None:
                        self.resumed.append(time.monotonic() - broken)
                        broken = None
                    await self._ask(link, stop)
                    with suppress(WorkerError):
                        await link.send(Close())
                    return
            except WorkerError as error:
                broken = time.monotonic() if broken is None else broken
                if time.monotonic() - broken > 10:
                    self.lost = f"{type(error).__name__}: {error.message}"
                    return
                await asyncio.sleep(0.1)

    async def _ask(self, link: Any, stop: asyncio.Event) -> None:
        heard = asyncio.create_task(self._listen(link))
        try:
            while not stop.is_set():
                self._done.clear()
                asking = asyncio.create_task(self._say(link))
                waiting = asyncio.create_task(self._done.wait())
                await asyncio.wait({heard, waiting}, return_when=asyncio.FIRST_COMPLETED, timeout=15)
                for task in (asking, waiting):
                    task.cancel()
                if heard.done():
                    await heard
                if not self._done.is_set():
                    raise WorkerLost("No answer for 15 s.")
        finally:
            heard.cancel()

    async def _say(self, link: Any) -> None:
        with suppress(WorkerError):
            if not self.voice:
                self._since = time.monotonic()
                await link.send(Text(f"question {len(self.answers)}", secrets.token_hex(4)))
                return
            begun = time.monotonic()
            for number, start in enumerate(range(0, len(QUESTION), FRAME)):
                await asyncio.sleep(max(0.0, begun + number * 0.02 - time.monotonic()))
                if start == len(QUESTION) // 2:
                    self._since = time.monotonic()
                await link.send(Audio(QUESTION[start : start + FRAME]))

    async def _listen(self, link: Any) -> None:
        waits = False
        async for event in link:
            match event:
                case Heard():
                    waits = True
                case ReplyAudio() | ReplyDone() if waits:
                    self.answers.append(time.monotonic() - self._since)
                    waits = False
            match event:
                case State(snapshot=snapshot):
                    self.state = snapshot
                case ReplyDone(turn=turn) if turn:
                    self._done.set()


@dataclass(slots=True)
class Findings:
    lines: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def say(self, text: str) -> None:
        self.lines.append(text)
        sys.stdout.write(text + "\n")
        sys.stdout.flush()

    def check(self, holds: bool, text: str) -> None:
        self.say(f"{'ok  ' if holds else 'NOT '} {text}")
        if not holds:
            self.failed.append(text)


def percentiles(seconds: Sequence[float]) -> str:
    if not seconds:
        return "none"
    ordered = sorted(seconds)
    p95 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
    return f"n {len(ordered)}, p50 {statistics.median(ordered) * 1000:.0f}, p95 {p95 * 1000:.0f}, max {ordered[-1] * 1000:.0f} ms"


def replicas(token: str) -> list[int]:
    """Process ids of the replicas of this trial: they were started with its secret in their environment."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (
                b"ServeReplica" in (folder / "cmdline").read_bytes()
                and token.encode() in (folder / "environ").read_bytes()
            ):
                found.append(int(folder.name))
    return sorted(found)


async def until(count: int, url: str, token: str, seconds: float) -> float:
    """Seconds until `count` replicas are ready; the limit when they are not."""
    begun = time.monotonic()
    while time.monotonic() - begun < seconds:
        with suppress(WorkerError):
            if (await worker_status(url, token)).get("replicas") == count:
                break
        await asyncio.sleep(0.25)
    return time.monotonic() - begun


async def killed(url: str, token: str, calls: int, voice: bool, findings: Findings) -> None:
    kind = "calls" if voice else "chats"
    stop = asyncio.Event()
    callers = [Caller(url, token, f"{kind}-{number}", voice) for number in range(calls)]
    async with asyncio.TaskGroup() as tasks:
        for caller in callers:
            tasks.create_task(caller.talk(stop))
            await asyncio.sleep(0.05)
        await asyncio.sleep(8)
        before = {caller.name: caller.workers[-1] for caller in callers if caller.workers}
        undisturbed = [second for caller in callers for second in caller.answers]
        for caller in callers:
            caller.turns_before = len(caller.answers)
        victim = replicas(token)[0]
        os.kill(victim, signal.SIGKILL)
        await asyncio.sleep(10)
        stop.set()
    findings.say(f"{calls} {kind} over {len(set(before.values()))} replicas, SIGKILL of one (process {victim})")
    moved = [caller for caller in callers if caller.resumed]
    findings.say(f"     answers before: {percentiles(undisturbed)}")
    after = [second for caller in callers for second in caller.answers[caller.turns_before + 1 :]]
    findings.say(f"     answers after:  {percentiles(after)}")
    resumed = [second for caller in callers for second in caller.resumed]
    findings.say(f"     lost worker to going on at another: {percentiles(resumed)}")
    findings.check(not [caller for caller in callers if caller.lost], f"no conversation of {calls} was dropped")
    findings.check(len(set(before.values())) == 2, "both replicas had conversations")
    findings.check(bool(moved) and len(moved) < calls, f"{len(moved)} went on elsewhere, the others stayed")
    findings.check(max(resumed, default=9.0) <= RESUMED_SECONDS, f"each within {RESUMED_SECONDS:g} s")
    findings.check(
        all(len(caller.answers) > caller.turns_before for caller in callers), "every one was answered afterwards"
    )
    findings.check(
        all(caller.state is not None and caller.state.turn >= len(caller.answers) - 1 for caller in moved),
        "with all of its turns: the State was taken over",
    )


async def drained(url: str, token: str, findings: Findings, rescale: Any) -> None:
    """Two replicas become one while chats go on: the one that goes finishes those it has."""
    stop = asyncio.Event()
    callers = [Caller(url, token, f"drain-{number}", False) for number in range(8)]
    async with asyncio.TaskGroup() as tasks:
        for caller in callers:
            tasks.create_task(caller.talk(stop))
        await asyncio.sleep(3)
        where = {caller.name: caller.workers[-1] for caller in callers}
        begun = time.monotonic()
        scaling = tasks.create_task(asyncio.to_thread(rescale, 1))
        await asyncio.sleep(6)
        late = Caller(url, token, "late", False)
        done = asyncio.Event()
        talking = tasks.create_task(late.talk(done))
        counts = [len(caller.answers) for caller in callers]
        await asyncio.sleep(2)
        done.set()
        await talking
        answered = all(len(caller.answers) > count for caller, count in zip(callers, counts, strict=True))
        stop.set()
        await scaling
    findings.say("Two replicas become one while 8 chats go on")
    findings.check(len(set(where.values())) == 2, "both replicas had some of them")
    findings.check(answered, "all of them were answered 6 s and more after one replica was told to go")
    findings.check(not any(caller.resumed or caller.lost for caller in callers), "none of them was moved or dropped")
    findings.check(bool(late.answers), "who came meanwhile was answered")
    left = await until(1, url, token, 30)
    findings.check(left < 30, f"one replica is left {time.monotonic() - begun:.0f} s after it was asked for")


async def scaled(url: str, token: str, findings: Findings, target: int) -> None:
    await until(1, url, token, 45)
    await asyncio.sleep(3)
    findings.check((await worker_status(url, token)).get("replicas") == 1, "one replica serves where nobody talks")
    stop = asyncio.Event()
    callers = [Caller(url, token, f"scale-{number}", False) for number in range(2 * target)]
    async with asyncio.TaskGroup() as tasks:
        for caller in callers:
            tasks.create_task(caller.talk(stop))
        took = await until(2, url, token, 45)
        stop.set()
    findings.say(f"{2 * target} conversations where a replica should have {target}")
    findings.check(took < 45, f"a second replica serves after {took:.0f} s")
    findings.check(not any(caller.lost or caller.resumed for caller in callers), "nobody noticed")


async def beside(token: str, port: int, calls: int, findings: Findings) -> None:
    """The same calls at one worker without Ray: what the way through Serve's proxy adds."""
    url = f"http://127.0.0.1:{port}"
    environment = os.environ | {"PARLEY_WORKER_PORT": str(port)}
    worker = await asyncio.create_subprocess_exec(sys.executable, "-m", "inference", cwd=ROOT, env=environment)
    try:
        for _ in range(200):
            await asyncio.sleep(0.1)
            with suppress(WorkerError):
                if (await worker_status(url, token))["ready"]:
                    break
        stop = asyncio.Event()
        callers = [Caller(url, token, f"beside-{number}", True) for number in range(calls)]
        async with asyncio.TaskGroup() as tasks:
            for caller in callers:
                tasks.create_task(caller.talk(stop))
                await asyncio.sleep(0.05)
            await asyncio.sleep(8)
            stop.set()
    finally:
        worker.terminate()
        await worker.wait()
    findings.say(f"{calls} calls at one worker without Ray")
    findings.say(f"     answers:        {percentiles([second for caller in callers for second in caller.answers])}")


async def agents(url: str, token: str, findings: Findings) -> None:
    await put_agents(url, token, [SPEC])
    await asyncio.sleep(2.5)
    status = await worker_status(url, token)
    findings.check(status.get("resident", {}).keys() == {"ag"}, "a published agent is ready on every replica")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=6, help="spoken ones")
    parser.add_argument("--chats", type=int, default=30)
    parser.add_argument("--port", type=int, default=8139)
    options = parser.parse_args()
    token = secrets.token_hex(16)
    target = 4
    home = tempfile.TemporaryDirectory(prefix="parley-ray-")
    os.environ.update(
        PARLEY_PROFILE="fake",
        PARLEY_WORKER_TOKEN=token,
        PARLEY_RAY_CPUS="0.5",
        PARLEY_RAY_CONVERSATIONS=str(target),
        PARLEY_RAY_MOST_REQUESTS="500",
        PARLEY_RAY_UP_SECONDS="3",
        PARLEY_DRAIN_SECONDS="60",
        PARLEY_VAR=home.name,
        PYTHONPATH=str(ROOT),
        RAY_USAGE_STATS_ENABLED="0",
        RAY_AUTH_TOKEN=secrets.token_hex(16),
    )
    # After the environment: Ray reads it when it is imported, and hands it on to every process.
    import ray
    from deploy.ray.application import application
    from deploy.ray.settings import Settings
    from ray import serve

    def deploy(least: int, most: int) -> None:
        settings = {"PARLEY_RAY_REPLICAS": str(least), "PARLEY_RAY_MOST_REPLICAS": str(most)}
        serve.run(application(Settings.from_environment(os.environ | settings)), name="parley")

    findings = Findings()
    url = f"http://127.0.0.1:{options.port}"
    begun = time.monotonic()
    ray.init(num_cpus=4, include_dashboard=False, object_store_memory=100 * 2**20, log_to_driver=False)
    try:
        serve.start(http_options={"host": "127.0.0.1", "port": options.port})
        deploy(2, 2)
        findings.say(f"Ray {ray.__version__}: two replicas ready after {time.monotonic() - begun:.0f} s")
        asyncio.run(_all(url, token, options, findings, deploy, target))
    finally:
        serve.shutdown()
        ray.shutdown()
        home.cleanup()
    return 1 if findings.failed else 0


async def _all(url: str, token: str, options: argparse.Namespace, findings: Findings, deploy: Any, target: int) -> None:
    await agents(url, token, findings)
    await killed(url, token, options.chats, False, findings)
    took = await until(2, url, token, 45)
    findings.check(took < 45, f"the killed replica was replaced ({took:.0f} s after the conversations ended)")
    await killed(url, token, options.calls, True, findings)
    await beside(token, options.port + 1, options.calls, findings)
    await until(2, url, token, 45)
    await agents(url, token, findings)
    await drained(url, token, findings, lambda count: deploy(count, count))
    await asyncio.to_thread(deploy, 1, 2)
    await scaled(url, token, findings, target)


if __name__ == "__main__":
    sys.exit(main())
