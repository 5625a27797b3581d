"""The warm engines of this worker, who may use them, and what is kept ready for them."""

from __future__ import annotations

import asyncio
import logging
import os
from collections import Counter
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal, cast

import msgspec

from inference import catalogue, judging, metrics
from inference.admission import Admission
from inference.calibration import calibrate
from inference.cloning import VoiceSample, is_clone
from inference.config import WorkerConfig
from inference.cores import cores
from inference.engine_set import Engines
from inference.engines import registry
from inference.engines.base import (
    ChatModel,
    Engine,
    EngineInfo,
    EngineRole,
    LearnsVoices,
    Synthesizer,
    Transcriber,
    TurnDetector,
    VoiceDetector,
)
from inference.engines.in_workspace import in_workspace
from inference.errors import EngineError, EngineNotReady, ParleyError, UnknownEngine, WorkerFull
from inference.events import Open
from inference.extra_engines import ExtraEngines
from inference.failover import standing_in
from inference.fixed_speech import FixedSpeech
from inference.fixed_texts import fixed_texts
from inference.languages import spoken_in
from inference.lending import LentService, is_lent
from inference.lent_engines import LentEngines, own_or_default
from inference.phrases import PhraseName, phrase
from inference.prompt import prefix
from inference.residents import Residents
from inference.spec import AgentSpec, voices_of
from inference.text import clauses
from inference.used import Meter

log = logging.getLogger(__name__)

PHRASES: tuple[PhraseName, ...] = ("not_heard", "say_again", "failed", "filler")

REST_SECONDS = 1.0

try:
    VERSION = version("parley")
except PackageNotFoundError:  # an engine's own environment holds the code, not the package
    VERSION = ""

Place = Literal["voice", "text", "listen"]
"""What a leg takes a place of: a call, an exchange of messages, somebody who is only listened to."""


class Pool:
    """Engines by role, loaded once. `ready` only when each has really run and agents are warm."""

    def __init__(self, config: WorkerConfig) -> None:
        self.config = config
        self.ready = False
        self.problem = ""
        """Why loading failed, for people."""
        self.fixed_speech = FixedSpeech()
        self.admission = Admission(most=config.most_calls, cores=cores(), fixed=config.fixed)
        self._engines: dict[EngineRole, Engine] = {}
        self._extra = ExtraEngines(self._made)
        self._lent = LentEngines()
        self._loading_more: asyncio.Task[None] | None = None
        self.residents = Residents(self._warm)
        self.draining = False
        """Nobody is taken any more: the process is about to stop, or an operator wants it empty."""
        self._serving: Counter[str] = Counter()
        self._open: dict[Place, int] = {"voice": 0, "text": 0, "listen": 0}
        self._rehearsal: asyncio.Task[None] | None = None
        self._judging: set[str] = set()
        """Chat models that have answered a bound question: the first one takes them about a second."""

    # --- loading ------------------------------------------------------------------------------

    async def load(self) -> None:
        """Load every engine of the profile and warm the published agents; failures end in `problem`."""
        try:
            for role in catalogue.entries.roles():
                self._engines[role] = engine = await asyncio.to_thread(self._create, role)
                await engine.load()
                log.info("Loaded %s: %s", role, engine.info.model)
            await self.keep_warm(_published(self.config.agents))
            self.admission.begin(await calibrate(self))
        except (ParleyError, ImportError) as error:  # ImportError: a system library that an engine needs is missing
            self.problem = str(error)
            log.error("The worker cannot serve: %s", error)
            return
        self.ready = True
        log.info(
            "Ready: %s voice conversations to begin with (%s), %s agents warm",
            self.admission.capacity,
            self.admission.reason,
            len(self.residents.kept),
        )

        self._loading_more = asyncio.create_task(self._extra.load())

    def _create(self, role: EngineRole) -> Engine:
        return self._made(role, catalogue.resolve(role, self.config.profile))

    def _made(self, role: EngineRole, chosen: catalogue.Resolved) -> Engine:
        settings: dict[str, str | int | float] = {"model": chosen.name, "capacity": self.config.capacity}
        if chosen.model is None or chosen.model.has_weights:
            settings["path"] = str(catalogue.ensure(chosen.name))
        if chosen.engine == "gguf":
            settings["keep_folder"] = self.config.cache
        return registry.create(role, chosen.engine, settings | _engine_settings(role))

    async def keep_warm(self, specs: Sequence[AgentSpec]) -> None:
        """Make these agents resident: prompt heads prefilled, greetings and phrases spoken once."""
        for spec in specs:
            chat = await self._warm(spec)
            if len(spec.flow.nodes) > 1 and chat.info.model not in self._judging:
                await _warm_judge(chat)
                self._judging.add(chat.info.model)
            for text in (spec.greeting, *(phrase(name, spec.language) for name in PHRASES)):
                await self._prepare(spec, text)
        self.residents.keep(specs)
        metrics.agents_resident(len(self.residents.kept))
        if self._rehearsal is not None:
            self._rehearsal.cancel()
        self._rehearsal = asyncio.create_task(self._rehearse(specs))

    async def _warm(self, spec: AgentSpec) -> ChatModel:
        chat = in_workspace(cast(ChatModel, self._preferred("chat", spec.models.chat)), spec.workspace)
        await chat.warm(prefix(spec))
        return chat

    async def _rehearse(self, specs: Sequence[AgentSpec]) -> None:
        """Have the fixed sentences of flows at hand, as far as there is room for them: slowly, while anybody talks."""
        for spec in specs:
            others = [spoken_in(spec, row.language) for row in spec.languages]
            phrases = [(other, phrase(name, other.language)) for other in others for name in PHRASES]
            for spoken, text in [*phrases, *((spec, text) for text in fixed_texts(spec.flow))]:
                await asyncio.sleep(REST_SECONDS if self.calls() else 0.0)
                if not self.fixed_speech.has_room:
                    return
                try:
                    await self._prepare(spoken, text)
                except EngineError as error:
                    log.warning("A sentence of %s is not at hand (%s): %s", spec.name, error.code, error.message)
                    return

    async def _prepare(self, spec: AgentSpec, text: str) -> None:
        # Without a conversation there is no key of a service, and no sample of a voice.
        if is_lent(spec.voice.engine) or is_clone(spec.voice.name):
            return
        async for clause in clauses(_one(text), language=spec.language, pronunciations=spec.pronunciations):
            if clause.spoken:
                synthesizer = cast(Synthesizer, self._preferred("synthesizer", spec.voice.engine))
                voice = standing_in(spec.voice, synthesizer.info)
                await self.fixed_speech.prepare(synthesizer, voice, clause.spoken)

    async def close(self) -> None:
        self.ready = False
        self.residents.close()
        if self._rehearsal is not None:
            self._rehearsal.cancel()
        if self._loading_more is not None:
            self._loading_more.cancel()
        await self._lent.close()
        await self._extra.close()
        for engine in self._engines.values():
            await engine.close()
        self._engines.clear()

    # --- engines ------------------------------------------------------------------------------

    def transcriber(self, name: str = "default") -> Transcriber:
        return cast(Transcriber, self._engine("transcriber", name))

    def chat(self, name: str = "default") -> ChatModel:
        return cast(ChatModel, self._engine("chat", name))

    def synthesizer(self, name: str = "default") -> Synthesizer:
        return cast(Synthesizer, self._engine("synthesizer", name))

    @property
    def voice_detector(self) -> VoiceDetector:
        return cast(VoiceDetector, self._engine("voice_detector", "default"))

    @property
    def turn_detector(self) -> TurnDetector:
        return cast(TurnDetector, self._engine("turn_detector", "default"))

    def infos(self) -> list[EngineInfo]:
        return [*(engine.info for engine in self._engines.values()), *self._extra.infos()]

    def _engine(self, role: EngineRole, name: str) -> Engine:
        engine = self._engines.get(role)
        if engine is None:
            raise EngineNotReady(f"The {role} is not loaded yet.")
        if name not in ("", "default", engine.info.model, engine.info.kind):
            if (extra := self._extra.find(role, name)) is not None:
                return extra
            raise UnknownEngine(f"This worker has no {role} {name!r}; it has {engine.info.model!r}.")
        return engine

    def _preferred(self, role: EngineRole, name: str) -> Engine:
        return own_or_default(role, "default" if is_lent(name) else name, self._engine)

    def _chosen(
        self, spec: AgentSpec, lent: Mapping[str, LentService], meter: Meter
    ) -> tuple[Transcriber, ChatModel, Synthesizer]:
        """What serves a conversation with this agent, in the order that it names."""
        models, voice, workspace = spec.models, spec.voice, spec.workspace

        def own(role: EngineRole, name: str) -> Engine:
            engine = self._engine(role, name)
            return in_workspace(cast(ChatModel, engine), workspace) if role == "chat" else engine

        return (
            self._lent.transcriber((models.transcriber, *models.transcriber_then), lent, own, meter),
            self._lent.chat((models.chat, *models.chat_then), lent, own, meter),
            self._lent.synthesizer((voice.engine, *voice.then), lent, own, meter),
        )

    async def _learn(self, spec: AgentSpec, samples: Sequence[VoiceSample]) -> None:
        """Know the voices that this agent's conversation brings samples of. Where that fails, another voice speaks."""
        for sample in samples:
            named = [voice.engine for voice in voices_of(spec) if voice.name == sample.name]
            for name in dict.fromkeys(named or [spec.voice.engine]):
                engine = self._preferred("synthesizer", name)
                if not isinstance(engine, LearnsVoices):
                    log.warning("%s learns no voices: its own one speaks for %s", engine.info.model, spec.name)
                    continue
                try:
                    await engine.learn(sample.name, sample.wav)
                except EngineError as error:
                    log.warning("A voice of %s was not learned (%s): %s", spec.name, error.code, error.message)

    # --- admission ----------------------------------------------------------------------------

    @asynccontextmanager
    async def admit(self, opening: Open) -> AsyncGenerator[Engines]:
        """A place for one conversation. Raises WorkerFull at once, never queues.

        Voice conversations are admitted up to what this worker measures that it can serve; text
        conversations have places of their own, whatever the load. So have legs that are only listened
        to, one for each call: while a person talks in it, the agent of that call thinks and says nothing.
        """
        if not self.ready:
            raise WorkerFull(self.problem or "The worker is still loading its models.")
        if self.draining:
            raise WorkerFull("This worker is about to stop and takes nobody any more.")
        kind: Place = "listen" if opening.listen_only else opening.media.kind
        limit = self.config.text_capacity if kind == "text" else self.admission.capacity
        if self._open[kind] >= limit:
            raise WorkerFull(f"All {limit} {kind} places of this worker are taken.")
        self._open[kind] += 1
        served = f"{opening.spec.workspace}:{opening.spec.agent}" if kind == "voice" else ""
        self._serving[served] += 1
        resident = self.residents.holds(opening.spec)
        if kind != "listen":
            self.residents.adopt(opening.spec)
        metrics.conversations_open(kind, self._open[kind])
        try:
            async with self._lent.use(opening.lent) as loan:
                if opening.media.kind == "voice":
                    await self._learn(opening.spec, opening.voices)
                meter = Meter()

                def choose(spec: AgentSpec, more: Sequence[LentService]) -> tuple[Transcriber, ChatModel, Synthesizer]:
                    loan.add(more)
                    return self._chosen(spec, loan.services, meter)

                transcriber, chat, synthesizer = choose(opening.spec, ())
                yield Engines(
                    transcriber=transcriber,
                    chat=chat,
                    synthesizer=synthesizer,
                    voice_detector=self.voice_detector,
                    turn_detector=self.turn_detector,
                    fixed_speech=self.fixed_speech,
                    busy=self.busy,
                    resident=resident,
                    meter=meter,
                    choose=choose,
                    learn=self._learn if opening.media.kind == "voice" else None,
                )
        finally:
            self._open[kind] -= 1
            self._serving[served] -= 1
            metrics.conversations_open(kind, self._open[kind])

    def calls(self) -> int:
        """Voice conversations that are open."""
        return self._open["voice"]

    def conversations(self) -> int:
        """Calls and exchanges of messages that are open; a leg that is only listened to goes with its call."""
        return self._open["voice"] + self._open["text"]

    def busy(self) -> float:
        """How loaded this worker is by others than the one call that asks, 0 to 1.

        From about 0.8 on, work that may be for nothing is better left. Alone, a call may use what there is.
        """
        calls = self._open["voice"]
        return self.admission.pressure(calls - 1, of=calls)

    def status(self) -> dict[str, Any]:
        """The worker's account of itself, JSON-safe."""
        return {
            "name": self.config.name,
            "version": VERSION,
            "profile": self.config.profile,
            "ready": self.ready and not self.draining,
            "draining": self.draining,
            "problem": self.problem,
            "capacity": self.admission.capacity,
            "capacity_most": self.config.most_calls,
            "capacity_limited_by": self.admission.limited_by,
            "capacity_reason": self.admission.reason,
            "load": round(self.admission.busy(max(0, self.calls() - 1)), 3),
            "waiting_ms": round(self.admission.waiting() * 1000, 1),
            "conversations": self._open["voice"],
            "text_capacity": self.config.text_capacity,
            "text_conversations": self._open["text"],
            "listening": self._open["listen"],
            "engines": [msgspec.to_builtins(info) for info in self.infos()],
            "left_out": self._extra.refused,
            "failing_services": self._lent.breaker.open_names(),
            "agents": self.residents.kept,
            "resident": self.residents.digests(),
            "serving": {served: calls for served, calls in self._serving.items() if served and calls > 0},
        }


def _engine_settings(role: EngineRole) -> dict[str, str | int | float]:
    """PARLEY_ENGINE_<ROLE>="threads=2 mode=segment" goes to the engine as settings."""
    settings: dict[str, str | int | float] = {}
    for part in os.environ.get(f"PARLEY_ENGINE_{role.upper()}", "").split():
        key, _, value = part.partition("=")
        settings[key] = int(value) if value.lstrip("-").isdigit() else value
    return settings


def _published(path: str) -> list[AgentSpec]:
    if not path or not Path(path).exists():
        return []
    try:
        return msgspec.json.decode(Path(path).read_bytes(), type=list[AgentSpec])
    except (OSError, msgspec.DecodeError) as error:
        raise ParleyError(f"PARLEY_AGENTS: {path} does not hold published agents: {error}", code="config") from error


async def _warm_judge(chat: ChatModel) -> None:
    try:
        await judging.warm(chat)
    except EngineError as error:
        log.warning("The language model does not answer bound questions (%s): %s", error.code, error.message)


async def _one(text: str) -> AsyncGenerator[str]:
    yield text
