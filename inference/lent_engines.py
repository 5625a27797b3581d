"""The worker's use of lent services: connections that are kept, one breaker for all, and who is asked in which order."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import cast

from inference.breaker import Breaker
from inference.engines.base import ChatModel, Engine, EngineRole, Synthesizer, Transcriber
from inference.engines.openai_chat import OpenAIChat
from inference.engines.openai_http import ServiceClient
from inference.engines.openai_synthesizer import OpenAISynthesizer
from inference.engines.openai_transcriber import OpenAITranscriber
from inference.errors import EngineError, UnknownEngine
from inference.failover import (
    Candidate,
    FailoverChat,
    FailoverSynthesizer,
    FailoverTranscriber,
    Order,
)
from inference.lending import LentService, lent_id
from inference.used import Meter, Stage, Use

log = logging.getLogger(__name__)

KEPT = 32
"""Services whose connections stay open while no conversation uses them."""

Own = Callable[[EngineRole, str], Engine]
"""The worker's own engine by its name. Raises UnknownEngine."""
Several = Callable[[Order[Engine]], Engine]


class Loan:
    """The services that one conversation was lent, by their ids."""

    def __init__(self, users: dict[LentService, int]) -> None:
        """`users`: how many conversations use each service."""
        self.services: dict[str, LentService] = {}
        self._users = users
        self._counted: list[LentService] = []

    def add(self, services: Sequence[LentService]) -> None:
        for service in services:
            self.services[service.id] = service
            self._counted.append(service)
            self._users[service] = self._users.get(service, 0) + 1

    def end(self) -> None:
        for service in self._counted:
            self._users[service] -= 1
            if not self._users[service]:
                del self._users[service]
        self._counted.clear()


class LentEngines:
    """Engines of the services that conversations were lent."""

    def __init__(self, breaker: Breaker | None = None) -> None:
        self.breaker = breaker or Breaker()
        self._clients: OrderedDict[LentService, ServiceClient] = OrderedDict()
        self._users: dict[LentService, int] = {}

    @asynccontextmanager
    async def use(self, services: Sequence[LentService]) -> AsyncGenerator[Loan]:
        """They, and what is added to the loan, may be connected to meanwhile."""
        loan = Loan(self._users)
        loan.add(services)
        try:
            yield loan
        finally:
            loan.end()
            await self._close_unused()

    def chat(
        self, names: Sequence[str], lent: Mapping[str, LentService], own: Own, meter: Meter | None = None
    ) -> ChatModel:
        """The language model of a conversation whose agent names these, in order; the worker's own comes last.

        What services do is counted by `meter`, which is told too who serves.
        """
        engine = self._of("chat", names, lent, own, cast(Several, FailoverChat), meter or Meter())
        return cast(ChatModel, engine)

    def transcriber(
        self, names: Sequence[str], lent: Mapping[str, LentService], own: Own, meter: Meter | None = None
    ) -> Transcriber:
        engine = self._of("transcriber", names, lent, own, cast(Several, FailoverTranscriber), meter or Meter())
        return cast(Transcriber, engine)

    def synthesizer(
        self, names: Sequence[str], lent: Mapping[str, LentService], own: Own, meter: Meter | None = None
    ) -> Synthesizer:
        engine = self._of("synthesizer", names, lent, own, cast(Several, FailoverSynthesizer), meter or Meter())
        return cast(Synthesizer, engine)

    async def close(self) -> None:
        clients = list(self._clients.values())
        self._clients.clear()
        await asyncio.gather(*(client.close() for client in clients), return_exceptions=True)

    def _of(
        self,
        role: Stage,
        names: Sequence[str],
        lent: Mapping[str, LentService],
        own: Own,
        several: Several,
        meter: Meter,
    ) -> Engine:
        if len(names) == 1 and not lent_id(names[0]):
            engine = own_or_default(role, names[0], own)
            meter.serves[role] = Use(role, "", engine.info.model)
            return engine
        candidates: list[Candidate[Engine]] = []
        for name in dict.fromkeys([*names, "default"]):
            try:
                candidate = self._candidate(role, name, lent, own, meter)
            except EngineError as error:
                log.warning("%s The next in the order is used.", error.message)
                continue
            if all(candidate.engine.info != other.engine.info for other in candidates):
                candidates.append(candidate)
        if not candidates:
            return own(role, "default")  # says why there is none
        order = Order(candidates, self.breaker, meter)
        meter.serves[role] = order.use(role, 0)
        return candidates[0].engine if len(candidates) == 1 and not candidates[0].name else several(order)

    def _candidate(
        self, role: Stage, name: str, lent: Mapping[str, LentService], own: Own, meter: Meter
    ) -> Candidate[Engine]:
        if not (wanted := lent_id(name)):
            return Candidate(own(role, name))
        service = lent.get(wanted)
        if service is None:
            raise UnknownEngine(f"The service {wanted} was not lent to this conversation.")
        client, breaker_name = self._client(service), f"{role} {service.id}"
        engine: Engine
        match role:
            case "chat" if model := service.chat:
                engine = OpenAIChat(service, client, meter)
            case "transcriber" if model := service.transcriber:
                engine = OpenAITranscriber(service, client, meter)
            case "synthesizer" if model := service.synthesizer:
                engine = OpenAISynthesizer(service, client, meter)
            case _:
                raise UnknownEngine(f"The service “{service.name}” has no {role}.")
        return Candidate(engine, breaker_name, Use(role, service.id, model, service.name))

    def _client(self, service: LentService) -> ServiceClient:
        client = self._clients.get(service)
        if client is None:
            client = self._clients[service] = ServiceClient(service)
        self._clients.move_to_end(service)
        return client

    async def _close_unused(self) -> None:
        unused = [service for service in self._clients if service not in self._users]
        for service in unused[: max(0, len(unused) - KEPT)]:
            await self._clients.pop(service).close()


def own_or_default(role: EngineRole, name: str, own: Own) -> Engine:
    """The engine an agent asks for, or this worker's own: an agent is never mute for want of a voice."""
    try:
        return own(role, name)
    except UnknownEngine as error:
        _say_default_is_used(error.message)
        return own(role, "default")


@lru_cache(maxsize=256)
def _say_default_is_used(missing: str) -> None:
    """Once for each: an agent asks whenever it is warmed and for each of its conversations."""
    log.warning("%s The default is used.", missing)
