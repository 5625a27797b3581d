from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from asgiref.sync import async_to_sync

from channels_io.guards.errors import NotAllowed
from channels_io.live.facts import LegFacts
from channels_io.live.own_tools import OwnCall
from channels_io.messaging import tool as module
from channels_io.messaging.tool import MOVED, move, send
from channels_io.models import Channel, Contact, Conversation, Identity, Leg, OutboundMessage, Thread
from tests.channels_io.live.script import SPEC
from tests.channels_io.messaging.conftest import ANN, PaperLine
from tests.channels_io.messaging.paper import Post

pytestmark = pytest.mark.django_db(transaction=True)


class PhoneLine:
    def __init__(self) -> None:
        self.left: list[str] = []

    async def ring(self, *, on: bool) -> None: ...

    def leave(self, reason: str) -> None:
        self.left.append(reason)


@pytest.fixture
def leg(line: PaperLine) -> Leg:
    """A call of somebody whose number is known."""
    workspace = line.channel.workspace
    contact = Contact.objects.create(workspace=workspace)
    Identity.objects.create(workspace=workspace, contact=contact, kind="phone", value=ANN)
    conversation = Conversation.objects.create(workspace=workspace, contact=contact, agent=line.channel.agent)
    return Leg.objects.create(workspace=workspace, conversation=conversation, kind="twilio_voice", media="voice")


def ask(
    leg: Leg, tool: Any = send, phone: PhoneLine | None = None, call: str = "c1", **arguments: str
) -> Mapping[str, Any]:
    facts = LegFacts(leg=leg.public_id, conversation=leg.conversation.public_id, agent="Ada", spec=SPEC)
    asked = OwnCall(facts=facts, spec=SPEC, arguments=arguments, call=call, line=phone or PhoneLine())
    answer = async_to_sync(tool)(asked)
    told: dict[str, Any] = json.loads(answer.result)
    assert answer.ok == ("error" not in told)
    return told


def test_a_caller_is_sent_a_text(leg: Leg, line: PaperLine) -> None:
    told = ask(leg, text="Your code: 7", channel="sms", to="")
    message = OutboundMessage.objects.get()
    assert told == {"sent": True, "message": message.public_id}
    assert (message.key, message.thread.address, message.content["text"]) == (
        f"send:{leg.public_id}-c1",
        ANN,
        "Your code: 7",
    )
    assert (message.leg, message.conversation, message.contact) == (leg, leg.conversation, leg.conversation.contact)
    assert ("deliver_messages", message.thread_id, 0.0) in line.wakes


def test_the_same_call_twice_sends_once(leg: Leg) -> None:
    first = ask(leg, text="Hi")
    assert ask(leg, text="Hi") == first
    assert OutboundMessage.objects.count() == 1


def test_a_leg_that_goes_the_way_of_a_broken_one_does_not_write_again(leg: Leg) -> None:
    first = ask(leg, text="Hi")
    leg.end_reason = "abandoned"
    leg.save()
    second = Leg.objects.create(
        workspace=leg.workspace, conversation=leg.conversation, kind="twilio_voice", media="voice"
    )
    assert ask(second, text="Hi") == first
    assert ask(second, text="Hi again")["sent"]
    assert OutboundMessage.objects.count() == 2


def test_another_number_is_written_to_as_somebody_of_their_own(leg: Leg) -> None:
    ask(leg, text="Hi", to="+353 86 123 4577")
    thread = Thread.objects.get()
    assert (thread.address, thread.contact) == ("+353861234577", None)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"text": " "}, "no_text"),
        ({"text": "Hi", "channel": "email"}, "not_connected"),
        ({"text": "Hi", "channel": "whatsapp"}, "no_channel"),
        ({"text": "Hi", "to": "anonymous"}, "bad_address"),
        ({"text": "Hi", "to": "0100077"}, "bad_address"),
    ],
)
def test_what_cannot_be_sent(leg: Leg, arguments: dict[str, str], code: str) -> None:
    assert ask(leg, **arguments)["code"] == code
    assert OutboundMessage.objects.count() == 0


def test_who_has_no_number_cannot_be_written_to(leg: Leg) -> None:
    Identity.objects.all().delete()
    assert ask(leg, text="Hi")["code"] == "no_address"


def test_a_limit_is_said_to_the_flow(leg: Leg, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(*_: Any, **__: Any) -> None:
        raise NotAllowed("country_refused")

    monkeypatch.setattr(module, "ask", refuses)
    assert ask(leg, text="Hi")["code"] == "country_refused"
    assert OutboundMessage.objects.count() == 0


def test_whatsapp_needs_the_persons_word_first(leg: Leg, post: Post) -> None:
    post.can(scope="whatsapp", window_hours=24)
    assert ask(leg, text="Hi", channel="whatsapp")["code"] == "window_closed"


def test_a_long_text_is_several_messages(leg: Leg, post: Post) -> None:
    post.can(text_limit=30)
    ask(leg, text="One sentence is here. And one more is there.")
    keys = list(OutboundMessage.objects.order_by("pk").values_list("key", flat=True))
    assert keys == [f"send:{leg.public_id}-c1", f"send:{leg.public_id}-c1:1"]


def test_a_call_moves_to_messages_and_goes_on_there(leg: Leg, line: PaperLine, post: Post) -> None:
    phone = PhoneLine()
    ask(leg, move, phone, text="Let us go on here.")
    assert phone.left == [MOVED]
    assert line.thread().conversation == leg.conversation
    leg.ended_at = leg.started_at
    leg.save()
    line.write("Fine")
    line.answer()
    assert post.texts[0] == "Let us go on here."
    assert set(Leg.objects.values_list("conversation", flat=True)) == {leg.conversation_id}


def test_a_move_that_fails_leaves_the_call_where_it_is(leg: Leg) -> None:
    phone = PhoneLine()
    assert ask(leg, move, phone, text="")["code"] == "no_text"
    assert phone.left == []


def test_the_agents_own_channel_comes_first(leg: Leg, line: PaperLine) -> None:
    Channel.objects.filter(pk=line.channel.pk).update(enabled=False)
    assert ask(leg, text="Hi")["code"] == "no_channel"
