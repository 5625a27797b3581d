from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from channels_io.actions.close_leg import close_leg
from channels_io.end_reasons import EndReason
from channels_io.kinds.twilio_voice.opening import SHORTEST, CallLeg, open_call, settle_stream
from channels_io.live.opening import NothingToOpen
from channels_io.models import Channel, Contact, Conversation, Leg, PhoneCall
from parley.accounts.models import Workspace
from tests.support.agents import publish
from tests.support.telephone import CALLER, PERSON, ask, telephone

pytestmark = pytest.mark.django_db


@pytest.fixture
def line(acme: Workspace) -> Channel:
    return telephone(acme)


def call_in(line: Channel, sid: str = "CA1", **form: str) -> PhoneCall:
    ask(line, "voice", CallSid=sid, **form)
    return PhoneCall.objects.get(provider_id=sid)


def opened(line: Channel, call: PhoneCall) -> CallLeg:
    made = open_call(line, PhoneCall.objects.select_related("contact", "conversation", "leg").get(pk=call.pk))
    call.refresh_from_db()
    return made


def placed(line: Channel, **plan: Any) -> PhoneCall:
    return PhoneCall.objects.create(
        workspace=line.workspace,
        channel=line,
        direction="outbound",
        key="k",
        provider_id="CA9",
        remote=PERSON,
        plan=plan,
    )


def test_a_caller_is_found_by_a_number_in_full_and_proves_nothing(line: Channel) -> None:
    call = call_in(line)
    facts = opened(line, call).opened.facts
    assert facts.variables["caller"] == CALLER
    assert facts.variables["caller_verified"] == "no"
    assert facts.variables["channel"] == "voice"
    contact = Contact.objects.get()
    assert list(contact.identities.values_list("kind", "value")) == [("phone", CALLER)]
    assert (call.contact_id, call.status) == (contact.pk, "in-progress")
    assert call.leg is not None and call.conversation is not None


@pytest.mark.parametrize("sender", ["anonymous", "", "+", "client:anna", CALLER[:-2] + " 7", CALLER[1:], "+0123456789"])
def test_who_has_no_number_is_somebody_new_each_time(line: Channel, sender: str) -> None:
    for sid in ("CA1", "CA2"):
        assert opened(line, call_in(line, sid, From=sender)).opened.facts.variables["caller"] == ""
    assert Contact.objects.count() == 2
    assert not Contact.objects.exclude(identities=None).exists()
    assert Conversation.objects.count() == 2


def test_who_calls_again_goes_on_where_they_were(line: Channel) -> None:
    first = opened(line, call_in(line, "CA1")).opened.leg
    while_talking = opened(line, call_in(line, "CA2")).opened.leg
    assert while_talking.conversation_id != first.conversation_id, "not where they are talking on another line"
    for leg in (first, while_talking):
        close_leg(leg, EndReason.HUNG_UP)
    third = opened(line, call_in(line, "CA3")).opened.leg
    assert third.conversation_id in (first.conversation_id, while_talking.conversation_id)
    close_leg(third, EndReason.HUNG_UP)
    Conversation.objects.update(last_at=timezone.now() - timedelta(hours=25))
    assert opened(line, call_in(line, "CA4")).opened.leg.conversation_id not in (
        first.conversation_id,
        while_talking.conversation_id,
    )
    assert Contact.objects.count() == 1


def test_a_call_that_was_cut_off_goes_on_in_its_conversation_with_its_version(line: Channel) -> None:
    call = call_in(line)
    first = opened(line, call)
    Conversation.objects.update(state={"turn": 3, "greeted": True})
    line.agent.draft.instructions = "Other words."
    line.agent.draft.save()
    publish(line.agent)
    ask(line, "after", {"n": "1"}, CallSid="CA1")
    second = opened(Channel.objects.get(pk=line.pk), call)
    assert second.opened.leg.conversation_id == first.opened.leg.conversation_id
    assert second.opened.leg.version_id == first.opened.leg.version_id, "what was published meanwhile is for new calls"
    assert (first.opened.facts.comeback, second.opened.facts.comeback) == (None, "resumed")
    assert Leg.objects.get(pk=first.opened.leg.pk).end_reason == "abandoned", "its process did not say why"


def test_nothing_is_told_about_a_call_that_had_not_begun(line: Channel) -> None:
    call = call_in(line)
    opened(line, call)
    ask(line, "after", {"n": "1"}, CallSid="CA1")
    assert opened(line, call).opened.facts.comeback is None, "the greeting is still to come"


@pytest.mark.parametrize(
    ("recording", "consent", "kept", "told"),
    [
        ("announce", "", True, True),
        ("ask", "yes", True, False),
        ("ask", "no", False, False),
        ("ask", "", False, False),
        ("off", "yes", False, False),
    ],
)
def test_who_did_not_agree_is_not_recorded(
    acme: Workspace, recording: str, consent: str, kept: bool, told: bool
) -> None:
    line = telephone(acme, draft={"record_audio": True, "consent": "This call is  recorded.", "greeting": "Hello."})
    line.settings = {"recording": recording}
    call = call_in(line)
    call.plan["consent"] = consent
    call.save()
    made = opened(line, call).opened
    assert made.record_sound is kept
    assert made.facts.spec.greeting == ("This call is recorded. Hello." if told else "Hello.")


def test_a_call_that_we_placed_brings_its_own_words_version_and_length(line: Channel) -> None:
    old = line.agent.published
    assert old is not None
    line.agent.draft.instructions = "Other words."
    line.agent.draft.save()
    publish(line.agent)
    call = placed(line, variables={"name": "Ann", "caller": "me"}, version=old.public_id, limit_seconds=120)
    made = opened(Channel.objects.get(pk=line.pk), call)
    assert made.opened.leg.version_id == old.pk
    assert (made.opened.facts.variables["name"], made.opened.facts.variables["caller"]) == ("Ann", PERSON)
    assert 118 <= made.limits.call <= 120
    PhoneCall.objects.update(answered_at=timezone.now() - timedelta(hours=1))
    assert opened(line, call).limits.call == SHORTEST


def test_a_line_that_is_off_or_without_a_version_opens_nothing(acme: Workspace, line: Channel) -> None:
    call = call_in(line)
    line.enabled = False
    with pytest.raises(NothingToOpen):
        opened(line, call)
    unpublished = telephone(acme, number="+15550100001", published=False)
    with pytest.raises(NothingToOpen):
        opened(unpublished, call_in(unpublished, "CA2"))
    assert not Leg.objects.exists()


@pytest.mark.parametrize(
    ("change", "seen", "truly"),
    [
        ({}, EndReason.HUNG_UP, EndReason.HUNG_UP),
        ({"answered_by": "machine_start"}, EndReason.HUNG_UP, EndReason.MACHINE),
        ({"answered_by": "machine_start", "plan": {"machine": "talk"}}, EndReason.HUNG_UP, EndReason.HUNG_UP),
        ({"answered_by": "human"}, EndReason.LOST, EndReason.LOST),
        ({"plan": {"steered": "1"}}, EndReason.HUNG_UP, EndReason.REPLACED),
        ({"plan": {"steered": "0"}}, EndReason.HUNG_UP, EndReason.HUNG_UP),
        ({"answered_by": "machine_start"}, EndReason.FAILED, EndReason.FAILED),
    ],
)
def test_why_a_stream_truly_ended(line: Channel, change: dict[str, Any], seen: EndReason, truly: EndReason) -> None:
    call = call_in(line)
    opened(line, call)
    PhoneCall.objects.update(**change)
    assert settle_stream(call, 1, seen) == truly
    call.refresh_from_db()
    assert call.stream_end == truly
    assert (call.status == "completed") == (truly == EndReason.HUNG_UP)


def test_a_stream_that_was_put_through_is_known_whichever_process_did_it(line: Channel) -> None:
    call = call_in(line)
    opened(line, call)
    PhoneCall.objects.create(
        workspace=line.workspace, channel=line, parent=call, direction="transfer", key="t", result="connected"
    )
    assert settle_stream(call, 1, EndReason.HUNG_UP) == EndReason.TRANSFERRED
    call.refresh_from_db()
    assert call.ended_at is None, "the caller is still on the line"


def test_an_older_stream_does_not_speak_for_a_newer_one(line: Channel) -> None:
    call = call_in(line)
    opened(line, call)
    ask(line, "after", {"n": "1"}, CallSid="CA1")
    settle_stream(call, 1, EndReason.LOST)
    call.refresh_from_db()
    assert (call.stream_number, call.stream_end) == (2, "")
