"""What the worker's engines offer, as the builder's drop-downs need it.

Asked of the first worker that answers, remembered for a short while in the cache, so that the page
never waits long and still works while no worker runs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from asgiref.sync import async_to_sync
from django.conf import settings
from django.core.cache import cache

from agents.prompt import language_name
from inference.cloning import is_clone
from inference.errors import ParleyError
from parley.lib.workers.store import known_urls

FRESH_SECONDS = 20
"""How long an answer is used without asking again."""
KNOWN_SECONDS = 7 * 24 * 3600
"""How long a voice seen on some worker counts as existing while no worker answers."""
WAIT_SECONDS = 0.7
"""A worker that is slower than this is treated as absent: the page must open."""

FRESH_KEY = "agents:engines:fresh:2"
KNOWN_KEY = "agents:engines:known:2"
"""What is kept there are offers: another shape of them takes another number."""


@dataclass(frozen=True, slots=True)
class EngineOffer:
    """One engine of a worker: its registry kind, its model, what it speaks or understands."""

    kind: str
    role: str
    model: str
    languages: tuple[str, ...] = ()
    voices: tuple[str, ...] = ()
    clones: bool = False
    """It speaks in voices that it is given samples of."""


BUILT_IN: tuple[EngineOffer, ...] = (
    EngineOffer("faster_whisper", "transcriber", "whisper-tiny.en", languages=("en",)),
    EngineOffer("llama_cpp", "chat", "default"),
    EngineOffer("hibari", "synthesizer", "hibari", languages=("en",), voices=("heart",)),
)
"""What every installation can run: the choices while no worker has answered yet."""


@dataclass(frozen=True, slots=True)
class ServiceOffer:
    """A service of the workspace (`agents.models.Provider`): `engine` is how agents name it, `name` what people see."""

    engine: str
    name: str
    chat: bool = False
    transcriber: bool = False
    voices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class VoiceOffer:
    """A cloned voice of the workspace (`agents.models.ClonedVoice`): `voice` is how agents name it."""

    voice: str
    name: str


@dataclass(frozen=True, slots=True)
class EngineMenu:
    """`offers` run now (or are built in, when `live` is False); `known` were seen at some time."""

    offers: tuple[EngineOffer, ...]
    known: tuple[EngineOffer, ...] = BUILT_IN
    live: bool = False
    services: tuple[ServiceOffer, ...] = ()
    cloned: tuple[VoiceOffer, ...] = ()

    def service(self, engine: str) -> ServiceOffer | None:
        return next((service for service in self.services if service.engine == engine), None)

    def shown(self, engine: str) -> str:
        """What people see for a model or an engine."""
        service = self.service(engine)
        return service.name if service is not None else engine

    def voices(self) -> list[tuple[str, str]]:
        """(engine, voice) pairs on offer, the built-in ones first, without repeats; an engine's own before cloned ones."""
        pairs = [(o.kind, voice) for o in self.offers if o.role == "synthesizer" for voice in self._voices_of(o)]
        pairs += [(service.engine, voice) for service in self.services for voice in service.voices]
        return list(dict.fromkeys(pairs))

    def _voices_of(self, offer: EngineOffer) -> tuple[str, ...]:
        return (*offer.voices, *(clone.voice for clone in self.cloned)) if offer.clones else offer.voices

    def voice_shown(self, voice: str) -> str:
        """What people see for a voice."""
        return next((clone.name for clone in self.cloned if clone.voice == voice), voice)

    def has_clone(self, voice: str) -> bool:
        """Whether this cloned voice is one of the workspace's."""
        return any(clone.voice == voice for clone in self.cloned)

    def cloning(self) -> tuple[str, ...]:
        """Engines that run now and speak in cloned voices."""
        offers = (o for o in self.offers if o.role == "synthesizer" and o.clones)
        return tuple(dict.fromkeys(o.kind for o in offers)) if self.live else ()

    def clones_with(self, engine: str) -> bool:
        """Whether this engine, when it was seen last, spoke in cloned voices."""
        return any(o.role == "synthesizer" and o.kind == engine and o.clones for o in (*self.offers, *self.known))

    def chat_models(self) -> list[str]:
        """Names for ModelSpec.chat: `default` first, then the models of engines that have a name."""
        named = [offer.model for offer in self.offers if offer.role == "chat" and offer.model]
        return list(dict.fromkeys(["default", *named, *(s.engine for s in self.services if s.chat)]))

    def transcribers(self) -> list[str]:
        """Names for ModelSpec.transcriber, `default` first."""
        named = [offer.model for offer in self.offers if offer.role == "transcriber" and offer.model]
        return list(dict.fromkeys(["default", *named, *(s.engine for s in self.services if s.transcriber)]))

    def languages(self) -> list[tuple[str, str]]:
        """(code, English name) of what the recognisers on offer understand."""
        codes = {code for offer in self.offers if offer.role == "transcriber" for code in offer.languages}
        return sorted(((code, language_name(code)) for code in codes or {"en"}), key=lambda pair: pair[1])

    def hears(self, language: str, transcriber: str = "default") -> bool:
        """Whether the named recogniser understands `language`; of one that does not run, or a service, nobody knows."""
        named = {
            code
            for offer in self.offers
            if offer.role == "transcriber" and offer.model == transcriber
            for code in offer.languages
        }
        if transcriber != "default" and not named:
            return True
        codes = named or {code for code, _name in self.languages()}
        return not self.live or language in codes or language.split("-")[0] in codes

    def speaks(self, language: str, engine: str) -> bool:
        """Whether the voices of this engine speak `language`; of one that does not run or does not say so, or a service,
        nobody knows."""
        known = {code for o in self.offers if o.role == "synthesizer" and o.kind == engine for code in o.languages}
        return not self.live or not known or language in known or language.split("-")[0] in known

    def offers_voice(self, engine: str, voice: str) -> bool:
        return not self.live or (engine, voice) in self.voices()

    def knows_voice(self, engine: str, voice: str) -> bool:
        if (service := self.service(engine)) is not None:
            return voice in service.voices
        if is_clone(voice):
            return self.has_clone(voice) and self.clones_with(engine)
        seen = (*self.offers, *self.known, *BUILT_IN)
        return any(o.role == "synthesizer" and o.kind == engine and voice in o.voices for o in seen)

    def knows_transcriber(self, name: str) -> bool:
        seen = (*self.offers, *self.known)
        ours = any(o.role == "transcriber" and o.model == name for o in seen)
        return name == "default" or ours or any(s.engine == name and s.transcriber for s in self.services)

    def knows_model(self, name: str) -> bool:
        if (service := self.service(name)) is not None:
            return service.chat
        seen = (*self.offers, *self.known)
        return name == "default" or any(o.role == "chat" and o.model == name for o in seen)


def fallback_menu() -> EngineMenu:
    """The built-in choices, without asking anybody."""
    return EngineMenu(BUILT_IN)


def read_offers(engines: Iterable[Mapping[str, Any]]) -> tuple[EngineOffer, ...]:
    """The worker's own account, strictly read: entries that are not understood are left out."""
    offers = []
    for info in engines:
        kind, role, model = info.get("kind"), info.get("role"), info.get("model", "")
        if isinstance(kind, str) and isinstance(role, str) and isinstance(model, str):
            languages = tuple(code for code in info.get("languages") or () if isinstance(code, str))
            voices = tuple(voice for voice in info.get("voices") or () if isinstance(voice, str))
            offers.append(EngineOffer(kind, role, model, languages, voices, info.get("clones") is True))
    return tuple(offers)


def known_menu() -> EngineMenu:
    """All that is remembered to run or to have run, for whoever tries a draft: nobody is asked, and what does not run now is
    told by the call itself. Builder and publishing keep it fresh (`engine_menu`)."""
    return EngineMenu(BUILT_IN, cache.get(KNOWN_KEY) or BUILT_IN)


def engine_menu() -> EngineMenu:
    """What is on offer now. Never raises and never waits longer than WAIT_SECONDS a worker."""
    fresh = cache.get(FRESH_KEY)
    known: tuple[EngineOffer, ...] = cache.get(KNOWN_KEY) or BUILT_IN
    if fresh is not None:
        return EngineMenu(fresh or BUILT_IN, known, live=bool(fresh))
    offers = read_offers(async_to_sync(_ask_workers)())
    cache.set(FRESH_KEY, offers, FRESH_SECONDS)
    if offers:
        known = tuple(dict.fromkeys((*known, *offers)))[-200:]
        cache.set(KNOWN_KEY, known, KNOWN_SECONDS)
    return EngineMenu(offers or BUILT_IN, known, live=bool(offers))


async def _ask_workers() -> list[Mapping[str, Any]]:
    """The engines of every worker that answers in time."""
    from inference.client import worker_status  # imported here: compile needs no worker

    async def ask(url: str) -> list[Mapping[str, Any]]:
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                status = await worker_status(url, settings.PARLEY_WORKER_TOKEN)
        except (ParleyError, OSError, TimeoutError):
            return []
        engines = status.get("engines", [])
        return [engine for engine in engines if isinstance(engine, dict)] if isinstance(engines, list) else []

    answers = await asyncio.gather(*(ask(url) for url in await asyncio.to_thread(known_urls)))
    return [engine for answer in answers for engine in answer]
