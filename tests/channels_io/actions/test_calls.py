"""Calls that we place: guarded, committed, dialed once whatever happens in between; and messages that callers leave."""

from __future__ import annotations

import io
import wave
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from django.utils import timezone

from channels_io import recordings
from channels_io.actions import keep_voicemail
from channels_io.actions import place_call as placing
from channels_io.actions import work_on_calls as working
from channels_io.actions.place_call import place_call
from channels_io.actions.work_on_calls import settle_silent_calls, work_on_calls
from channels_io.guards.errors import NotAllowed
from channels_io.models import Alert, Channel, Leg, PhoneCall, Spending, Turn
from channels_io.telephony import CallPlan, CallReport, DialFailed
from inference.errors import WorkerLost
from parley.accounts.models import Workspace
from tests.support.dialing import HandDialer
from tests.support.spending import open_rules, set_rules
from tests.support.telephone import CALLER, NUMBER, PERSON, ask, only_call, telephone, tell

pytestmark = pytest.mark.django_db


@pytest.fixture
def line(acme: Workspace, monkeypatch: pytest.MonkeyPatch) -> Channel:
    open_rules(acme)
    monkeypatch.setattr(placing, "wake", lambda *_: None)
    return telephone(acme)


@pytest.fixture
def dialer(monkeypatch: pytest.MonkeyPatch) -> HandDialer:
    return HandDialer().use(monkeypatch, working.__name__)


def failed(verdict: str, **more: float) -> DialFailed:
    return DialFailed("no", code="20003", verdict=verdict, **more)  # type: ignore[arg-type]


def make_due() -> None:
    PhoneCall.objects.update(due_at=timezone.now(), lease_until=None)


def test_a_call_is_dialed_once(line: Channel, dialer: HandDialer) -> None:
    call = place_call(line, PERSON, key="k1", plan=CallPlan(variables={"name": "Ann"}))
    assert place_call(line, PERSON, key="k1", plan=CallPlan()).pk == call.pk
    assert (call.status, dialer.done) == ("planned", [])
    assert work_on_calls() == 1
    assert work_on_calls() == 0
    call = only_call()
    assert (call.status, call.provider_id, call.unsure, call.due_at) == ("queued", "CAdialed1", False, None)
    assert dialer.done == [("dial", "k1")]
    assert Spending.objects.filter(key="k1", released_at=None).count() == 1


def test_what_the_guards_refuse_is_no_call(acme: Workspace, line: Channel) -> None:
    set_rules(acme, budget_day=0)
    with pytest.raises(NotAllowed):
        place_call(line, PERSON, key="k1", plan=CallPlan())
    open_rules(acme)
    with pytest.raises(NotAllowed):
        place_call(line, "+19005550123", key="k2", plan=CallPlan())
    assert not PhoneCall.objects.exists()


def test_a_dial_without_an_answer_is_looked_up_before_it_is_dialed_again(line: Channel, dialer: HandDialer) -> None:
    place_call(line, PERSON, key="k1", plan=CallPlan())
    dialer.failures.append(failed("unknown"))
    work_on_calls()
    assert (only_call().status, only_call().unsure) == ("planned", True)
    assert work_on_calls() == 0, "not at once"
    dialer.found = "CAfound"
    make_due()
    work_on_calls()
    assert (only_call().status, only_call().provider_id) == ("queued", "CAfound")
    assert dialer.done == [("dial", "k1"), ("look_up", "k1")]


def test_what_the_provider_does_not_have_is_dialed_again(line: Channel, dialer: HandDialer) -> None:
    place_call(line, PERSON, key="k1", plan=CallPlan())
    dialer.failures.append(failed("unknown"))
    work_on_calls()
    make_due()
    work_on_calls()
    assert dialer.done == [("dial", "k1"), ("look_up", "k1"), ("dial", "k1")]
    assert only_call().status == "queued"


def test_a_worker_that_was_killed_while_it_dialed_leaves_an_unsure_call(
    line: Channel, dialer: HandDialer, monkeypatch: pytest.MonkeyPatch
) -> None:
    place_call(line, PERSON, key="k1", plan=CallPlan())

    def killed(call: PhoneCall) -> str:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(dialer, "dial", killed)
        with pytest.raises(KeyboardInterrupt):
            work_on_calls()
    assert work_on_calls() == 0, "its lease still holds"
    make_due()
    work_on_calls()
    assert dialer.done == [("look_up", "k1"), ("dial", "k1")]


def test_what_certainly_had_no_effect_is_dialed_again_without_looking(line: Channel, dialer: HandDialer) -> None:
    place_call(line, PERSON, key="k1", plan=CallPlan())
    dialer.failures.append(failed("later", retry_after=100.0))
    work_on_calls()
    call = only_call()
    assert call.due_at is not None
    assert call.due_at > timezone.now() + timedelta(seconds=90)
    make_due()
    work_on_calls()
    assert dialer.done == [("dial", "k1"), ("dial", "k1")]


def test_a_refusal_ends_the_call_and_frees_what_it_cost(line: Channel, dialer: HandDialer) -> None:
    place_call(line, PERSON, key="k1", plan=CallPlan())
    dialer.failures.append(failed("never"))
    work_on_calls()
    call = only_call()
    assert (call.status, call.result, call.error_code, call.due_at) == ("failed", "failed", "20003", None)
    assert not Spending.objects.filter(released_at=None).exists()


def test_it_is_not_tried_for_ever_nor_hours_later(line: Channel, dialer: HandDialer) -> None:
    place_call(line, PERSON, key="k1", plan=CallPlan())
    dialer.failures = [failed("later") for _ in range(20)]
    for _ in range(10):
        make_due()
        work_on_calls()
    assert PhoneCall.objects.get(key="k1").status == "failed"
    assert dialer.count("dial") == working.ATTEMPTS
    dialer.failures.clear()
    place_call(line, PERSON, key="k2", plan=CallPlan())
    PhoneCall.objects.filter(key="k2").update(created_at=timezone.now() - timedelta(hours=2))
    work_on_calls()
    late = PhoneCall.objects.get(key="k2")
    assert (late.status, late.error_code) == ("failed", "too_late")


def test_a_channel_that_is_off_dials_nobody(line: Channel, dialer: HandDialer) -> None:
    place_call(line, PERSON, key="k1", plan=CallPlan())
    Channel.objects.update(enabled=False)
    work_on_calls()
    assert (only_call().status, only_call().error_code, dialer.done) == ("failed", "no_channel", [])


@pytest.mark.parametrize(
    ("taken_by", "plan", "result", "done"),
    [
        ("human", CallPlan(), "", None),
        ("unknown", CallPlan(), "", None),
        ("machine_start", CallPlan(), "machine", ("hang_up", "k1")),
        ("fax", CallPlan(machine="message", message="Hi."), "machine", ("hang_up", "k1")),
        ("machine_end_beep", CallPlan(machine="message", message="Hi."), "message_left", ("say", "Hi.")),
        ("machine_start", CallPlan(machine="talk"), "", None),
    ],
)
def test_who_took_a_call(
    line: Channel, dialer: HandDialer, taken_by: str, plan: CallPlan, result: str, done: tuple[str, str] | None
) -> None:
    call = place_call(line, PERSON, key="k1", plan=plan)
    work_on_calls()
    query = {"call": call.public_id}
    for _ in range(2):
        assert tell(line, "machine", query, CallSid="CAdialed1", AnsweredBy=taken_by).status_code == 204
    assert (only_call().answered_by, only_call().result) == (taken_by, result)
    work_on_calls()
    work_on_calls()
    assert dialer.done == [("dial", "k1"), *([done] if done else [])]
    tell(line, "status", query, CallSid="CAdialed1", CallStatus="completed", CallDuration="9")
    assert only_call().result == (result or "answered")


def test_a_call_whose_dialing_had_no_answer_learns_its_id_from_a_webhook(line: Channel, dialer: HandDialer) -> None:
    call = place_call(line, PERSON, key="k1", plan=CallPlan(variables={"name": "Ann"}))
    dialer.failures.append(failed("unknown"))
    work_on_calls()
    document = ask(line, "answered", {"call": call.public_id}, CallSid="CAreal")
    assert "<Connect>" in document
    assert (only_call().provider_id, only_call().status, only_call().unsure) == ("CAreal", "in-progress", False)
    assert ask(line, "answered", {"call": call.public_id}, CallSid="CAreal") == document
    assert tell(line, "answered", {"call": call.public_id}, CallSid="CAother").status_code == 403
    make_due()
    work_on_calls()
    assert dialer.count("dial") == 1


def test_a_call_of_which_nobody_heard_is_asked_about(line: Channel, dialer: HandDialer) -> None:
    place_call(line, PERSON, key="k1", plan=CallPlan())
    work_on_calls()
    assert settle_silent_calls() == 0
    PhoneCall.objects.update(updated_at=timezone.now() - timedelta(minutes=11))
    dialer.report = CallReport(status="no-answer")
    assert settle_silent_calls() == 1
    assert (only_call().status, only_call().result) == ("no-answer", "no_answer")
    assert settle_silent_calls() == 0
    assert not Spending.objects.filter(released_at=None).exists()


# --- messages that were left --------------------------------------------------------------------


def wav(seconds: float = 2.0, rate: int = 8000) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        sound.writeframes((np.ones(int(seconds * rate), dtype="<i2") * 3000).tobytes())
    return file.getvalue()


def leave_message(line: Channel) -> None:
    line.settings = {"hours": {"zone": "UTC", "days": {}}, "closed": "voicemail"}
    line.save()
    assert "<Record" in ask(line, "voice")
    assert "<Say" in ask(line, "left", RecordingSid="RE1")
    for _ in range(2):
        tell(line, "recording", RecordingSid="RE1", RecordingStatus="completed", RecordingDuration="2")
    tell(line, "status", CallStatus="completed", CallDuration="6")


def test_a_message_is_kept_with_its_sound_and_its_words(
    line: Channel, dialer: HandDialer, monkeypatch: pytest.MonkeyPatch
) -> None:
    dialer.recording = wav()
    monkeypatch.setattr(keep_voicemail, "transcribe", lambda sound, mime, language: "Please call me back.")
    leave_message(line)
    assert work_on_calls() == 1
    assert work_on_calls() == 0
    leg = Leg.objects.get()
    assert (leg.end_reason, leg.kind, leg.conversation.status) == ("voicemail", "twilio_voice", "closed")
    assert 1900 <= leg.recording_ms <= 2100
    assert leg.peaks
    assert Turn.objects.get().text == "Please call me back."
    assert list(leg.conversation.contact.identities.values_list("kind", "value")) == [("phone", CALLER)]
    assert only_call().conversation_id == leg.conversation_id
    assert Alert.objects.get().kind == "voicemail"
    assert NUMBER not in Alert.objects.get().text


def test_a_message_waits_for_a_worker_and_is_kept_without_words_in_the_end(
    line: Channel, dialer: HandDialer, monkeypatch: pytest.MonkeyPatch
) -> None:
    dialer.recording = wav()

    def away(sound: bytes, mime: str, language: str) -> str:
        raise WorkerLost("no worker")

    monkeypatch.setattr(keep_voicemail, "transcribe", away)
    leave_message(line)
    for _ in range(keep_voicemail.HEARD_TRIES - 1):
        work_on_calls()
        assert not Leg.objects.exists()
        make_due()
    work_on_calls()
    assert Leg.objects.get().recording_ms > 0
    assert Turn.objects.get().text


def test_a_file_that_is_no_sound_is_given_up(line: Channel, dialer: HandDialer) -> None:
    dialer.recording = b"RIFF....no wave"
    leave_message(line)
    work_on_calls()
    assert (only_call().error_code, only_call().due_at) == ("bad_recording", None)
    assert not Leg.objects.exists()


def test_the_sound_of_a_message_is_where_recordings_are(
    line: Channel, dialer: HandDialer, monkeypatch: pytest.MonkeyPatch
) -> None:
    dialer.recording = wav(1.0, 16_000)
    monkeypatch.setattr(keep_voicemail, "transcribe", lambda sound, mime, language: "Hi.")
    leave_message(line)
    work_on_calls()
    path: Path = recordings.path_of(Leg.objects.get().recording)
    with wave.open(str(path)) as kept:
        assert (kept.getnchannels(), kept.getframerate()) == (2, 16_000)
        assert kept.getnframes() >= 16_000
