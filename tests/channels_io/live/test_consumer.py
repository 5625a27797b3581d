from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio
from channels.db import database_sync_to_async

from agents.models import Agent
from channels_io.live import runner
from channels_io.models import Conversation, Event, Leg, Turn
from channels_io.tickets import Ticket, issue_ticket
from inference import events as wire
from inference.errors import WorkerFull
from inference.events import ConversationState, Message
from parley.accounts.models import Workspace
from tests.channels_io.live.script import ScriptedWorkers, tone
from tests.channels_io.live.sockets import Page, page, serving
from tests.support.agents import make_agent, publish

pytestmark = pytest.mark.django_db(transaction=True)

FRAME = tone(20, 16_000)


@pytest.fixture
def agent(acme: Workspace) -> Agent:
    agent = make_agent(acme, greeting="Hello.")
    publish(agent)
    return Agent.objects.select_related("workspace").get(pk=agent.pk)


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch) -> ScriptedWorkers:
    scripted = ScriptedWorkers()
    monkeypatch.setattr(runner, "configured_workers", lambda: scripted)
    return scripted


@pytest_asyncio.fixture
async def place(agent: Agent, workers: ScriptedWorkers) -> AsyncIterator[str]:
    from parley.asgi import application

    async with serving(application) as address:
        yield address


async def ticket_for(agent: Agent, *, kind: str = "browser_voice", **more: Any) -> str:
    ticket = Ticket(workspace=agent.workspace.public_id, kind=kind, agent=agent.public_id, **more)
    return await asyncio.to_thread(issue_ticket, ticket)


async def rows(query: Callable[[], Any]) -> Any:
    return await database_sync_to_async(query)()


async def until(condition: Callable[[], Any], seconds: float = 10.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.005)


async def legs_ended(count: int) -> None:
    async with asyncio.timeout(10):
        while await rows(lambda: Leg.objects.exclude(ended_at=None).count()) < count:
            await asyncio.sleep(0.01)


async def test_a_call_from_the_first_frame_to_the_record(agent: Agent, workers: ScriptedWorkers, place: str) -> None:
    async with page(place, await ticket_for(agent, identity=("visitor", "v_1"))) as caller:
        ready = await caller.until("ready")
        assert (ready["agent"], ready["rate_in"], ready["rate_out"], ready["resumed"]) == (
            "Reception",
            16_000,
            24_000,
            False,
        )
        for _ in range(10):
            await caller.send(FRAME)
        await until(lambda: len(workers.link.got(wire.Audio)) == 10)
        workers.link.say(wire.Heard(1, "When?", speech_start=0, speech_end=3000))
        workers.link.say(wire.State(ConversationState(turn=1, history=(Message("user", "When?"),)), 1))
        workers.link.say(wire.ReplyText(1, "Nine."), wire.ReplyAudio(1, tone(100)), wire.ReplyDone(1, "Nine.", 2400))
        workers.link.say(wire.Timing(1, (wire.Span("model", 1.0),)))
        assert (await caller.until("heard"))["text"] == "When?"
        assert int.from_bytes((await caller.until_audio())[:4], "little") == 1
        timing = await caller.until("timing")
        assert timing["v2v_ms"] == pytest.approx(sum(span["ms"] for span in timing["spans"]))
        while sum(len(message) - 4 for message in caller.audio) < 4800:
            await caller.until_audio()
        await caller.send({"type": "played", "turn": 1, "samples": 2400, "done": True})
        await until(lambda: wire.Playback(1, 2400, True) in workers.link.got(wire.Playback))
        await caller.send({"type": "hangup"})
        assert await caller.close_code() == 1000
    await legs_ended(1)
    leg = await rows(lambda: Leg.objects.select_related("conversation").get())
    assert (leg.kind, leg.media, leg.end_reason) == ("browser_voice", "voice", "hangup")
    turns = await rows(lambda: list(Turn.objects.order_by("number", "-role").values_list("role", "text", "v2v_ms")))
    assert turns == [("caller", "When?", None), ("agent", "Nine.", timing["v2v_ms"])]
    assert leg.conversation.state["turn"] == 1


async def test_a_chat(agent: Agent, workers: ScriptedWorkers, place: str) -> None:
    async with page(place, await ticket_for(agent, kind="web_chat"), kind="web_chat") as chat:
        await chat.until("ready")
        await chat.send({"type": "text", "id": "m1", "text": "NUL \x00 and 😀"})
        await until(lambda: workers.link.got(wire.Text))
        assert workers.link.got(wire.Text) == [wire.Text("NUL  and 😀", "m1")]
        workers.link.say(wire.Heard(1, "NUL  and 😀", source="text", id="m1"), wire.ReplyText(1, "Yes."))
        assert await chat.until("heard") == {
            "type": "heard",
            "turn": 1,
            "text": "NUL  and 😀",
            "source": "text",
            "id": "m1",
        }
        assert (await chat.until("reply_text"))["text"] == "Yes."
    await legs_ended(1)
    assert (await rows(lambda: Leg.objects.get())).end_reason == "lost"
    assert (await rows(lambda: Turn.objects.get(role="caller"))).text == "NUL  and 😀"


@pytest.mark.parametrize("ticket", ["", "nonsense", "%00", "x" * 3000])
async def test_no_ticket(agent: Agent, workers: ScriptedWorkers, place: str, ticket: str) -> None:
    async with page(place, ticket) as caller:
        assert await caller.close_code() == 4401
        assert caller.codes() == ["bad_ticket"]
    assert await rows(Leg.objects.count) == 0


async def test_a_ticket_of_another_kind(agent: Agent, place: str) -> None:
    async with page(place, await ticket_for(agent, kind="web_chat")) as caller:
        assert await caller.close_code() == 4401


async def test_two_sockets_with_one_ticket(agent: Agent, place: str) -> None:
    ticket = await ticket_for(agent)
    async with page(place, ticket) as first, page(place, ticket) as second:
        outcomes = await asyncio.gather(_outcome(first), _outcome(second))
        assert sorted(outcomes) == ["4401", "ready"]


async def _outcome(caller: Page) -> str:
    message = await caller.socket.recv()
    return "ready" if '"ready"' in str(message) else str(await caller.close_code())


@pytest.mark.parametrize("origin", ["https://evil.example", "null", None])
async def test_another_site_may_not_use_a_ticket_of_ours(agent: Agent, place: str, origin: str | None) -> None:
    async with page(place, await ticket_for(agent), origin=origin) as caller:
        assert await caller.close_code() == 4403
        assert caller.codes() == ["origin"]
    assert await rows(Leg.objects.count) == 0


async def test_an_agent_that_is_gone(agent: Agent, place: str) -> None:
    ticket = Ticket(workspace=agent.workspace.public_id, kind="browser_voice", agent="ag_none")
    async with page(place, await asyncio.to_thread(issue_ticket, ticket)) as caller:
        assert await caller.close_code() == 4404
        assert caller.codes() == ["not_found"]


async def test_a_full_worker_says_so_at_once_where_nobody_may_wait(
    agent: Agent, workers: ScriptedWorkers, place: str, settings: Any
) -> None:
    settings.PARLEY_QUEUE_SECONDS = 0
    workers.refusals = [WorkerFull("full")]
    async with page(place, await ticket_for(agent)) as caller:
        assert await caller.close_code() == 4429
        assert caller.codes() == ["worker_full"]
    await legs_ended(1)
    assert (await rows(lambda: Leg.objects.get())).end_reason == "worker_full"


@pytest.mark.parametrize(
    ("bad", "close_code", "code"),
    [
        (bytes(641), 4422, "protocol"),
        (bytes(6402), 4413, "too_large"),
        (bytes(1_500_000), 4413, "too_large"),
        ("{garbage", 4422, "protocol"),
        ('{"type":"text","text":"\\ud800"}', 4422, "protocol"),
        ("x" * 70_000, 4413, "too_large"),
        ('{"type":"text","text":"' + "y" * 8001 + '"}', 4413, "too_large"),
    ],
)
async def test_bad_input_ends_this_call_and_no_other(
    agent: Agent, workers: ScriptedWorkers, place: str, bad: bytes | str, close_code: int, code: str
) -> None:
    async with page(place, await ticket_for(agent)) as other, page(place, await ticket_for(agent)) as caller:
        await other.until("ready")
        await caller.until("ready")
        link = workers.links[-1]
        await caller.send({"type": "text", "id": "m1", "text": "before"})
        await until(lambda: link.got(wire.Text))
        link.say(wire.Heard(1, "before", source="text", id="m1"))
        await caller.until("heard")
        await caller.send(bad)
        assert await caller.close_code() == close_code
        assert caller.codes() == [code]
        await legs_ended(1)
        leg = await rows(lambda: Leg.objects.exclude(ended_at=None).get())
        assert leg.end_reason == code
        assert (await rows(lambda: Turn.objects.get(leg=leg))).text == "before"
        assert (await rows(lambda: Event.objects.get(leg=leg))).data["code"] == code
        before = len(workers.links[0].got(wire.Audio)) + len(workers.links[1].got(wire.Audio))
        await other.send(FRAME)
        await until(lambda: len(workers.links[0].got(wire.Audio)) + len(workers.links[1].got(wire.Audio)) == before + 1)


async def test_a_second_socket_takes_the_conversation_over_and_loses_nothing(
    agent: Agent, workers: ScriptedWorkers, place: str
) -> None:
    async with page(place, await ticket_for(agent)) as first:
        conversation = (await first.until("ready"))["conversation"]
        state = ConversationState(turn=4, greeted=True, history=(Message("user", "Remember me."),))
        workers.link.say(wire.Heard(4, "Remember me."), wire.State(state, 4))
        await first.until("heard")
        async with page(place, await ticket_for(agent, conversation=conversation)) as second:
            ready = await second.until("ready")
            assert (ready["conversation"], ready["resumed"]) == (conversation, True)
            assert await first.close_code() == 4409
            assert first.codes() == ["replaced"]
            assert workers.link.opening.state == state
            await second.send(FRAME)
            await until(lambda: workers.link.got(wire.Audio))
    await legs_ended(2)
    assert await rows(lambda: sorted(Leg.objects.values_list("end_reason", flat=True))) == ["lost", "replaced"]
    assert await rows(Conversation.objects.count) == 1


async def test_frames_pass_while_the_database_thread_is_busy(
    agent: Agent, workers: ScriptedWorkers, place: str
) -> None:
    release = threading.Event()
    async with page(place, await ticket_for(agent)) as caller:
        await caller.until("ready")
        slow = asyncio.create_task(database_sync_to_async(release.wait)(20))
        await caller.send(FRAME)
        await until(lambda: workers.link.got(wire.Audio), 5)
        workers.link.say(wire.ReplyAudio(0, tone(20)))
        assert len(await caller.until_audio(5)) == 4 + 960
        assert not slow.done()
        release.set()
        await slow
