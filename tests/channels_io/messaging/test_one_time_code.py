"""`parley.code`: who gets a code, how long it is good, how often it may be tried, and where its digits are: nowhere."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone

from channels_io.actions.forget_codes import forget_codes
from channels_io.live.facts import LegFacts
from channels_io.live.own_tools import OwnCall
from channels_io.messaging.deliver import deliver_thread
from channels_io.models import Channel, Contact, Conversation, Identity, Leg, OneTimeCode, OutboundMessage, Thread
from channels_io.one_time_code import IN_A_CONVERSATION, IN_AN_HOUR, MOST_TRIES, code
from channels_io.proof import holds_proof, was_proved, with_proof
from inference.events import ConversationState
from inference.flow.state import FlowState, Frame
from inference.nodes import VERIFIED
from parley.accounts.models import AuditEvent
from tests.channels_io.live.script import SPEC
from tests.channels_io.messaging.conftest import ANN, PaperLine
from tests.channels_io.messaging.paper import Post
from tests.support.spending import open_rules, set_rules

pytestmark = pytest.mark.django_db(transaction=True)

STRANGER = "+353861239999"
Ask = Callable[..., Mapping[str, Any]]


class PhoneLine:
    async def ring(self, *, on: bool) -> None: ...

    def leave(self, reason: str) -> None: ...


def leg_of(line: PaperLine, contact: Contact, **how: Any) -> Leg:
    workspace = line.channel.workspace
    conversation = Conversation.objects.create(workspace=workspace, contact=contact, agent=line.channel.agent)
    made: Leg = Leg.objects.create(
        workspace=workspace, conversation=conversation, **{"kind": "twilio_voice", "media": "voice", **how}
    )
    return made


@pytest.fixture
def contact(line: PaperLine) -> Contact:
    open_rules(line.channel.workspace)
    made: Contact = Contact.objects.create(workspace=line.channel.workspace, name="Ann")
    Identity.objects.create(workspace=made.workspace, contact=made, kind="phone", value=ANN)
    return made


@pytest.fixture
def leg(line: PaperLine, contact: Contact) -> Leg:
    return leg_of(line, contact)


def ask(leg: Leg, *, caller: str = ANN, **arguments: str) -> Mapping[str, Any]:
    facts = LegFacts(
        leg=leg.public_id, conversation=leg.conversation.public_id, agent="Ada", spec=SPEC, variables={"caller": caller}
    )
    answer = async_to_sync(code)(OwnCall(facts=facts, spec=SPEC, arguments=arguments, call="c", line=PhoneLine()))
    told: dict[str, Any] = json.loads(answer.result)
    assert answer.ok == ("error" not in told)
    return told


def sent_code(post: Post) -> str:
    """Sends what waits, and reads the last letter as a person does."""
    for thread in Thread.objects.all():
        deliver_thread(thread.pk)
    found = re.search(r"\b\d{6}\b", post.texts[-1])
    assert found, post.texts
    return found[0]


def rows_with(needle: str) -> list[str]:
    return [
        model.__name__
        for model in apps.get_models()
        for values in model._default_manager.values()
        if needle in json.dumps(values, cls=DjangoJSONEncoder, default=repr)
    ]


def test_a_code_that_comes_back_proves_the_caller(leg: Leg, post: Post, contact: Contact) -> None:
    assert ask(leg, action="send") == {"sent": True}
    digits = sent_code(post)
    assert (post.sent[-1].to, "Ada" in post.texts[-1], "10 minutes" in post.texts[-1]) == (ANN, True, True)
    assert ask(leg, action="check", digits=digits) == {"verified": True, "proved": "caller"}
    assert contact.identities.get().verified_at is not None
    event = AuditEvent.objects.get(verb="contact.verified")
    assert digits not in str(event.data) and ANN not in str(event.data)


def test_the_digits_are_in_the_message_alone_and_then_nowhere(leg: Leg, post: Post) -> None:
    ask(leg, action="send")
    digits = sent_code(post)
    assert rows_with(digits) == ["OutboundMessage"]
    assert OutboundMessage.objects.get().conversation is None
    ask(leg, action="check", digits=digits)
    assert rows_with(digits) == []


def test_a_code_is_good_once(leg: Leg, post: Post) -> None:
    ask(leg, action="send")
    digits = sent_code(post)
    ask(leg, action="check", digits=digits)
    assert ask(leg, action="check", digits=digits)["code"] == "code_none"


def test_a_code_is_good_in_its_own_conversation(leg: Leg, line: PaperLine, contact: Contact, post: Post) -> None:
    other = leg_of(line, contact)
    ask(leg, action="send")
    digits = sent_code(post)
    assert ask(other, action="check", digits=digits)["code"] == "code_none"
    OneTimeCode.objects.update(conversation=other.conversation)
    assert ask(other, action="check", digits=digits)["code"] == "code_wrong"


def test_five_tries_and_the_right_one_is_wrong(leg: Leg, post: Post) -> None:
    ask(leg, action="send")
    digits = sent_code(post)
    wrong = "000000" if digits != "000000" else "111111"
    left = [ask(leg, action="check", digits=wrong)["left"] for _ in range(MOST_TRIES)]
    assert left == [4, 3, 2, 1, 0]
    assert ask(leg, action="check", digits=digits)["code"] == "code_tries"
    assert not Identity.objects.exclude(verified_at=None).exists()


@pytest.mark.parametrize("digits", ["", "12345", "1234567", "abcdef", "\x00", "１２３４５６"])
def test_what_is_no_code_costs_a_try_and_opens_nothing(leg: Leg, post: Post, digits: str) -> None:
    ask(leg, action="send")
    sent_code(post)
    assert ask(leg, action="check", digits=digits)["code"] == "code_wrong"
    assert OneTimeCode.objects.get().tries == 1


def test_an_old_code_is_no_good(leg: Leg, post: Post) -> None:
    ask(leg, action="send")
    digits = sent_code(post)
    OneTimeCode.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert ask(leg, action="check", digits=digits)["code"] == "code_expired"


def test_a_new_code_replaces_the_one_before(leg: Leg, post: Post) -> None:
    ask(leg, action="send")
    first = sent_code(post)
    ask(leg, action="send")
    second = sent_code(post)
    if first != second:
        assert ask(leg, action="check", digits=first)["code"] == "code_wrong"
    assert ask(leg, action="check", digits=second)["verified"] is True


def test_a_code_that_was_not_sent_yet_is_not_sent_any_more(leg: Leg, post: Post) -> None:
    ask(leg, action="send")
    ask(leg, action="send")
    sent_code(post)
    assert len(post.sent) == 1
    assert sorted(OutboundMessage.objects.values_list("state", flat=True)) == ["canceled", "sent"]


def test_so_many_in_a_conversation(leg: Leg) -> None:
    told = [ask(leg, action="send") for _ in range(IN_A_CONVERSATION + 1)]
    assert [answer.get("code", "sent") for answer in told] == ["sent"] * IN_A_CONVERSATION + ["code_limit"]


def test_so_many_to_an_address_in_an_hour_whoever_asks(line: PaperLine, contact: Contact) -> None:
    told = [ask(leg_of(line, contact), action="send").get("code", "sent") for _ in range(IN_AN_HOUR + 1)]
    assert told == ["sent"] * IN_AN_HOUR + ["code_limit"]
    OneTimeCode.objects.update(sent_at=timezone.now() - timedelta(hours=2))
    assert ask(leg_of(line, contact), action="send") == {"sent": True}


# --- where it goes ------------------------------------------------------------------------------------


def test_never_to_a_number_that_the_caller_has_just_named(leg: Leg) -> None:
    assert ask(leg, action="send", to=STRANGER)["code"] == "address_unknown"
    assert ask(leg, action="send", to="my friend")["code"] == "bad_address"
    assert not OutboundMessage.objects.exists()


def test_a_forged_caller_id_gets_the_code_sent_to_whom_it_belongs(leg: Leg, post: Post) -> None:
    ask(leg, action="send", caller=STRANGER)
    sent_code(post)
    assert post.sent[-1].to == ANN


def test_allowed_anywhere_it_proves_that_number_and_not_the_caller(leg: Leg, post: Post, contact: Contact) -> None:
    assert ask(leg, action="send", to=STRANGER, anywhere="yes") == {"sent": True}
    told = ask(leg, action="check", digits=sent_code(post))
    assert (post.sent[-1].to, told["proved"]) == (STRANGER, "address")
    assert [(each.value, each.verified_at) for each in contact.identities.all()] == [(ANN, None)]
    assert Thread.objects.get(address=STRANGER).contact is None


def test_of_several_numbers_the_one_that_calls_then_the_one_that_was_proved(
    leg: Leg, post: Post, contact: Contact
) -> None:
    other = "+353861230001"
    Identity.objects.create(
        workspace=contact.workspace, contact=contact, kind="phone", value=other, verified_at=timezone.now()
    )
    ask(leg, action="send")
    sent_code(post)
    ask(leg, caller="", action="send")
    sent_code(post)
    assert [letter.to for letter in post.sent] == [ANN, other]


def test_who_has_no_number_gets_no_code(line: PaperLine) -> None:
    open_rules(line.channel.workspace)
    nobody = Contact.objects.create(workspace=line.channel.workspace)
    assert ask(leg_of(line, nobody), caller="", action="send")["code"] == "no_address"
    assert ask(leg_of(line, nobody), caller="anonymous", action="send")["code"] == "no_address"


def test_without_a_channel_there_is_no_code(leg: Leg, line: PaperLine) -> None:
    line.channel.enabled = False
    line.channel.save()
    assert ask(leg, action="send")["code"] == "no_channel"


def test_the_guards_are_asked(leg: Leg) -> None:
    set_rules(leg.workspace, countries=())
    assert ask(leg, action="send")["code"] == "country_refused"
    assert not OutboundMessage.objects.exists()


# --- how long the proof holds -------------------------------------------------------------------------


def proved_on(line: PaperLine, contact: Contact, post: Post, **how: Any) -> Leg:
    leg = leg_of(line, contact, **how)
    ask(leg, action="send")
    ask(leg, action="check", digits=sent_code(post))
    return leg


def test_it_holds_on_the_same_line_for_a_day(line: PaperLine, contact: Contact, post: Post) -> None:
    talk = proved_on(line, contact, post, media="text", kind="paper", channel=line.channel).conversation
    lines: list[tuple[str, str, Channel | None]] = [
        ("paper", "text", line.channel), ("paper", "voice", line.channel), ("paper", "text", None), ("api", "text", line.channel),
    ]  # fmt: skip
    assert [holds_proof(talk, *each) for each in lines] == [True, False, False, False]
    assert was_proved(talk)
    OneTimeCode.objects.update(used_at=timezone.now() - timedelta(hours=25))
    assert not holds_proof(talk, "paper", "text", line.channel)


def test_what_was_not_proved_is_not_private(line: PaperLine, contact: Contact, post: Post) -> None:
    leg = leg_of(line, contact)
    ask(leg, action="send")
    assert not was_proved(leg.conversation)
    leg.conversation.state = {"flow": {"variables": {VERIFIED: "yes"}}}
    assert was_proved(leg.conversation)


def test_a_state_goes_on_without_what_was_proved_elsewhere() -> None:
    inner = Frame("n", variables={VERIFIED: "yes", "a": "1"})
    flow = FlowState("n", variables={VERIFIED: "yes", "b": "2"}, frames=(inner,))
    state = ConversationState(variables={VERIFIED: "yes"}, flow=flow)
    after = with_proof(state, proved=False)
    assert (after.variables, after.flow.variables) == ({VERIFIED: "no"}, {VERIFIED: "no", "b": "2"})
    assert after.flow.frames[0].variables == {VERIFIED: "no", "a": "1"}
    assert with_proof(state, proved=True) is state


def test_what_has_expired_is_wiped_and_what_is_old_is_gone(leg: Leg, post: Post) -> None:
    ask(leg, action="send")
    digits = sent_code(post)
    OneTimeCode.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert forget_codes() == 1
    assert (rows_with(digits), OneTimeCode.objects.get().digest) == ([], "")
    assert forget_codes() == 0
    OneTimeCode.objects.update(sent_at=timezone.now() - timedelta(days=3))
    assert forget_codes() == 1 and not OneTimeCode.objects.exists()
