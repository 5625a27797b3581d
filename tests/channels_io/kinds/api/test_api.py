from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async
from django.db import connections
from django.test import AsyncClient
from django.urls import include, path

from agents.models import Agent
from channels_io.actions.take_over import give_back, take_over
from channels_io.actions.write_as_person import write_as_person
from channels_io.live import runner
from channels_io.models import Channel, Conversation, Event, Leg, Turn
from inference import events as wire
from inference.errors import WorkerError
from inference.events import ConversationState
from parley.accounts.actor import Actor
from parley.accounts.models import ApiKey, Role, User, Workspace
from tests.channels_io.live.script import ScriptedLink, ScriptedWorkers
from tests.support.agents import make_agent, publish

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls(__name__)]

urlpatterns = [path("api/v1/", include("channels_io.kinds.api.urls"))]


class EchoLink(ScriptedLink):
    """Greets, and repeats what is typed."""

    def __init__(self, opening: wire.Open) -> None:
        super().__init__(opening)
        state = opening.state or ConversationState()
        self.turn = state.turn
        if not state.greeted:
            self.say(wire.ReplyText(0, "Hello."), wire.ReplyDone(0, "Hello."))

    async def send(self, message: wire.Up) -> None:
        await super().send(message)
        if isinstance(message, wire.Text):
            self.turn += 1
            turn, text = self.turn, message.text
            self.say(
                wire.Heard(turn, text, source="text", id=message.id),
                wire.ReplyText(turn, "You said "),
                wire.ReplyText(turn, text),
                wire.ReplyDone(turn, f"You said {text}"),
                wire.State(ConversationState(turn=turn, greeted=True), turn, turn, f"You said {text}"),
            )


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch) -> ScriptedWorkers:
    scripted = ScriptedWorkers(EchoLink)
    monkeypatch.setattr(runner, "configured_workers", lambda: scripted)
    monkeypatch.setattr("agents.tasks.warm_workers.delay", lambda: None)
    return scripted


@pytest.fixture
def agent(acme: Workspace, workers: ScriptedWorkers) -> Agent:
    agent = make_agent(acme, greeting="Hello.")
    publish(agent)
    return agent


@pytest.fixture
def key(acme: Workspace) -> str:
    return ApiKey.issue(workspace=acme, name="test", scopes=["conversations:write"])[1]


@pytest_asyncio.fixture(autouse=True)
async def _close_connections() -> AsyncIterator[None]:
    """The test client keeps the connection of the thread that views run in."""
    yield
    await sync_to_async(connections.close_all)()


class Caller:
    def __init__(self, secret: str) -> None:
        self._client = AsyncClient()
        self._secret = secret

    async def post(self, address: str, body: dict[str, Any], accept: str = "application/json") -> Any:
        return await self._client.post(
            f"/api/v1/{address}",
            json.dumps(body),
            content_type="application/json",
            headers={"authorization": f"Bearer {self._secret}", "accept": accept},
        )


@pytest.fixture
def caller(key: str) -> Caller:
    return Caller(key)


async def test_a_conversation_over_http(agent: Agent, caller: Caller) -> None:
    opened = await caller.post("conversations/", {"agent": agent.slug, "text": "Hi", "id": "m1", "contact": "c-1"})
    assert opened.status_code == 201
    first = opened.json()
    assert (first["text"], first["id"], first["turn"], first["ended"]) == ("You said Hi", "m1", 1, "")
    answered = await caller.post(f"conversations/{first['conversation']}/messages/", {"text": "More", "id": "m2"})
    assert answered.status_code == 200
    assert answered.json() == {
        "conversation": first["conversation"],
        "id": "m2",
        "turn": 2,
        "text": "You said More",
        "ended": "",
        "owner": "ai",
    }
    turns = await sync_to_async(list)(Turn.objects.order_by("number", "-role").values_list("role", "text"))
    assert turns == [
        ("agent", "Hello."),
        ("caller", "Hi"),
        ("agent", "You said Hi"),
        ("caller", "More"),
        ("agent", "You said More"),
    ]
    assert await Conversation.objects.acount() == 1
    assert await Leg.objects.filter(ended_at=None).acount() == 0


async def test_a_message_to_a_person_is_taken_and_not_answered(
    agent: Agent, caller: Caller, alice: User, acme: Workspace
) -> None:
    opened = await caller.post("conversations/", {"agent": agent.slug, "text": "Hi", "id": "m1"})
    name = opened.json()["conversation"]
    conversation = await sync_to_async(Conversation.objects.get)(public_id=name)
    actor = Actor(workspace=acme, user=alice, role=Role.OPERATOR)
    await sync_to_async(take_over)(actor, conversation, 0)
    for _ in range(2):  # The same message again is the same turn.
        taken = await caller.post(f"conversations/{name}/messages/", {"text": "More", "id": "m2"})
        assert taken.status_code == 202
        answer = taken.json()
        assert (answer["owner"], answer["text"], answer["id"]) == ("human", "", "m2")
    streamed = await caller.post(
        f"conversations/{name}/messages/", {"text": "Still", "id": "m3"}, accept="text/event-stream"
    )
    assert streamed.status_code == 202
    parts = b"".join([part async for part in streamed.streaming_content]).decode()
    assert parts.count("event: ") == 1 and '"owner": "human"' in parts
    written = await sync_to_async(write_as_person)(actor, conversation, "I am Alice.", "k1")
    said = await sync_to_async(lambda: list(Turn.objects.filter(role="caller").values_list("text", flat=True)))()
    assert sorted(said) == ["Hi", "More", "Still"]
    assert written.role == "human"
    await sync_to_async(give_back)(actor, conversation)
    again = await caller.post(f"conversations/{name}/messages/", {"text": "More", "id": "m2"})
    assert (again.status_code, again.json()["owner"]) == (202, "human"), "it was for the person"


async def test_the_same_message_is_answered_once(agent: Agent, caller: Caller, workers: ScriptedWorkers) -> None:
    body = {"agent": agent.public_id, "text": "Hi", "id": "m1"}
    first = (await caller.post("conversations/", body)).json()
    assert (await caller.post("conversations/", body)).json() == first
    address = f"conversations/{first['conversation']}/messages/"
    second = (await caller.post(address, {"text": "More", "id": "m2"})).json()
    assert (await caller.post(address, {"text": "More", "id": "m2"})).json() == second
    assert len(workers.links) == 2
    assert await Conversation.objects.acount() == 1
    assert await Event.objects.filter(kind="message").acount() == 2


async def test_of_parallel_duplicates_one_is_answered(agent: Agent, caller: Caller, workers: ScriptedWorkers) -> None:
    body = {"agent": agent.public_id, "text": "Hi", "id": "m1"}
    answers = await asyncio.gather(*(caller.post("conversations/", body) for _ in range(5)))
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses[0] == 201
    assert set(statuses) <= {201, 409}
    assert {answer.json()["error"]["code"] for answer in answers if answer.status_code == 409} <= {
        "message_in_progress"
    }
    assert len(workers.links) == 1


async def test_words_as_they_come(agent: Agent, caller: Caller) -> None:
    answer = await caller.post("conversations/", {"agent": agent.slug, "text": "Hi"}, accept="text/event-stream")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/event-stream"
    events = "".join([part.decode() async for part in answer.streaming_content]).strip().split("\n\n")
    names = [event.split("\n")[0] for event in events]
    assert names == ["event: reply_text", "event: reply_text", "event: done"]
    assert json.loads(events[0].split("data: ")[1]) == {"turn": 1, "text": "You said "}
    assert json.loads(events[-1].split("data: ")[1])["text"] == "You said Hi"
    assert await Leg.objects.filter(ended_at=None).acount() == 0


async def test_a_message_that_found_no_worker_can_be_sent_again(
    agent: Agent, caller: Caller, workers: ScriptedWorkers
) -> None:
    workers.refusals = [WorkerError("The voice is missing.", code="engine_unknown")]
    body = {"agent": agent.slug, "text": "Hi", "id": "m1"}
    refused = await caller.post("conversations/", body)
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "engine_unknown")
    assert (await caller.post("conversations/", body)).json()["text"] == "You said Hi"
    assert await Conversation.objects.acount() == 1


async def test_a_channel_as_entrance(agent: Agent, caller: Caller) -> None:
    channel = await Channel.objects.acreate(workspace_id=agent.workspace_id, kind="api", name="API", agent=agent)
    opened = await caller.post("conversations/", {"channel": channel.public_id, "text": "Hi"})
    assert opened.status_code == 201
    assert (await Leg.objects.aget()).channel_id == channel.pk


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"text": "Hi"}, 400),
        ({"agent": "reception", "channel": "ch_x", "text": "Hi"}, 400),
        ({"agent": "reception"}, 400),
        ({"agent": "reception", "text": "  "}, 400),
        ({"agent": "reception", "text": "\x00"}, 400),
        ({"agent": "reception", "text": "x" * 8001}, 400),
        ({"agent": "reception", "text": "Hi", "workspace": "ws_x"}, 400),
        ({"agent": "nobody", "text": "Hi"}, 404),
        ({"agent": "a\x00b", "text": "Hi"}, 400),
        ({"channel": "ch_none", "text": "Hi"}, 404),
    ],
)
async def test_what_is_refused(agent: Agent, caller: Caller, body: dict[str, Any], status: int) -> None:
    answer = await caller.post("conversations/", body)
    assert answer.status_code == status
    assert "error" in answer.json()
    assert await Leg.objects.acount() == 0


async def test_another_workspace_sees_nothing(agent: Agent, caller: Caller, globex: Workspace) -> None:
    mine = (await caller.post("conversations/", {"agent": agent.slug, "text": "Hi"})).json()["conversation"]
    secret = (await sync_to_async(ApiKey.issue)(workspace=globex, name="g", scopes=["conversations:write"]))[1]
    stranger = Caller(secret)
    for address, body in (
        (f"conversations/{mine}/messages/", {"text": "Hi"}),
        ("conversations/cv_none/messages/", {"text": "Hi"}),
        ("conversations/", {"agent": agent.public_id, "text": "Hi"}),
    ):
        assert (await stranger.post(address, body)).status_code == 404


async def test_a_key_needs_the_scope(agent: Agent, acme: Workspace) -> None:
    secret = (await sync_to_async(ApiKey.issue)(workspace=acme, name="r", scopes=["conversations:read"]))[1]
    assert (await Caller(secret).post("conversations/", {"agent": agent.slug, "text": "Hi"})).status_code == 403
    assert (await Caller("pk_no").post("conversations/", {"agent": agent.slug, "text": "Hi"})).status_code == 401
