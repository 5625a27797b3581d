"""`parley.transfer` to a team: what the flow is told, and when."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest
from channels.db import database_sync_to_async
from django.utils import timezone
from msgspec.structs import replace

from channels_io import handoffs
from channels_io.actions.expire_handoffs import expire_handoffs
from channels_io.actions.note_presence import note_presence
from channels_io.actions.offer_person import offer_person
from channels_io.actions.record_entries import record_entries
from channels_io.actions.save_team import TeamValues, save_team
from channels_io.actions.take_handoff import take_handoff
from channels_io.entries import StateSnapshot
from channels_io.live.facts import LegFacts
from channels_io.live.own_tools import OwnCall
from channels_io.models import Conversation, Event, FollowUp, Handoff, Leg, Team
from channels_io.transfers import transfer
from inference.events import ConversationState
from parley.accounts.actor import Actor
from parley.accounts.models import Role, User, Workspace
from tests.channels_io.live.script import SPEC, HandLine
from tests.support.agents import make_agent, publish
from tests.support.conversations import make_conversation
from tests.support.town import get, until

pytestmark = pytest.mark.django_db(transaction=True)


class Scene:
    def __init__(self, acme: Workspace, oscar: User) -> None:
        self.actor = Actor(workspace=acme, user=oscar, role=Role.OPERATOR, label=oscar.email)
        owner = Actor(workspace=acme, user=oscar, role=Role.OWNER, label=oscar.email)
        self.team = save_team(owner, TeamValues(name="Desk", members={oscar.public_id: []}))
        self.acme = acme
        self.hand = HandLine()

    def leg(self, media: str = "voice", **draft: Any) -> Leg:
        agent = make_agent(self.acme, name=f"Agent {Leg.objects.count()}", **draft)
        publish(agent)
        kind = "browser_voice" if media == "voice" else "web_chat"
        return make_conversation(agent, kind=kind, media=media, end_reason=None).legs.get()

    def asked(self, leg: Leg, call: str = "c1", **arguments: str) -> asyncio.Task[Any]:
        facts = LegFacts(leg=leg.public_id, conversation="cv_1", agent="Ada", spec=SPEC)
        given = {"to": "team", "target": "", "reason": "A refund", "waiting": "hold", **arguments}
        spec = replace(SPEC, language="en")
        return asyncio.create_task(
            transfer(OwnCall(facts=facts, spec=spec, arguments=given, call=call, line=self.hand))
        )


@pytest.fixture
def scene(acme: Workspace, oscar: User, monkeypatch: pytest.MonkeyPatch) -> Scene:
    monkeypatch.setattr("agents.tasks.warm_workers.delay", lambda: None)
    monkeypatch.setattr(handoffs, "LOOK_SECONDS", 0.02)
    return Scene(acme, oscar)


async def test_a_held_caller_waits_until_somebody_takes_it(scene: Scene) -> None:
    await get(lambda: note_presence(scene.actor, available=True))
    leg = await get(scene.leg)
    asking = scene.asked(leg, briefing="Ann, about a crown.")
    row = await until(lambda: Handoff.objects.first())
    assert (row.state, row.reason, row.summary, scene.hand.rings) == (
        "waiting",
        "A refund",
        "Ann, about a crown.",
        [True],
    )
    assert not asking.done()
    await database_sync_to_async(take_handoff)(scene.actor, row)
    answer = await asking
    assert (answer.ok, json.loads(answer.result)) == (True, {"taken": True})
    assert scene.hand.rings == [True, False]
    assert scene.hand.left == "", "the leg goes on"
    assert await get(lambda: list(Event.objects.filter(kind="handoff").values_list("data", flat=True))) == [
        {"team": "Desk", "reason": "A refund"}
    ]


async def test_nobody_there_is_known_at_once(scene: Scene) -> None:
    await get(lambda: Team.objects.update(nobody="callback"))
    answer = await scene.asked(await get(scene.leg))
    assert (answer.ok, answer.code) == (False, "nobody")
    assert json.loads(answer.result)["words"] == "I am sorry, nobody is free just now. We will call you back."
    assert scene.hand.rings == []
    assert await get(lambda: FollowUp.objects.get().text) == "Call back: A refund"


async def test_nobody_who_comes_in_time(scene: Scene) -> None:
    await get(lambda: note_presence(scene.actor, available=True))
    await get(lambda: Team.objects.update(words="Please try again tomorrow."))
    asking = scene.asked(await get(scene.leg))
    await until(lambda: Handoff.objects.first())
    await get(lambda: Handoff.objects.update(due_at=timezone.now() - timedelta(seconds=1)))
    answer = await asking
    assert (answer.ok, json.loads(answer.result)["words"]) == (False, "Please try again tomorrow.")
    assert await get(lambda: Handoff.objects.get().state) == "expired"


async def test_the_agent_may_go_on_talking(scene: Scene) -> None:
    await get(lambda: note_presence(scene.actor, available=True))
    answer = await scene.asked(await get(scene.leg), waiting="talk")
    found = json.loads(answer.result)
    assert (answer.ok, found["waiting"], "colleague" in found["words"]) == (True, True, True)
    assert scene.hand.rings == []


async def test_a_written_conversation_goes_on_whoever_is_there(scene: Scene) -> None:
    leg = await get(lambda: scene.leg("text"))
    answer = await scene.asked(leg)
    assert json.loads(answer.result) == {"waiting": True, "words": "A colleague will answer you here."}
    row = await get(lambda: Handoff.objects.get())
    assert row.summary.splitlines()[-1] == "Agent: Thank you, Jane. I have noted your address."
    again = await scene.asked(leg, call="c2")
    assert again.result == answer.result
    assert await get(Handoff.objects.count) == 1


async def test_silent_until_taken(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[dict[str, Any]] = []
    for module in ("speak_for_agent", "change_owner"):
        monkeypatch.setattr(f"channels_io.actions.{module}.tell_leg", lambda _conversation, note: told.append(note))
    leg = await get(lambda: scene.leg("text"))
    answer = await scene.asked(leg, waiting="silent")
    assert json.loads(answer.result) == {"waiting": True, "words": ""}
    assert told == [{"do": "say", "text": "A colleague will answer you here."}, {"do": "owner", "number": 1}]

    def owner() -> tuple[str, object]:
        talk = Conversation.objects.get(pk=leg.conversation_id)
        return talk.owner, talk.owner_user_id

    assert await get(owner) == ("human", None)
    await get(lambda: Handoff.objects.update(due_at=timezone.now() - timedelta(seconds=1)))
    assert await get(expire_handoffs) == 1
    assert await get(owner) == ("ai", None)


async def test_a_caller_is_held_where_who_writes_gets_no_answer(scene: Scene) -> None:
    await get(lambda: note_presence(scene.actor, available=True))
    leg = await get(scene.leg)
    asking = scene.asked(leg, waiting="silent")
    row = await until(lambda: Handoff.objects.first())
    assert (row.key.startswith("hold:"), await get(lambda: Leg.objects.get().conversation.owner)) == (True, "ai")
    await database_sync_to_async(take_handoff)(scene.actor, row)
    assert json.loads((await asking).result) == {"taken": True}


async def test_without_a_team_the_flow_is_told(scene: Scene) -> None:
    await get(lambda: Team.objects.all().delete())
    answer = await scene.asked(await get(scene.leg))
    assert (answer.ok, answer.code) == (False, "no_team")


# --- not understood -----------------------------------------------------------------------------


def test_after_so_many_misses_a_person_is_asked_once(scene: Scene) -> None:
    leg = scene.leg("text", ask_person_after=3)
    assert not offer_person(leg.pk, 2)
    assert offer_person(leg.pk, 3)
    assert not offer_person(leg.pk, 4)
    row = Handoff.objects.get()
    assert (row.reason, row.team, row.state) == ("Not understood 3 times in a row", scene.team, "waiting")


def test_an_agent_without_the_rule_asks_nobody(scene: Scene) -> None:
    assert not offer_person(scene.leg("text").pk, 9)
    assert not Handoff.objects.exists()


def test_the_record_counts_them(scene: Scene) -> None:
    leg = scene.leg("text", ask_person_after=2)
    record_entries(leg, [StateSnapshot(seq=900, state=ConversationState(turn=9, misses=1))])
    assert not Handoff.objects.exists()
    record_entries(leg, [StateSnapshot(seq=901, state=ConversationState(turn=10, misses=2))])
    assert Handoff.objects.get().conversation == leg.conversation
