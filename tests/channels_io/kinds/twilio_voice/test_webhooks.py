from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from channels_io.kinds.twilio_voice.streams import redeem
from channels_io.models import Channel, PhoneCall
from channels_io.simulators.twilio.twiml import Document, parse
from parley.accounts.models import Workspace
from parley.lib import draining
from tests.support.telephone import CALLER, NUMBER, SID, ask, only_call, telephone, tell, token_in

MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
OPEN = {"zone": "UTC", "days": {"mon": [["09:00", "17:00"]]}}
CLOSED = {"zone": "UTC", "days": {}}


@pytest.fixture
def line(acme: Workspace) -> Channel:
    return telephone(acme)


def verbs(document: str) -> list[str]:
    parsed: Document = parse(document)
    assert parsed.warnings == (), "Twilio would warn"
    return [verb.name for verb in parsed.verbs]


def set_up(channel: Channel, **settings: Any) -> None:
    channel.settings = settings
    channel.save()


@pytest.mark.django_db
def test_a_call_is_connected_with_a_token_of_its_own(line: Channel, settings: Any) -> None:
    settings.PARLEY_PUBLIC_URL = "https://parley.example"
    document = ask(line, "voice")
    assert verbs(document) == ["Connect", "Redirect"]
    stream = parse(document).verbs[0].children[0]
    assert stream.get("url") == f"wss://parley.example/ws/twilio_voice/{line.public_id}/", "no query"
    assert parse(document).verbs[1].text == f"https://parley.example/hooks/twilio_voice/{line.public_id}/after/?n=1"
    call = only_call()
    token = token_in(document)
    assert (call.direction, call.provider_id, call.remote, call.status) == ("inbound", SID, CALLER, "ringing")
    assert len(token) >= 40
    assert token not in str(PhoneCall.objects.values().get()), "only its digest is kept"
    assert len(call.stream_digest) == 64


@pytest.mark.django_db(transaction=True)
def test_asked_five_times_at_once_it_is_one_call_and_one_token(line: Channel) -> None:
    def once(_number: int) -> str:
        try:
            return ask(line, "voice")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(5) as pool:
        answers = set(pool.map(once, range(5)))
    assert len(answers) == 1
    assert PhoneCall.objects.count() == 1
    token = token_in(answers.pop())
    assert redeem(line, SID, token) is not None
    assert token_in(ask(line, "voice")) == token, "asked again later: the same words"
    assert redeem(line, SID, token) is None, "which open nothing any more"


@pytest.mark.django_db
def test_two_calls_have_two_tokens(line: Channel) -> None:
    first, second = ask(line, "voice", CallSid="CA1"), ask(line, "voice", CallSid="CA2")
    assert token_in(first) != token_in(second)
    assert redeem(line, "CA2", token_in(first)) is None
    assert redeem(line, "CA1", token_in(first)) is not None


@pytest.mark.django_db
def test_a_token_opens_the_stream_of_its_call_and_channel_for_a_while(acme: Workspace, line: Channel) -> None:
    token = token_in(ask(line, "voice"))
    other = telephone(acme, number="+15550100001")
    for channel, sid, wrong in (
        (other, SID, token),
        (line, "CA2", token),
        (line, SID, token[:-1]),
        (line, SID, token + "A"),
        (line, SID, ""),
        (line, SID, "x" * 5000),
        (line, SID, only_call().stream_digest),
    ):
        assert redeem(channel, sid, wrong) is None
    PhoneCall.objects.update(stream_until=timezone.now() - timedelta(seconds=1))
    assert redeem(line, SID, token) is None, "too old"
    PhoneCall.objects.update(stream_until=timezone.now() + timedelta(seconds=9), ended_at=timezone.now())
    assert redeem(line, SID, token) is None, "the call is over"
    PhoneCall.objects.update(ended_at=None)
    assert redeem(line, SID, token) is not None


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("closed", "expected"),
    [("say", ["Say", "Hangup"]), ("voicemail", ["Say", "Say", "Record", "Hangup"]), ("reject", ["Reject"])],
)
def test_outside_the_hours(line: Channel, closed: str, expected: list[str]) -> None:
    set_up(line, hours=CLOSED, closed=closed, closed_text="We sleep.")
    document = ask(line, "voice")
    assert verbs(document) == expected
    assert ("We sleep." in document) == (closed != "reject")
    assert only_call().stream_digest == ""


@pytest.mark.django_db
def test_within_the_hours(line: Channel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("channels_io.kinds.twilio_voice.calls.timezone.now", lambda: MONDAY)
    set_up(line, hours=OPEN, closed="reject")
    assert verbs(ask(line, "voice", CallSid="CA1")) == ["Connect", "Redirect"]
    monkeypatch.setattr("channels_io.kinds.twilio_voice.calls.timezone.now", lambda: MONDAY + timedelta(hours=8))
    assert verbs(ask(line, "voice", CallSid="CA2")) == ["Reject"]
    assert verbs(ask(line, "voice", CallSid="CA1")) == ["Connect", "Redirect"], "what was decided stays"


@pytest.mark.django_db
def test_a_server_that_drains_or_is_full_sounds_busy(
    line: Channel, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    monkeypatch.setattr("channels_io.kinds.twilio_voice.calls.is_draining", lambda: True)
    document = ask(line, "voice", CallSid="CA1")
    assert verbs(document) == ["Reject"]
    assert parse(document).verbs[0].get("reason") == "busy"
    monkeypatch.setattr("channels_io.kinds.twilio_voice.calls.is_draining", draining.is_draining)
    settings.PARLEY_QUEUE_CALLERS = 0
    assert verbs(ask(line, "voice", CallSid="CA2")) == ["Reject"]
    settings.PARLEY_QUEUE_CALLERS = 1
    assert verbs(ask(line, "voice", CallSid="CA3")) == ["Connect", "Redirect"]
    assert verbs(ask(line, "voice", CallSid="CA1")) == ["Reject"], "asked again, the same"


@pytest.mark.django_db
def test_an_agent_that_is_not_published_says_so(acme: Workspace) -> None:
    line = telephone(acme, published=False)
    assert verbs(ask(line, "voice")) == ["Say", "Hangup"]


@pytest.mark.django_db
def test_a_caller_may_be_asked_before_the_call_is_recorded(acme: Workspace) -> None:
    line = telephone(acme, draft={"record_audio": True})
    assert verbs(ask(line, "voice", CallSid="CA1")) == ["Connect", "Redirect"], "the agent says it itself"
    set_up(line, recording="off")
    assert verbs(ask(line, "voice", CallSid="CA2")) == ["Connect", "Redirect"]
    set_up(line, recording="ask")
    assert verbs(ask(line, "voice", CallSid="CA3")) == ["Gather", "Redirect"]
    assert verbs(ask(line, "consent", CallSid="CA3", Digits="1")) == ["Connect", "Redirect"]
    assert PhoneCall.objects.get(provider_id="CA3").plan["consent"] == "yes"
    assert verbs(ask(line, "consent", CallSid="CA3", Digits="2")) == ["Connect", "Redirect"]
    assert PhoneCall.objects.get(provider_id="CA3").plan["consent"] == "yes", "decided once"
    assert verbs(ask(line, "voice", CallSid="CA3")) == ["Connect", "Redirect"], "asked again after the answer"
    ask(line, "voice", CallSid="CA4")
    assert verbs(ask(line, "consent", CallSid="CA4")) == ["Connect", "Redirect"]
    assert PhoneCall.objects.get(provider_id="CA4").plan["consent"] == "no", "silence is no yes"


@pytest.mark.django_db
def test_an_agent_that_does_not_record_asks_nobody(acme: Workspace) -> None:
    line = telephone(acme)
    set_up(line, recording="ask")
    assert verbs(ask(line, "voice")) == ["Connect", "Redirect"]


# --- after a stream -----------------------------------------------------------------------------


def ended(reason: str) -> None:
    """The stream ran, and our side said why it ended; "" = its process died."""
    PhoneCall.objects.update(stream_digest="", stream_end=reason)


@pytest.mark.django_db
@pytest.mark.parametrize("reason", ["hangup", "agent_ended", "silence", "call_limit", "protocol", "moved", "machine"])
def test_a_stream_that_ended_on_purpose_ends_the_call(line: Channel, reason: str) -> None:
    ask(line, "voice")
    ended(reason)
    assert verbs(ask(line, "after", {"n": "1"})) == ["Hangup"]


@pytest.mark.django_db
@pytest.mark.parametrize("reason", ["", "lost", "shutdown", "abandoned", "failed", "slow_reader"])
def test_a_stream_that_was_cut_off_goes_on_elsewhere(line: Channel, reason: str) -> None:
    first = token_in(ask(line, "voice"))
    ended(reason)
    document = ask(line, "after", {"n": "1"})
    assert verbs(document) == ["Connect", "Redirect"]
    second = token_in(document)
    assert second != first
    assert token_in(ask(line, "after", {"n": "1"})) == second, "asked again: the same token"
    call = only_call()
    assert (call.stream_number, call.plan["comeback"]) == (2, "resumed")
    assert redeem(line, SID, first) is None
    assert redeem(line, SID, second) is not None


@pytest.mark.django_db
def test_a_call_is_not_brought_back_for_ever(line: Channel) -> None:
    ask(line, "voice")
    for number in range(1, 6):
        ended("")
        assert verbs(ask(line, "after", {"n": str(number)})) == ["Connect", "Redirect"]
    ended("")
    assert verbs(ask(line, "after", {"n": "6"})) == ["Say", "Say", "Hangup"]


@pytest.mark.django_db
@pytest.mark.parametrize("reason", ["no_worker", "worker_lost", "worker_full"])
def test_without_a_worker_the_caller_is_told_and_may_leave_a_message(line: Channel, reason: str) -> None:
    ask(line, "voice")
    ended(reason)
    assert verbs(ask(line, "after", {"n": "1"})) == ["Say", "Say", "Hangup"]
    set_up(line, voicemail=True)
    assert verbs(ask(line, "after", {"n": "1"})) == ["Say", "Say", "Record", "Hangup"]
    assert verbs(ask(line, "fallback", ErrorCode="11200")) == ["Say", "Say", "Record", "Hangup"]


@pytest.mark.django_db
@pytest.mark.parametrize("number", ["", "x", "-1", "1e3", "٣", "9999"])
def test_a_stream_has_a_number(line: Channel, number: str) -> None:
    ask(line, "voice")
    assert tell(line, "after", {"n": number}).status_code == 403


@pytest.mark.django_db
def test_a_webhook_of_a_call_that_is_not_ours_is_refused(acme: Workspace, line: Channel) -> None:
    ask(line, "voice")
    other = telephone(acme, number="+15550100001")
    assert tell(other, "after", {"n": "1"}).status_code == 403
    assert tell(line, "after", {"n": "1"}, CallSid="CA404").status_code == 403
    assert tell(line, "status", {"call": "pc_404"}, CallStatus="completed").status_code == 403
    assert tell(line, "status", {"call": "pc_\0"}, CallStatus="completed").status_code == 403
    assert tell(other, "voice").status_code == 403, "the same call cannot come in on two numbers"


# --- how far a call has got ---------------------------------------------------------------------

EVENTS = ("initiated", "ringing", "in-progress", "completed")


@pytest.mark.django_db
@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_reports_end_the_same_in_every_order(line: Channel, order: tuple[int, ...]) -> None:
    ask(line, "voice")
    for number in order:
        at = f"Mon, 23 Nov 2026 10:00:0{number} +0000"
        answer = tell(
            line, "status", CallStatus=EVENTS[number], Timestamp=at, SequenceNumber=str(number), CallDuration="7"
        )
        assert answer.status_code == 204
    call = only_call()
    assert (call.status, call.seconds, call.result) == ("completed", 7, "answered")
    assert call.ended_at == datetime(2026, 11, 23, 10, 0, 3, tzinfo=UTC)
    assert call.answered_at == datetime(2026, 11, 23, 10, 0, 2, tzinfo=UTC)
    assert call.stream_digest == "", "no token opens a stream of a call that is over"
    assert verbs(ask(line, "after", {"n": "1"})) == ["Hangup"]


@pytest.mark.django_db
@pytest.mark.parametrize("order", list(permutations(["failed", "completed", "no-answer"])))
def test_ends_that_contradict_each_other_end_the_same(line: Channel, order: tuple[str, ...]) -> None:
    ask(line, "voice")
    for status in order:
        tell(line, "status", CallStatus=status)
    assert (only_call().status, only_call().result) == ("completed", "answered")


@pytest.mark.django_db
def test_a_status_that_nobody_knows_changes_nothing(line: Channel) -> None:
    ask(line, "voice")
    assert tell(line, "status", CallStatus="abducted").status_code == 204
    assert tell(line, "stream", StreamEvent="stream-error", StreamSid="MZ1").status_code == 204
    assert only_call().status == "ringing"


@pytest.mark.django_db
@pytest.mark.parametrize("sender", ["anonymous", "", "+", "client:anna", "+353 86 1", "353861234567", "+35386123456٣"])
def test_a_caller_without_a_number_is_taken_as_anybody(line: Channel, sender: str) -> None:
    assert verbs(ask(line, "voice", From=sender)) == ["Connect", "Redirect"]
    assert only_call().remote == sender


@pytest.mark.django_db
def test_the_number_called_stands_in_no_address(line: Channel) -> None:
    document = ask(line, "voice")
    assert CALLER not in document
    assert NUMBER not in document
