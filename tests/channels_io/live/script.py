"""A scripted worker, a recorder in memory and a channel in hand: everything around a session."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import numpy as np

from channels_io.entries import AgentTurn, CallerTurn, Entry, EventEntry, StateSnapshot, TurnTiming
from channels_io.live.backstage import Backstage
from channels_io.live.facts import LegFacts, OwnerNow
from channels_io.live.hub import LocalHub
from channels_io.live.inbox import Inbox
from channels_io.live.limits import Limits
from channels_io.live.lines import SpeechCache
from channels_io.live.messages import CallerAudio, ChannelEvent, Inbound
from channels_io.live.operator_voice import pack_microphone
from channels_io.live.session import LiveSession
from channels_io.live.tool_runner import Toolbox
from channels_io.live.topics import topic_of_leg
from channels_io.live.waiting_line import WaitingLine
from channels_io.live.watching import Watch
from inference.audio import AudioFrame
from inference.errors import ParleyError, WorkerError, WorkerLost
from inference.events import Down, Media, Open, Up
from inference.nodes import FlowSpec, GoalNode
from inference.spec import AgentSpec, VoiceSpec

SPEC = AgentSpec(
    agent="ag_1",
    version="vn_1",
    workspace="ws_1",
    name="Ada",
    flow=FlowSpec("goal", (GoalNode("goal", "Help."),)),
    greeting="Hello.",
)
FACTS = LegFacts(leg="lg_1", conversation="cv_1", agent="Ada", spec=SPEC)
RATE_OUT = 24_000


def tone(milliseconds: int, rate: int = RATE_OUT, level: int = 8000) -> bytes:
    """Loud PCM of that length."""
    count = rate * milliseconds // 1000
    return (np.ones(count, dtype="<i2") * level).tobytes()


def hush(milliseconds: int, rate: int = RATE_OUT) -> bytes:
    return bytes(rate * milliseconds // 1000 * 2)


class ScriptedLink:
    def __init__(self, opening: Open) -> None:
        self.opening = opening
        self.received: list[Up] = []
        self.arrived = asyncio.Event()
        self._down: asyncio.Queue[Down | None] = asyncio.Queue()
        self.dead = False

    async def send(self, message: Up) -> None:
        if self.dead:
            raise WorkerLost("dead")
        self.received.append(message)
        self.arrived.set()

    async def __aiter__(self) -> AsyncIterator[Down]:
        while (message := await self._down.get()) is not None:
            yield message
        raise WorkerLost("dead")

    def say(self, *messages: Down) -> None:
        for message in messages:
            self._down.put_nowait(message)

    def die(self) -> None:
        self.dead = True
        self._down.put_nowait(None)

    def got(self, kind: type[Up]) -> list[Up]:
        return [message for message in self.received if isinstance(message, kind)]


class ScriptedWorkers:
    """`refusals` are raised by the next connects, one each; `down` refuses all."""

    def __init__(self, link_type: type[ScriptedLink] = ScriptedLink) -> None:
        self._link_type = link_type
        self.links: list[ScriptedLink] = []
        self.refusals: list[WorkerError] = []
        self.down = False
        self.spoken: list[str] = []
        self.voice_fails = False

    @asynccontextmanager
    async def connect(self, opening: Open, *, leaving: object = None) -> AsyncIterator[ScriptedLink]:
        if self.refusals:
            raise self.refusals.pop(0)
        if self.down:
            raise WorkerLost("down")
        link = self._link_type(opening)
        self.links.append(link)
        yield link

    async def synthesize(self, text: str, voice: VoiceSpec, rate: int, workspace: str = "") -> AudioFrame:
        if self.voice_fails:
            raise ParleyError("no voice")
        self.spoken.append(text)
        return AudioFrame(tone(500, rate, 4000), rate)

    @property
    def link(self) -> ScriptedLink:
        return self.links[-1]


class MemoryRecorder:
    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.caller_audio: list[tuple[float, int]] = []
        self.agent_audio: list[tuple[float, int]] = []
        self.cuts: list[float] = []

    def put(self, entry: Entry) -> None:
        self.entries.append(entry)

    def caller(self, pcm: bytes, at_seconds: float) -> None:
        self.caller_audio.append((at_seconds, len(pcm) // 2))

    def agent(self, pcm: bytes, at_seconds: float) -> None:
        self.agent_audio.append((at_seconds, len(pcm) // 2))

    def cut(self, at_seconds: float) -> None:
        self.cuts.append(at_seconds)

    def callers(self) -> list[CallerTurn]:
        return [entry for entry in self.entries if isinstance(entry, CallerTurn)]

    def agents(self) -> dict[int, AgentTurn]:
        """The last entry of each reply."""
        return {entry.number: entry for entry in self.entries if isinstance(entry, AgentTurn)}

    def timings(self) -> list[TurnTiming]:
        return [entry for entry in self.entries if isinstance(entry, TurnTiming)]

    def states(self) -> list[StateSnapshot]:
        return [entry for entry in self.entries if isinstance(entry, StateSnapshot)]

    def events(self) -> list[str]:
        return [entry.kind for entry in self.entries if isinstance(entry, EventEntry)]


class HandLine:
    """A leg's line as its tools see it."""

    def __init__(self) -> None:
        self.rings: list[bool] = []
        self.left = ""

    async def ring(self, *, on: bool) -> None:
        self.rings.append(on)

    def leave(self, reason: str) -> None:
        self.left = reason


class HandChannel:
    """What was sent, with the time; what is said is put by the test."""

    kind = "hand"

    def __init__(self, media: Media | None = None) -> None:
        self.media = media or Media()
        self.inbox = Inbox()
        self.sent: list[ChannelEvent] = []
        self.audio: list[tuple[float, int, int]] = []
        """(time, turn, samples)"""
        self.tones: list[tuple[float, int]] = []
        """(time, samples)"""
        self.clears: list[tuple[float, int]] = []
        self.floor: list[tuple[float, str, int]] = []
        """(time, move, turn)"""
        self.can_hold = True
        self.close_code: int | None = None
        self.waiting_bytes = 0
        self.blocked = False
        self.clock = asyncio.get_running_loop().time

    def inbound(self) -> AsyncIterator[Inbound]:
        return self.inbox.messages()

    async def send_audio(self, turn: int, pcm: bytes) -> None:
        if self.blocked:
            await asyncio.Event().wait()
        self.audio.append((self.clock(), turn, len(pcm) // 2))

    async def send_tone(self, pcm: bytes) -> None:
        self.tones.append((self.clock(), len(pcm) // 2))

    async def clear(self, turn: int) -> None:
        self.clears.append((self.clock(), turn))

    async def duck(self, turn: int) -> None:
        self.floor.append((self.clock(), "duck", turn))

    async def hold(self, turn: int, heard: int) -> None:
        self.floor.append((self.clock(), "hold", turn))

    async def release(self, turn: int) -> None:
        self.floor.append((self.clock(), "release", turn))

    async def send(self, event: ChannelEvent) -> None:
        self.sent.append(event)

    def backlog(self) -> int:
        return self.waiting_bytes

    async def close(self, code: int) -> None:
        self.close_code = code

    def got(self, kind: type[ChannelEvent]) -> list[ChannelEvent]:
        return [event for event in self.sent if isinstance(event, kind)]

    def samples(self, turn: int) -> int:
        return sum(count for _, number, count in self.audio if number == turn)


class HandDesk:
    """The row that says who talks, in hand."""

    def __init__(self, row: OwnerNow) -> None:
        self.row = row
        self.asked = 0

    async def now(self) -> OwnerNow:
        self.asked += 1
        return self.row

    async def lost(self, number: int) -> OwnerNow:
        if number == self.row.number:
            self.row = OwnerNow(number=number + 1, by="lost")
        return self.row


class Stage:
    """A running session with all its surroundings. Use inside `run_virtual`."""

    def __init__(
        self,
        *,
        media: Media | None = None,
        facts: LegFacts = FACTS,
        limits: Limits | None = None,
        waiting: WaitingLine | None = None,
        tools: Toolbox | None = None,
    ) -> None:
        self.channel = HandChannel(media)
        self.hub = LocalHub()
        self.desk = HandDesk(facts.owner)
        self._tools = tools
        self._waiting = waiting
        self.workers = ScriptedWorkers()
        self.recorder = MemoryRecorder()
        self.speech = SpeechCache()
        self.clock = asyncio.get_running_loop().time
        self.started = self.clock()
        self._facts = facts
        self._limits = limits
        self._frames: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Stage:
        self.session = LiveSession(
            self.channel,
            self._facts,
            self.workers,
            self.recorder,
            speech=self.speech,
            limits=self._limits,
            waiting=self._waiting,
            tools=self._tools,
            backstage=Backstage(
                self.hub,
                Watch(self._facts, self.channel.kind, self.channel.media, self.hub, self.clock),
                self.desk,
            ),
        )
        self.running = asyncio.create_task(self.session.run())
        await asyncio.sleep(0.01)
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in (self._frames, self.running):
            if task is not None and not task.done():
                task.cancel()
                await asyncio.wait([task])

    @property
    def link(self) -> ScriptedLink:
        return self.workers.link

    async def down(self, *messages: Down) -> None:
        """The worker says something, and it is handled."""
        self.link.say(*messages)
        await asyncio.sleep(0)
        await asyncio.sleep(0.001)

    async def hear(self, *messages: Inbound) -> None:
        for message in messages:
            self.channel.inbox.put(message)
        await asyncio.sleep(0.001)

    def begin_frames(self) -> None:
        """The microphone: 20 ms of quiet every 20 ms from now on."""
        self._frames = asyncio.create_task(self._send_frames())

    async def _send_frames(self) -> None:
        while True:
            await asyncio.sleep(0.02)
            self.channel.inbox.put(CallerAudio(hush(20, 16_000), self.clock()))

    async def note(self, **note: object) -> None:
        """Somebody of the team asks the leg for something, and it is done."""
        self.hub.publish(topic_of_leg(self._facts.conversation, "control"), msgspec.json.encode(note))
        await asyncio.sleep(0.001)

    async def take_over(self, name: str = "Alice") -> None:
        """The row says that a person talks, and the leg is told."""
        number = self.desk.row.number + 1
        self.desk.row = OwnerNow(owner="human", number=number, user=f"us_{name}", name=name, by="taken")
        await self.note(do="owner", number=number)

    async def give_back(self, node: str = "") -> None:
        number = self.desk.row.number + 1
        self.desk.row = OwnerNow(number=number, node=node, by="given_back")
        await self.note(do="owner", number=number)

    def microphone(self, pcm: bytes, number: int | None = None) -> None:
        """A frame of the person's microphone arrives."""
        payload = pack_microphone(self.desk.row.number if number is None else number, pcm)
        self.hub.publish(topic_of_leg(self._facts.conversation, "microphone"), payload)

    async def end(self) -> str:
        return await self.running
