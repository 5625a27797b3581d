"""A town to telephone in: simulated Twilio, the real web application, what Celery does, and a line to an agent.

async with town(acme, settings, {"greeting": "Hello."}, {}) as place:
    record = await place.twilio.call(NUMBER, sender=CALLER, audio=[speech()])
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from channels.db import database_sync_to_async
from django.conf import settings as configured

from agents.models import Agent
from channels_io.account_secrets import set_secrets
from channels_io.actions.work_on_calls import work_on_calls
from channels_io.models import Account, Channel
from channels_io.simulators.twilio import CallRecord, TwilioSimulator
from inference.audio import Samples
from parley.accounts.models import Workspace
from parley.asgi import application
from tests.channels_io.live.processes import TOKEN, worker
from tests.channels_io.live.sockets import serving
from tests.support.agents import make_agent, publish
from tests.support.spending import open_rules
from tests.support.telephone import NUMBER


@contextmanager
def working_worker(folder: Path, settings: Any, monkeypatch: pytest.MonkeyPatch, *said: str) -> Iterator[None]:
    """A worker process on fake engines. `said`: what it understands of the utterances of a call, one after the other."""
    monkeypatch.setattr("agents.tasks.warm_workers.delay", lambda: None)
    if said:
        monkeypatch.setenv("PARLEY_ENGINE_TRANSCRIBER", f"script={'|'.join(said).replace(' ', '_')}")
    process = worker(folder)
    process.start()
    try:
        process.wait_ready()
        settings.PARLEY_WORKERS = [f"http://127.0.0.1:{process.port}"]
        settings.PARLEY_WORKER_TOKEN = TOKEN
        yield
    finally:
        process.stop()


class Town:
    """Twilio, our server, and one telephone line to an agent."""

    def __init__(self, twilio: TwilioSimulator, line: Channel) -> None:
        self.twilio, self.line = twilio, line
        base = f"{configured.PARLEY_PUBLIC_URL}/hooks/twilio_voice/{line.public_id}"
        twilio.add_number(
            NUMBER,
            voice_url=f"{base}/voice/",
            voice_fallback_url=f"{base}/fallback/",
            status_callback=f"{base}/status/",
        )

    def messages_on(self, address: str) -> Channel:
        """One more line to the same agent, of the same account: for SMS, or "whatsapp:+1..."."""
        channel = Channel.objects.create(
            workspace=self.line.workspace,
            kind="twilio_messaging",
            name=f"Messages {address}",
            agent=self.line.agent,
            account=self.line.account,
            address=address,
            settings={"debounce_seconds": 0.1},
        )
        base = f"{configured.PARLEY_PUBLIC_URL}/hooks/twilio_messaging/{channel.public_id}"
        self.twilio.add_number(address, sms_url=f"{base}/message/")
        return channel


@asynccontextmanager
async def town(acme: Workspace, settings: Any, draft: dict[str, Any], wishes: dict[str, Any]) -> AsyncGenerator[Town]:
    async with serving(application) as place:
        reach = {configured.PARLEY_PUBLIC_URL: f"http://{place}"}
        async with TwilioSimulator(reach=reach) as twilio:
            settings.PARLEY_SIMULATOR_URL = twilio.url
            settings.PARLEY_SIMULATORS = True
            line = await get(lambda: _line(acme, twilio, draft, wishes))
            async with _calls_worked_on():
                yield Town(twilio, line)
                await twilio.settle()


def _line(acme: Workspace, twilio: TwilioSimulator, draft: dict[str, Any], wishes: dict[str, Any]) -> Channel:
    open_rules(acme)
    agent: Agent = make_agent(acme, **draft)
    publish(agent)
    account = Account.objects.create(
        workspace=acme, provider="twilio", name="Twilio", number=twilio.account_sid, simulated=True
    )
    set_secrets(account, {"auth_token": twilio.auth_token})
    account.save()
    return Channel.objects.create(
        workspace=acme, kind="twilio_voice", name="Line", agent=agent, account=account, address=NUMBER, settings=wishes
    )


@asynccontextmanager
async def _calls_worked_on() -> AsyncIterator[None]:
    """What Celery does for calls."""

    async def work() -> None:
        while True:
            await database_sync_to_async(work_on_calls)()
            await asyncio.sleep(0.05)

    working = asyncio.create_task(work())
    try:
        yield
    finally:
        working.cancel()
        with suppress(asyncio.CancelledError):
            await working


async def get(query: Callable[[], Any]) -> Any:
    return await database_sync_to_async(query)()


async def until(query: Callable[[], Any], seconds: float = 20.0) -> Any:
    async with asyncio.timeout(seconds):
        while not (found := await get(query)):
            await asyncio.sleep(0.05)
    return found


def speech(seconds: float = 1.0) -> Samples:
    """Loud noise: what the fake recogniser calls speaking."""
    return np.random.default_rng(1).normal(0, 3000, int(8000 * seconds)).astype(np.int16)


def verbs(record: CallRecord) -> list[str]:
    return [verb.name for verb in record.verbs]
