"""A leg's channel and recorder, with somebody looking over their shoulder: nothing is changed, delayed or kept back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import assert_never

from agents.prompt import language_name
from channels_io.base import Channel
from channels_io.entries import AgentTurn, CallerTurn, Entry, EventEntry, StateSnapshot, TurnTiming, TurnUse
from channels_io.live import messages as out
from channels_io.live.messages import CallerAudio, ChannelEvent, Inbound
from channels_io.live.recorder import Recorder
from channels_io.live.watch_events import (
    AGENT,
    CALLER,
    HeardWords,
    LanguageIs,
    LegEnded,
    NodeEntered,
    PartialWords,
    Problem,
    ReplyWords,
    Settled,
    ToolRan,
    TurnTimed,
)
from channels_io.live.watching import Watch


class WatchedChannel:
    def __init__(self, channel: Channel, watch: Watch) -> None:
        self._channel = channel
        self._watch = watch
        self.kind = channel.kind
        self.media = channel.media
        self._said: dict[int, str] = {}

    @property
    def can_hold(self) -> bool:
        return self._channel.can_hold

    @can_hold.setter
    def can_hold(self, can: bool) -> None:
        self._channel.can_hold = can

    async def inbound(self) -> AsyncIterator[Inbound]:
        async for inbound in self._channel.inbound():
            if isinstance(inbound, CallerAudio):
                self._watch.sound(CALLER, inbound.pcm)
            yield inbound

    async def send_audio(self, turn: int, pcm: bytes) -> None:
        self._watch.sound(AGENT, pcm)
        await self._channel.send_audio(turn, pcm)

    async def send_tone(self, pcm: bytes) -> None:
        self._watch.sound(AGENT, pcm, loud=False)
        await self._channel.send_tone(pcm)

    async def clear(self, turn: int) -> None:
        self._watch.quiet("agent")
        await self._channel.clear(turn)

    async def duck(self, turn: int) -> None:
        await self._channel.duck(turn)

    async def hold(self, turn: int, heard: int) -> None:
        self._watch.quiet("agent")
        await self._channel.hold(turn, heard)

    async def release(self, turn: int) -> None:
        await self._channel.release(turn)

    async def send(self, event: ChannelEvent) -> None:
        self._look(event)
        await self._channel.send(event)

    def backlog(self) -> int:
        return self._channel.backlog()

    async def close(self, code: int) -> None:
        await self._channel.close(code)

    def _look(self, event: ChannelEvent) -> None:
        watch = self._watch
        match event:
            case out.SpeechStarted():
                watch.caller_began()
            case out.Partial(text=text):
                if not text:
                    watch.quiet("caller")
                watch.tell(PartialWords(text))
            case out.ReplyText(turn=turn, text=text):
                whole = self._said[turn] = self._said.get(turn, "") + text
                watch.tell(ReplyWords(turn, whole.strip(), "agent", done=False))
            case out.ReplyDone(turn=turn, text=text):
                whole = text or self._said.get(turn, "")
                self._said = {number: words for number, words in self._said.items() if number > turn}
                watch.tell(ReplyWords(turn, whole.strip(), "agent", done=True))
            case out.Failed(code=code, message=message):
                watch.tell(Problem(code, message))
            case out.Ended(reason=reason):
                watch.tell(LegEnded(reason))


class WatchedRecorder:
    def __init__(self, recorder: Recorder, watch: Watch) -> None:
        self._recorder = recorder
        self._watch = watch
        self._written: set[int] = set()

    def put(self, entry: Entry) -> None:
        self._look(entry)
        self._recorder.put(entry)

    def caller(self, pcm: bytes, at_seconds: float) -> None:
        self._recorder.caller(pcm, at_seconds)

    def agent(self, pcm: bytes, at_seconds: float) -> None:
        self._recorder.agent(pcm, at_seconds)

    def cut(self, at_seconds: float) -> None:
        self._recorder.cut(at_seconds)

    def _look(self, entry: Entry) -> None:
        watch = self._watch
        match entry:
            case CallerTurn():
                watch.quiet("caller")
                watch.line(entry.number, "caller", entry.text, entry.started_ms)
                watch.tell(HeardWords(entry.number, entry.text, entry.started_ms))
            case AgentTurn():
                self._on_words(entry)
            case TurnTiming():
                spans = tuple((span.name, round(span.ms, 1)) for span in entry.spans)
                watch.tell(TurnTimed(entry.number, entry.v2v_ms, spans))
            case StateSnapshot(state=state):
                if state.variables != watch.variables or state.node != watch.node:
                    watch.node, watch.variables = state.node, state.variables
                    watch.tell(NodeEntered(state.turn, state.node, watch.title(state.node), dict(state.variables)))
            case EventEntry():
                self._on_event(entry)
            case TurnUse():
                pass
            case _:
                assert_never(entry)

    def _on_words(self, entry: AgentTurn) -> None:
        watch = self._watch
        by = watch.names.get(entry.by, "")
        watch.line(entry.number, entry.role, entry.text, entry.started_ms, by)
        if entry.role == "human":
            watch.tell(ReplyWords(entry.number, entry.text, "human", done=True))
        elif entry.cut or entry.number in self._written:
            watch.tell(Settled(entry.number, entry.text, entry.cut))
        self._written.add(entry.number)

    def _on_event(self, entry: EventEntry) -> None:
        watch, data = self._watch, entry.data
        if entry.kind == "tool_result":
            watch.tell(ToolRan(str(data.get("name", "")), bool(data.get("ok"))))
        elif entry.kind == "language" and data.get("language"):
            language = str(data["language"])
            watch.tell(LanguageIs(int(data.get("turn", 0)), language, language_name(language)))
        elif entry.kind == "node" and data.get("nodes"):
            watch.node = str(data["nodes"][-1])
            turn = int(data.get("turn", 0))
            watch.tell(NodeEntered(turn, watch.node, watch.title(watch.node), dict(watch.variables)))
