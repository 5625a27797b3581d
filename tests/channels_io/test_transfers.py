"""Putting a caller through to a person: rows and webhooks as they come, a dialer in hand, no telephone."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from channels.db import database_sync_to_async
from msgspec.structs import replace

from channels_io import transfers
from channels_io.call_settings import CallSettings
from channels_io.live.facts import LegFacts
from channels_io.live.own_tools import OwnCall
from channels_io.models import Channel, PhoneCall, Spending
from channels_io.telephony import DialFailed
from channels_io.transfers import allowed_number, transfer
from inference.nodes import FlowSpec, TransferNode
from inference.spec import AgentSpec
from parley.accounts.models import Workspace
from tests.channels_io.live.script import SPEC, HandLine
from tests.support.conversations import make_conversation
from tests.support.dialing import HandDialer
from tests.support.spending import open_rules, set_rules
from tests.support.telephone import PERSON, SID, ask, telephone, tell

pytestmark = pytest.mark.django_db(transaction=True)
OTHER = "+353871114455"


def spec_with(*targets: str) -> AgentSpec:
    nodes = tuple(TransferNode(f"t{number}", target) for number, target in enumerate(targets))
    return replace(SPEC, flow=FlowSpec("t0", nodes))


class Scene:
    """A caller on the line, and the tool that is asked."""

    def __init__(self, line: Channel, dialer: HandDialer) -> None:
        self.channel, self.dialer = line, dialer
        ask(line, "voice")
        leg = make_conversation(line.agent).legs.get()
        leg.ended_at = None
        leg.save()
        PhoneCall.objects.update(leg=leg, conversation=leg.conversation, status="in-progress", rank=3, stream_end="")
        self.facts = LegFacts(leg=leg.public_id, conversation="cv_1", agent="Ada", spec=SPEC)
        self.hand = HandLine()

    def asked(self, call: str = "c1", **arguments: Any) -> asyncio.Task[Any]:
        given = {"target": PERSON, "mode": "cold", "briefing": "Ann, about a crown.", **arguments}
        own = OwnCall(facts=self.facts, spec=spec_with(PERSON), arguments=given, call=call, line=self.hand)
        return asyncio.create_task(transfer(own))

    @staticmethod
    def person() -> PhoneCall:
        return PhoneCall.objects.get(direction="transfer")

    async def rings(self) -> PhoneCall:
        """Until it rings at the person."""
        find = database_sync_to_async(lambda: PhoneCall.objects.filter(direction="transfer", status="queued").first())
        async with asyncio.timeout(10):
            while (found := await find()) is None:
                await asyncio.sleep(0.02)
        return found  # type: ignore[no-any-return]

    async def tells(self, what: str, call: PhoneCall, **form: str) -> str:
        query = {"call": call.public_id}
        if what == "decision":
            query["n"] = form.pop("n", "1")
        send = ask if what != "status" else tell
        answer = await database_sync_to_async(send)(self.channel, what, query, CallSid="CAdialed1", **form)
        return answer if isinstance(answer, str) else ""


@pytest.fixture
def scene(acme: Workspace, monkeypatch: pytest.MonkeyPatch) -> Scene:
    open_rules(acme)
    return Scene(telephone(acme), HandDialer().use(monkeypatch, transfers.__name__))


async def get(query: Any) -> Any:
    return await database_sync_to_async(query)()


async def settled() -> None:
    """What goes on after the tool's answer."""
    while transfers._loose:
        await asyncio.gather(*transfers._loose)


def code_of(answer: Any) -> str:
    return str(json.loads(answer.result).get("code"))


async def test_cold_the_caller_is_brought_when_the_person_answers(scene: Scene) -> None:
    asked = scene.asked()
    person = await scene.rings()
    assert scene.hand.rings == [True]
    assert scene.dialer.count("put_through") == 0, "the caller stays where they are until then"
    document = await scene.tells("person", person)
    assert "<Conference" in document and person.public_id in document
    answer = await asked
    assert (answer.ok, scene.hand.left, scene.hand.rings) == (True, "transferred", [True, False])
    await settled()
    assert scene.dialer.count("put_through") == 1
    assert (await get(scene.person)).result == "connected"
    assert await scene.tells("person", person) == document, "asked again, the same"
    assert scene.dialer.count("put_through") == 1


async def test_warm_the_person_hears_who_it_is_and_takes_it(scene: Scene) -> None:
    asked = scene.asked(mode="warm")
    person = await scene.rings()
    document = await scene.tells("person", person)
    assert "<Gather" in document and "Ann, about a crown." in document and "<Conference" not in document
    assert "<Conference" in await scene.tells("decision", person, Digits="1")
    assert (await asked).ok
    await settled()
    assert scene.dialer.done[-1][0] == "put_through"


async def test_a_yes_that_is_spoken_counts_and_silence_is_asked_once_more(scene: Scene) -> None:
    asked = scene.asked(mode="warm")
    person = await scene.rings()
    await scene.tells("person", person)
    again = await scene.tells("decision", person)
    assert "<Gather" in again and "n=2" in again
    assert "<Conference" in await scene.tells("decision", person, n="2", SpeechResult="Yes, put them through.")
    assert (await asked).ok
    await settled()


@pytest.mark.parametrize("form", [{"Digits": "2"}, {"SpeechResult": "No, not now"}, {"n": "2"}])
async def test_who_refuses_sends_the_caller_back_to_the_agent(scene: Scene, form: dict[str, str]) -> None:
    asked = scene.asked(mode="warm")
    person = await scene.rings()
    await scene.tells("person", person)
    assert "<Hangup" in await scene.tells("decision", person, **form)
    answer = await asked
    assert (answer.ok, code_of(answer), scene.hand.left, scene.hand.rings[-1]) == (False, "rejected", "", False)
    await settled()
    assert scene.dialer.count("put_through") == 0


@pytest.mark.parametrize(
    ("status", "code"), [("busy", "busy"), ("no-answer", "no_answer"), ("failed", "failed"), ("completed", "rejected")]
)
async def test_nobody_there_is_a_failure_on_the_open_line(scene: Scene, status: str, code: str) -> None:
    asked = scene.asked(mode="warm")
    person = await scene.rings()
    await scene.tells("status", person, CallStatus=status)
    answer = await asked
    assert (answer.ok, code_of(answer), scene.hand.left) == (False, code, "")
    await settled()
    assert not await get(Spending.objects.filter(released_at=None).exists)


async def test_who_takes_too_long_is_hung_up_on(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfers, "LONGEST", 0.3)
    answer = await scene.asked()
    assert code_of(answer) == "canceled"
    await settled()
    person = await get(scene.person)
    assert (scene.dialer.done[-1][0], person.status) == ("hang_up", "canceled")
    assert "<Hangup" in await scene.tells("person", person), "too late"


async def test_a_caller_who_hangs_up_leaves_nobody_ringing(scene: Scene) -> None:
    asked = scene.asked(mode="warm")
    person = await scene.rings()
    await scene.tells("person", person)
    asked.cancel()
    await asyncio.wait([asked])
    await settled()
    assert scene.dialer.done[-1][0] == "hang_up"
    assert scene.hand.rings == [True, False]
    assert "<Conference" not in await scene.tells("decision", person, Digits="1")


async def test_a_person_who_answers_when_the_caller_has_gone_hears_so(scene: Scene) -> None:
    asked = scene.asked()
    person = await scene.rings()
    await get(lambda: tell(scene.channel, "status", CallStatus="completed"))
    assert "<Conference" not in await scene.tells("person", person)
    assert code_of(await asked) == "canceled"
    await settled()


async def test_a_dial_that_fails_is_a_failure_and_one_without_an_answer_waits(scene: Scene) -> None:
    scene.dialer.failures = [DialFailed("no", code="13224", verdict="never")]
    assert code_of(await scene.asked()) == "failed"
    await settled()
    scene.dialer.failures = [DialFailed("no", code="no_answer", verdict="unknown")]
    asked = scene.asked("c2")
    find = PhoneCall.objects.filter(key__endswith=":c2", unsure=True)
    while not (person := await get(find.first)):
        await asyncio.sleep(0.02)
    assert "<Conference" in await scene.tells("person", person), "it rang all the same"
    assert (await asked).ok
    await settled()


async def test_asked_twice_one_person_is_called_and_brought_once(scene: Scene) -> None:
    first, second = scene.asked("c1"), None
    person = await scene.rings()
    second = scene.asked("c1")
    await asyncio.sleep(0.05)
    await scene.tells("person", person)
    assert (await first).ok
    assert (await second).ok
    await settled()
    assert (scene.dialer.count("dial"), scene.dialer.count("put_through")) == (1, 1)


async def test_the_guards_are_asked(acme: Workspace, scene: Scene) -> None:
    await get(lambda: set_rules(acme, budget_day=0))
    answer = await scene.asked()
    assert (code_of(answer), scene.dialer.done, scene.hand.rings) == ("budget", [], [])


async def test_only_a_telephone_call_can_be_put_through(scene: Scene) -> None:
    await get(lambda: PhoneCall.objects.update(leg=None))
    assert code_of(await scene.asked()) == "not_a_call"
    assert scene.dialer.done == []


async def test_after_the_conversation_the_caller_hangs_up_or_comes_back(scene: Scene) -> None:
    asked = scene.asked()
    await scene.tells("person", await scene.rings())
    await asked
    await settled()
    caller = await get(lambda: PhoneCall.objects.get(provider_id=SID))
    await get(lambda: PhoneCall.objects.filter(pk=caller.pk).update(stream_end="transferred", stream_digest=""))

    def over() -> str:
        return ask(scene.channel, "together", {"call": caller.public_id}, DialCallStatus="completed")

    assert "<Hangup" in await get(over)
    scene.channel.settings = {"after_transfer": "agent"}
    await get(scene.channel.save)
    document = await get(over)
    assert "<Connect" in document
    assert await get(over) == document, "asked again: the same token"
    caller = await get(lambda: PhoneCall.objects.get(provider_id=SID))
    assert (caller.stream_number, caller.plan["comeback"]) == (2, "returned")


async def test_a_stream_that_closes_before_the_redirect_brings_the_caller_too(scene: Scene) -> None:
    asked = scene.asked()
    person = await scene.rings()
    await scene.tells("person", person)
    await asked
    await settled()
    await get(lambda: PhoneCall.objects.filter(provider_id=SID).update(stream_end="transferred"))
    document = await get(lambda: ask(scene.channel, "after", {"n": "1"}))
    assert "<Conference" in document and person.public_id in document


@pytest.mark.parametrize(
    ("target", "number"),
    [
        (PERSON, PERSON),
        ("+353 87 111 2233", PERSON),
        ("Reception", OTHER),
        (" reception ", OTHER),
        (OTHER, OTHER),
        ("+353861230000", ""),
        ("{{said}}", ""),
        ("0871112233", ""),
        ("+35387111223", ""),
        ("+3538711122334", ""),
        (PERSON + ";ext=9", ""),
        (PERSON + ",,1", ""),
        ("*72" + PERSON, ""),
        ("+882 1234567890", ""),
        ("+1900 555 0123", ""),
        ("anybody", ""),
        ("", ""),
    ],
)
def test_only_numbers_that_a_builder_named_are_called(target: str, number: str) -> None:
    wishes = CallSettings(people={"Reception": OTHER})
    assert allowed_number(spec_with(PERSON, "{{phone}}", "the boss"), wishes, target) == number
