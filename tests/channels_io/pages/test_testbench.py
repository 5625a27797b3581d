from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.test import Client
from django.urls import reverse

import channels_io.live.runner as runner
from agents.models import Agent, TestCase
from channels_io.mocks import Mock
from channels_io.models import Conversation, Leg
from channels_io.pages.testbench_words import bench_words
from channels_io.tickets import BackTo, Ticket, redeem_ticket
from inference import events as wire
from parley.accounts.models import User, Workspace
from tests.channels_io.live.script import ScriptedWorkers
from tests.channels_io.testbench.test_rehearsal import Answering
from tests.support.agents import make_agent, publish
from tests.support.conversations import make_conversation
from tests.support.trials import booking, have

ClientOf = Callable[[User], Client]
PANEL = Path(__file__).resolve().parents[3] / "agents" / "builder" / "src" / "bench"


@pytest.fixture
def agent(acme: Workspace) -> Agent:
    return make_agent(acme, greeting="Hello.")


def ask(client: Client, name: str, /, *ids: str, method: str = "post", **body: object) -> tuple[int, dict[str, Any]]:
    response = getattr(client, method)(
        reverse(f"channels_io:{name}", args=ids),
        json.dumps(body),
        content_type="application/json",
        headers={"Accept": "application/json"},
    )
    return response.status_code, response.json() if response.content else {}


def redeemed(answer: dict[str, Any]) -> Ticket:
    ticket = async_to_sync(redeem_ticket)(answer["ticket"])
    assert ticket is not None
    return ticket


def own_leg(agent: Agent, user: User) -> Leg:
    return booking(agent, identity=("user", user.public_id))


# --- talking


def test_what_the_panel_begins_with(client_of: ClientOf, bob: User, oscar: User, agent: Agent) -> None:
    data = client_of(bob).get(reverse("channels_io:test-bench", args=[agent.public_id])).json()
    assert data["agent"] == {"id": agent.public_id, "name": "Reception", "published": False}
    assert data["urls"]["ticket"] == f"/agents/{agent.public_id}/test/ticket/"
    assert data["talk"].endswith("channels_io/testbench/talk.js")
    assert (data["may_edit"], data["cases"]) == (True, [])
    assert not client_of(oscar).get(reverse("channels_io:test-bench", args=[agent.public_id])).json()["may_edit"]


def test_a_ticket_is_for_a_test_of_the_draft(client_of: ClientOf, bob: User, agent: Agent, acme: Workspace) -> None:
    status, answer = ask(
        client_of(bob), "test-ticket", agent.public_id, mode="chat", mocks={"find": {"result": "[]", "ok": False}}
    )
    assert (status, answer["socket"]) == (200, "/ws/web_chat/")
    assert redeemed(answer) == Ticket(
        workspace=acme.public_id,
        kind="web_chat",
        agent=agent.public_id,
        version="draft",
        identity=("user", bob.public_id),
        user=bob.public_id,
        test=True,
        mocks={"find": Mock("[]", ok=False)},
    )


def test_a_ticket_to_speak_with_the_live_version(client_of: ClientOf, bob: User, agent: Agent) -> None:
    client = client_of(bob)
    assert ask(client, "test-ticket", agent.public_id, version="published")[1]["error"]["code"] == "not_published"
    publish(agent)
    ticket = redeemed(ask(client, "test-ticket", agent.public_id, mode="voice", version="published")[1])
    assert (ticket.kind, ticket.version) == ("browser_voice", "published")


def test_going_back_needs_a_test_of_ones_own(client_of: ClientOf, bob: User, alice: User, agent: Agent) -> None:
    leg = own_leg(agent, bob)
    wish = {"conversation": leg.conversation.public_id, "back_to": {"leg": leg.public_id, "turn": 2}}
    status, answer = ask(client_of(bob), "test-ticket", agent.public_id, **wish)
    assert status == 200
    assert redeemed(answer).back_to == BackTo(leg.public_id, 2)
    assert ask(client_of(alice), "test-ticket", agent.public_id, **wish)[0] == 404
    publish(agent)
    real = make_conversation(agent, identity=("user", bob.public_id))
    assert ask(client_of(bob), "test-ticket", agent.public_id, conversation=real.public_id)[0] == 404
    other = own_leg(agent, bob)
    wish["back_to"] = {"leg": other.public_id, "turn": 2}
    assert ask(client_of(bob), "test-ticket", agent.public_id, **wish)[0] == 404


def test_a_draft_with_problems_cannot_be_tried(client_of: ClientOf, bob: User, agent: Agent) -> None:
    agent.draft.instructions = ""
    agent.draft.save()
    status, answer = ask(client_of(bob), "test-ticket", agent.public_id)
    assert (status, answer["error"]["code"]) == (409, "draft_problems")
    tools = client_of(bob).get(reverse("channels_io:test-tools", args=[agent.public_id])).json()
    assert tools == {"tools": [], "problems": True}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"\xff",
        b'{"mode":"fax"}',
        b'{"extra":1}',
        b'{"mocks":{"a":{"result":1}}}',
        json.dumps({"mocks": {"x" * 101: {}}}).encode(),
        json.dumps({"mocks": {"a": {"result": "x" * 20_001}}}).encode(),
        json.dumps({"mocks": {f"t{number}": {} for number in range(51)}}).encode(),
        b'{"mocks":"' + b"x" * 300_000 + b'"}',
    ],
)
def test_bad_bodies(client_of: ClientOf, bob: User, agent: Agent, body: bytes) -> None:
    url = reverse("channels_io:test-ticket", args=[agent.public_id])
    response = client_of(bob).post(url, body, content_type="application/json")
    assert (response.status_code, response.json()["error"]["code"]) == (400, "invalid")


def test_strangers_and_viewers(client_of: ClientOf, charlie: User, vera: User, agent: Agent) -> None:
    for name in ("test-bench", "test-tools", "test-cases"):
        url = reverse(f"channels_io:{name}", args=[agent.public_id])
        assert client_of(charlie).get(url).status_code == 404
        assert client_of(vera).get(url).status_code == 403
    assert ask(client_of(charlie), "test-ticket", agent.public_id)[0] == 404
    assert ask(client_of(vera), "test-ticket", agent.public_id)[0] == 403


# --- test cases


def test_keeping_changing_and_deleting(client_of: ClientOf, bob: User, agent: Agent) -> None:
    client = client_of(bob)
    leg = own_leg(agent, bob)
    mocks = {"find": {"result": "[]", "ok": True}}
    status, kept = ask(client, "test-cases", agent.public_id, leg=leg.public_id, name="Booking", mocks=mocks, lines=5)
    assert status == 201
    assert [step["said"] for step in kept["steps"]] == ["", "I want to book.", "Tuesday."]
    assert (kept["passed"], kept["result"], kept["turns"], kept["mocks"]) == (None, None, 2, mocks)
    assert kept["checks"] == {"path": "all", "variables": True, "answers": False}
    ids = (agent.public_id, kept["id"])
    assert client.get(reverse("channels_io:test-cases", args=ids[:1])).json()["cases"][0]["name"] == "Booking"
    status, changed = ask(client, "test-case", *ids, method="patch", checks={"path": "last"}, mocks={})
    assert (changed["checks"]["path"], changed["mocks"], changed["name"]) == ("last", {}, "Booking")
    said = ["", "I want to book.", "Friday."]
    assert ask(client, "test-case", *ids, method="patch", said=said)[1]["steps"][2]["said"] == "Friday."
    assert ask(client, "test-case", *ids, method="patch", said=["Friday."])[1]["error"]["code"] == "case_words"
    assert ask(client, "test-case", *ids, method="delete") == (204, {})
    assert client.get(reverse("channels_io:test-case", args=ids)).status_code == 404


def test_what_cannot_be_kept(client_of: ClientOf, bob: User, oscar: User, agent: Agent) -> None:
    client = client_of(bob)
    leg = own_leg(agent, bob)
    wish = {"leg": leg.public_id, "name": "Booking"}
    assert ask(client_of(oscar), "test-cases", agent.public_id, **wish)[0] == 403
    assert ask(client, "test-cases", agent.public_id, **wish)[0] == 201
    status, answer = ask(client, "test-cases", agent.public_id, **wish)
    assert (status, answer["error"]["code"]) == (409, "case_name_taken")
    publish(agent)
    real = make_conversation(agent).legs.get()
    assert ask(client, "test-cases", agent.public_id, leg=real.public_id, name="Real")[0] == 404
    other = make_agent(agent.workspace, "Other")
    assert ask(client, "test-cases", other.public_id, **wish)[0] == 404


def test_a_conversation_in_which_nothing_happened(client_of: ClientOf, bob: User, agent: Agent) -> None:
    leg = own_leg(agent, bob)
    leg.turns.all().delete()
    leg.events.all().delete()
    status, answer = ask(client_of(bob), "test-cases", agent.public_id, leg=leg.public_id, name="Empty")
    assert (status, answer["error"]["code"]) == (409, "case_empty")


class Booking(Answering):
    """Answers as the conversation of `booking` went, but for the day."""

    def __init__(self, opening: wire.Open) -> None:
        super(Answering, self).__init__(opening)
        self.say(wire.Ready("worker"), wire.Entered(0, ("start", "goal"), {"caller": "web"}))
        self.say(wire.ReplyDone(0, "Hello."))

    def _turn(self, text: str, source: str, message_id: str = "") -> None:
        self.turn += 1
        known = {"caller": "web", "topic": "booking"} | ({} if self.turn == 1 else {"day": "2026-11-25"})
        self.say(wire.Heard(self.turn, text, source="text", id=message_id))
        self.say(wire.Entered(self.turn, ("book" if self.turn == 1 else "day",), known))
        self.say(wire.ReplyDone(self.turn, "Right."))


@pytest.mark.django_db(transaction=True)
def test_running_a_case(client_of: ClientOf, bob: User, agent: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    workers = ScriptedWorkers(Booking)
    monkeypatch.setattr(runner, "configured_workers", lambda: workers)
    client = client_of(bob)
    mocks = {"find": {"result": "[]", "ok": True}}
    leg = own_leg(agent, bob)
    kept = ask(client, "test-cases", agent.public_id, leg=leg.public_id, name="Booking", mocks=mocks)[1]
    TestCase.objects.update(day=leg.started_at.date())
    status, ran = ask(client, "test-run", agent.public_id, kept["id"])
    assert (status, ran["passed"], ran["ran_revision"]) == (200, False, agent.draft.revision)
    assert [[(found["what"], found["name"]) for found in step["differences"]] for step in ran["result"]["steps"]] == [
        [],
        [],
        [("variable", "day")],
    ]
    again = Conversation.objects.get(public_id=ran["result"]["conversation"])
    assert again.test
    assert workers.link.opening.spec.version == "draft"
    edited = {"path": "all", "variables": False}
    ask(client, "test-case", agent.public_id, kept["id"], method="patch", checks=edited)
    assert ask(client, "test-run", agent.public_id, kept["id"])[1]["passed"] is True
    assert client.get(reverse("channels_io:test-cases", args=[agent.public_id])).json()["cases"][0]["passed"] is True


def test_a_case_is_not_run_on_a_draft_with_problems(client_of: ClientOf, bob: User, agent: Agent) -> None:
    leg = own_leg(agent, bob)
    kept = ask(client_of(bob), "test-cases", agent.public_id, leg=leg.public_id, name="Booking")[1]
    agent.draft.instructions = ""
    agent.draft.save()
    status, answer = ask(client_of(bob), "test-run", agent.public_id, kept["id"])
    assert (status, answer["error"]["code"]) == (409, "draft_problems")


def test_a_line_that_is_still_being_written_is_waited_for(
    client_of: ClientOf, bob: User, agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    leg = own_leg(agent, bob)
    late = [lambda: have(leg, 3, "Nine.", "Good.")]
    monkeypatch.setattr("channels_io.pages.testbench.sleep", lambda seconds: late.pop()() if late else None)
    kept = ask(client_of(bob), "test-cases", agent.public_id, leg=leg.public_id, name="Late", lines=7)[1]
    assert kept["steps"][-1]["said"] == "Nine."


# --- words


def test_every_sentence_of_the_panel_can_be_translated() -> None:
    sources = "\n".join(path.read_text() for path in sorted(PANEL.glob("*.ts*")) if ".test." not in path.name)
    said = set(re.findall(r'\bsay\(\s*"([^"]*)"', sources))
    assert said
    assert said == set(bench_words())
