"""A person in a WhatsApp conversation, whole: simulated Meta, the real web application and worker, PostgreSQL.

The agent answers → a person takes over and writes → it is delivered, and answered → no agent says anything → given back,
the agent goes on and asks for nothing that is known.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from channels.db import database_sync_to_async
from django.conf import settings as configured
from django.test import Client

from channels_io.account_secrets import secrets_of
from channels_io.actions.take_over import give_back, take_over
from channels_io.hooks import hook_url
from channels_io.models import Channel, Conversation, OutboundMessage, Turn
from channels_io.simulators.meta import MetaIdentity, MetaSimulator, Person
from channels_io.simulators.meta.simulator import PATH
from channels_io.simulators.stand_in import find_or_make
from parley.accounts.actor import Actor
from parley.accounts.models import Role, User, Workspace
from parley.asgi import application
from tests.channels_io.live.sockets import serving
from tests.channels_io.test_one_person_everywhere import DAY, KEYS, ON_THAT_DAY, Calendar, dental
from tests.support.agents import make_agent, publish
from tests.support.celery_by_hand import HandCelery, celery_by_hand
from tests.support.spending import open_rules
from tests.support.telephone import CALLER
from tests.support.town import get, until, working_worker

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]
ANN = Person(CALLER.removeprefix("+"), "Ann")


@pytest.fixture
def calendar(settings: Any) -> Iterator[Calendar]:
    import threading

    with Calendar() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        settings.PARLEY_EGRESS_ALLOW = [f"127.0.0.1:{server.server_port}"]
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def celery(monkeypatch: pytest.MonkeyPatch) -> Iterator[HandCelery]:
    with celery_by_hand(monkeypatch) as hand:
        yield hand


@dataclass(slots=True)
class Chat:
    meta: MetaSimulator
    channel: Channel

    @property
    def got(self) -> list[str]:
        return [send.text for send in self.meta.ledger.sends if send.to == ANN.number]

    async def write(self, text: str) -> int:
        """How many answers there were before it."""
        before = len(self.got)
        await self.meta.text(ANN, text)
        return before

    async def answered(self, text: str, words: str) -> str:
        before = await self.write(text)
        return await self.says(before, words)

    async def says(self, before: int, words: str) -> str:
        await until(lambda: any(words in each for each in self.got[before:]), 30)
        return "\n".join(self.got[before:])


@asynccontextmanager
async def whatsapp(acme: Workspace, settings: Any, draft: dict[str, Any]) -> AsyncGenerator[Chat]:
    def made() -> tuple[Channel, MetaIdentity]:
        open_rules(acme)
        agent = make_agent(acme, **draft)
        publish(agent)
        stand_in = find_or_make(agent, "whatsapp", meta=True)
        Channel.objects.filter(pk=stand_in.channel.pk).update(settings={"debounce_seconds": 0.1})
        secrets = secrets_of(stand_in.account)
        identity = MetaIdentity(
            waba=stand_in.account.number,
            phone_number_id=stand_in.channel.address,
            display_number="12025550100",
            access_token=secrets["access_token"],
            app_secret=secrets["app_secret"],
            verify_token=secrets["verify_token"],
        )
        return stand_in.channel, identity

    channel, identity = await get(made)
    async with serving(application) as place:
        hook = hook_url(channel, "webhook").replace(configured.PARLEY_PUBLIC_URL, f"http://{place}")
        async with MetaSimulator(identity, hook=hook) as meta:
            meta.faults.statuses = ("sent", "delivered")
            settings.PARLEY_SIMULATOR_URL = meta.base_url.removesuffix(PATH)
            settings.PARLEY_SIMULATORS = True
            yield Chat(meta, channel)


async def test_a_person_takes_over_and_gives_back(
    acme: Workspace,
    alice: User,
    client_of: Callable[[User], Client],
    settings: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    calendar: Calendar,
    celery: HandCelery,
) -> None:
    actor = Actor(workspace=acme, user=alice, role=Role.OPERATOR, label=alice.email)
    with working_worker(tmp_path, settings, monkeypatch):
        async with whatsapp(acme, settings, dental(calendar)) as chat:
            await chat.answered("I would like to make an appointment.", "What is it for")
            await chat.answered("A cleaning, please.", "Which day suits you?")
            conversation = await get(Conversation.objects.get)
            await database_sync_to_async(take_over)(actor, conversation, 0)

            browser = await database_sync_to_async(client_of)(alice)
            address = f"/conversations/{conversation.public_id}/write/"

            async def person_writes(text: str, key: str) -> None:
                answer = await database_sync_to_async(browser.post)(address, {"text": text, "key": key})
                assert answer.status_code == 200, answer.content
                await until(lambda: text in chat.got)

            await heard(chat, "Is there a human?")
            await person_writes("Alice here. Which day, and at what time?", "k1")
            await person_writes("Alice here. Which day, and at what time?", "k1")
            await heard(chat, f"{ON_THAT_DAY.removesuffix('.')} at ten in the morning.")
            await person_writes("Noted. And what is your name?", "k2")
            await heard(chat, "My name is Ann Miller.")
            assert chat.got[-2:] == ["Alice here. Which day, and at what time?", "Noted. And what is your name?"]

            before = len(chat.got)
            await database_sync_to_async(give_back)(actor, conversation)
            asked = await chat.says(before, "And your phone number?")
            assert "Which day" not in asked and "At what time" not in asked and "your name" not in asked
            await chat.answered(KEYS.removesuffix("#"), "Is that right?")
            await chat.answered("Yes", "You are booked for")
            await until(lambda: OutboundMessage.objects.filter(state="delivered").count() == len(chat.got), 30)

        row = await get(Conversation.objects.get)
        turns = await get(lambda: list(Turn.objects.order_by("at", "number").values_list("role", "text")))

    assert calendar.booked == [
        {"name": "Ann Miller", "phone": CALLER, "reason": "cleaning", "day": DAY.isoformat(), "time": "10:00"}
    ]
    assert [text for role, text in turns if role == "human"] == [
        "Alice here. Which day, and at what time?",
        "Noted. And what is your name?",
    ]
    assert [text for role, text in turns if role == "caller"] == [
        "I would like to make an appointment.",
        "A cleaning, please.",
        "Is there a human?",
        f"{ON_THAT_DAY.removesuffix('.')} at ten in the morning.",
        "My name is Ann Miller.",
        KEYS.removesuffix("#"),
        "Yes",
    ]
    assert (row.owner, row.owner_number, row.waits_since) == ("ai", 2, None)


async def heard(chat: Chat, text: str) -> None:
    """It is in the record, and nobody answers it."""
    before = await chat.write(text)
    await until(lambda: Turn.objects.filter(role="caller", text=text).exists())
    assert len(chat.got) == before
