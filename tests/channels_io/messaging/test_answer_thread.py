from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from channels_io.messaging import answer_thread as module
from channels_io.messaging.answer_thread import MOST_STARTS, MOST_TRIES, answer_thread
from channels_io.messaging.leases import claim
from channels_io.messaging.provider import IncomingMedia
from channels_io.models import Alert, Conversation, InboundEvent, Leg, OptOut, OutboundMessage, Thread, Turn
from inference import events as wire
from inference.errors import WorkerError, WorkerLost
from tests.channels_io.live.script import ScriptedWorkers
from tests.channels_io.messaging.conftest import ANN, PaperLine
from tests.channels_io.messaging.paper import Post, failed

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]

BOB = "+353861234502"


def test_a_message_is_answered(line: PaperLine, post: Post) -> None:
    line.write("Hi")
    assert line.answer() == 1
    assert post.texts == ["Hello.\n\nYou said Hi"]
    message, thread = OutboundMessage.objects.get(), line.thread()
    event = InboundEvent.objects.get()
    assert (event.state, event.attempts, event.done_at is not None) == ("done", 1, True)
    assert (message.state, message.key, message.provider_id) == ("sent", f"in-{event.pk}:0", post.sent[0].provider_id)
    assert (thread.due_at, thread.lease, thread.lease_until) == (None, "", None)
    leg = Leg.objects.get()
    assert (leg.kind, leg.channel, leg.end_reason) == ("paper", line.channel, "hangup")
    assert message.leg == leg
    assert message.conversation == thread.conversation == leg.conversation
    assert message.contact == thread.contact == leg.conversation.contact
    assert leg.conversation.contact.identities.get().value == ANN
    assert post.seen == [event.key]


def test_the_next_one_goes_on_in_the_same_conversation(line: PaperLine, post: Post) -> None:
    for text in ("Hi", "More"):
        line.write(text)
        line.answer()
    assert post.texts == ["Hello.\n\nYou said Hi", "You said More"]
    assert Conversation.objects.count() == 1
    assert list(Turn.objects.filter(role="caller").order_by("number").values_list("text", flat=True)) == ["Hi", "More"]


def test_quick_messages_are_one_thought(line: PaperLine, post: Post) -> None:
    for text in ("I want", "to book", "for Tuesday"):
        line.write(text)
    assert line.answer() == 1
    assert post.texts == ["Hello.\n\nYou said I want\nto book\nfor Tuesday"]
    assert set(InboundEvent.objects.values_list("state", flat=True)) == {"done"}


def test_an_album_with_a_text_from_somebody_new_is_one_turn_of_one_conversation(line: PaperLine, post: Post) -> None:
    """Check 18; Chatwoot made a conversation of each picture."""

    def write(number: int) -> bool:
        try:
            media = () if number == 8 else (IncomingMedia(reference=f"m{number}", mime="image/jpeg"),)
            return line.write("My teeth" if number == 8 else "", key=f"SM{number}", media=media)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(9) as pool:
        assert all(pool.map(write, range(9)))
    thread = line.thread().pk
    line.pass_time()

    def answer(_: int) -> int:
        try:
            return answer_thread(thread)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(answer, range(4))) == 1
    assert Conversation.objects.count() == 1
    said = Turn.objects.get(role="caller").text.split("\n")
    assert sorted(said) == ["(sent a picture)"] * 8 + ["My teeth"]
    assert OutboundMessage.objects.count() == 1


def test_not_before_the_person_is_quiet(line: PaperLine, post: Post) -> None:
    line.write("Hi")
    assert answer_thread(line.thread().pk) == 0
    assert InboundEvent.objects.get().attempts == 0


def test_only_one_works_on_a_thread(line: PaperLine) -> None:
    line.write("Hi")
    line.pass_time()
    thread = line.thread().pk
    lease = claim(thread)
    assert lease is not None
    assert claim(thread) is None
    assert answer_thread(thread) == 0
    Thread.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert answer_thread(thread) == 1


def test_a_thought_that_finds_no_worker_is_tried_again(
    line: PaperLine, post: Post, workers: ScriptedWorkers, monkeypatch: pytest.MonkeyPatch
) -> None:
    workers.refusals = [WorkerError("The voice is missing.", code="engine_unknown")]
    line.write("Hi")
    assert line.answer() == 0
    event, thread = InboundEvent.objects.get(), line.thread()
    assert (event.state, event.attempts, event.thought) == ("waiting", 1, f"in-{event.pk}")
    assert thread.due_at is not None
    assert thread.due_at > timezone.now()
    assert (thread.attempts, thread.lease) == (1, "")
    assert line.wakes[-1][0] == "answer_messages"
    line.write("More")  # while the first one waits
    assert line.answer() == 2
    assert post.texts == ["Hello.\n\nYou said Hi", "You said More"]
    assert Conversation.objects.count() == 1
    assert line.thread().attempts == 0


def test_what_was_said_before_a_crash_is_not_said_differently_after_it(
    line: PaperLine, post: Post, workers: ScriptedWorkers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process dies between the answer and its commit: the agent is not asked twice, and one message leaves."""
    queue, broken = module._queue, []

    def dies(*arguments: Any) -> None:
        broken.append(1)
        raise SystemExit

    monkeypatch.setattr(module, "_queue", dies)
    line.write("Hi")
    line.pass_time()
    with pytest.raises(SystemExit):
        answer_thread(line.thread().pk)
    assert OutboundMessage.objects.count() == 0
    assert InboundEvent.objects.get().state == "waiting"
    monkeypatch.setattr(module, "_queue", queue)
    line.write("More")
    Thread.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert line.answer() == 2
    assert post.texts == ["You said Hi", "You said More"]
    asked = [text.text for link in workers.links for text in link.got(wire.Text)]  # type: ignore[attr-defined]
    assert asked == ["Hi", "More"]
    assert Conversation.objects.count() == 1
    assert Turn.objects.filter(role="caller").count() == 2


def test_whoever_lost_the_lease_commits_nothing(line: PaperLine, post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = module.open_for

    def overtaken(*arguments: Any) -> Any:
        result = opened(*arguments)
        Thread.objects.update(lease="somebody else's", lease_until=timezone.now() + timedelta(seconds=60))
        return result

    monkeypatch.setattr(module, "open_for", overtaken)
    line.write("Hi")
    assert line.answer() == 0
    assert OutboundMessage.objects.count() == 0
    assert line.thread().lease == "somebody else's"


def test_a_message_that_nobody_can_answer_holds_the_others_up_for_a_while_only(
    line: PaperLine, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = module.open_for

    def fails(lease: Any, thought: Any, channel: Any, text: str) -> Any:
        if "poison" in text:
            raise ValueError("poison")
        return real(lease, thought, channel, text)

    monkeypatch.setattr(module, "open_for", fails)
    line.write("poison")
    for _ in range(MOST_TRIES - 1):
        assert line.answer() == 0
    line.write("Hi")
    assert line.answer() == 2
    first, second = InboundEvent.objects.order_by("pk")
    assert (first.state, first.error, first.attempts) == ("dead", "ValueError", MOST_TRIES)
    assert second.state == "done"
    assert post.texts == ["Hello.\n\nYou said Hi"]
    alert = Alert.objects.get()
    assert alert.kind == "message_not_answered"
    assert "poison" not in alert.text


def test_while_there_is_no_agent_messages_are_kept(line: PaperLine, post: Post, workers: ScriptedWorkers) -> None:
    workers.refusals = [WorkerError("full", code="worker_full") for _ in range(MOST_TRIES + 3)]
    line.write("Hi")
    for _ in range(MOST_TRIES + 3):
        assert line.answer() == 0
    assert InboundEvent.objects.get().state == "waiting"
    assert line.answer() == 1
    assert post.texts == ["Hello.\n\nYou said Hi"]


def test_a_message_whose_process_always_dies_is_given_up(line: PaperLine) -> None:
    line.write("Hi")
    InboundEvent.objects.update(attempts=MOST_STARTS, thought="in-1")
    line.answer()
    assert (InboundEvent.objects.get().state, InboundEvent.objects.get().error) == ("dead", "broke_off")


def test_a_body_that_is_no_message_is_dead_and_the_next_is_answered(line: PaperLine, post: Post) -> None:
    line.write("one")
    InboundEvent.objects.update(body={"nonsense": True})
    line.write("two")
    assert line.answer() == 1
    assert list(InboundEvent.objects.order_by("pk").values_list("state", "error")) == [
        ("dead", "not_a_message"),
        ("done", ""),
    ]


def test_nothing_to_read_is_no_question(line: PaperLine, post: Post) -> None:
    line.write("  ")
    assert line.answer() == 1
    assert InboundEvent.objects.get().state == "ignored"
    assert Leg.objects.count() == 0


def test_two_people_do_not_wait_for_each_other(line: PaperLine, post: Post) -> None:
    line.write("Hi")
    line.write("Good day", sender=BOB)
    assert line.answer() == 1
    assert line.answer(BOB) == 1
    assert [letter.to for letter in post.sent] == [ANN, BOB]
    assert Conversation.objects.count() == 2


def test_who_is_on_the_phone_is_answered_afterwards(line: PaperLine, post: Post) -> None:
    line.write("Hi")
    line.answer()
    conversation = Conversation.objects.get()
    call = Leg.objects.create(
        workspace=conversation.workspace, conversation=conversation, kind="twilio_voice", media="voice"
    )
    line.write("By the way")
    assert line.answer() == 0
    waiting = InboundEvent.objects.get(state="waiting")
    assert (waiting.attempts, line.thread().attempts) == (0, 0)
    call.ended_at = timezone.now()
    call.save()
    assert line.answer() == 1
    assert post.texts[-1] == "You said By the way"


def test_stop_and_start(line: PaperLine, post: Post) -> None:
    line.write("STOP")
    assert line.answer() == 1
    assert OptOut.objects.get().address == ANN
    assert len(post.texts) == 1
    assert "START" in post.texts[0]
    assert Leg.objects.count() == 0
    line.write("stop")  # said twice, confirmed once
    line.write("Are you there?")
    line.answer()
    assert len(post.texts) == 1
    assert OutboundMessage.objects.latest("pk").error_code == "opted_out"
    line.write("yes")
    line.answer()
    assert OptOut.objects.count() == 0
    assert "STOP" in post.texts[-1]


def test_a_provider_that_confirms_stop_itself_is_not_talked_over(line: PaperLine, post: Post) -> None:
    post.can(confirms_stop=True)
    line.write("STOP")
    line.answer()
    assert OptOut.objects.count() == 1
    assert post.sent == []


def test_stop_does_not_wait_behind_what_cannot_be_answered(
    line: PaperLine, post: Post, workers: ScriptedWorkers
) -> None:
    workers.refusals = [WorkerLost("away") for _ in range(200)]
    workers.down = True
    line.write("Hi")
    line.answer()
    line.write("STOP")
    thread = line.thread()
    assert thread.due_at is not None
    assert thread.due_at <= timezone.now()
    answer_thread(thread.pk)
    assert OptOut.objects.count() == 1
    assert InboundEvent.objects.get(key="SM00000001").state == "waiting"


def test_a_long_answer_is_cut_at_sentences(line: PaperLine, post: Post) -> None:
    post.can(text_limit=60)
    line.write("One sentence that is quite long indeed. Another one that is as long.")
    line.answer()
    assert len(post.sent) > 1
    assert all(len(text) <= 60 for text in post.texts)
    assert [row.key[-2:] for row in OutboundMessage.objects.order_by("pk")] == [":0", ":1", ":2"][: len(post.sent)]


def test_a_voice_note_is_heard(line: PaperLine, post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    post.files["n1"] = b"sound"
    monkeypatch.setattr("channels_io.messaging.voices.transcribe", lambda audio, mime, **_: f"{audio.decode()} heard")
    note = IncomingMedia(reference="n1", mime="audio/ogg", voice=True)
    line.write(media=(note,))
    line.answer()
    assert post.texts[-1].endswith("You said sound heard")


def test_a_voice_note_that_is_gone_is_said_to_be(line: PaperLine, post: Post) -> None:
    line.write(media=(IncomingMedia(reference="n9", mime="audio/ogg", voice=True),))
    line.answer()
    assert "could not be understood" in post.texts[-1]


def test_a_voice_note_is_answered_by_one_where_the_line_carries_them(
    line: PaperLine, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    post.can(voice_notes=True)
    post.files["n1"] = b"sound"
    monkeypatch.setattr("channels_io.messaging.voices.transcribe", lambda *_, **__: "Hi")
    monkeypatch.setattr("channels_io.messaging.voices.speak", lambda *_, **__: "voice_notes/x.ogg")
    line.write("Hi")
    line.answer()
    line.write(media=(IncomingMedia(reference="n1", mime="audio/ogg", voice=True),))
    line.answer()
    assert [letter.content.__class__.__name__ for letter in post.sent] == ["TextContent", "VoiceNoteContent"]


def test_a_channel_that_cannot_speak_is_looked_at_again(line: PaperLine, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(channel: Any) -> Any:
        raise LookupError("no secrets")

    monkeypatch.setattr(module, "messenger_of", refuses)
    line.write("Hi")
    assert line.answer() == 0
    thread = line.thread()
    assert (thread.lease, thread.attempts) == ("", 1)
    assert thread.due_at is not None
    assert thread.due_at > timezone.now()
    assert InboundEvent.objects.get().state == "waiting"


def test_a_conversation_that_a_person_has_taken_over_is_not_answered_by_the_agent(line: PaperLine, post: Post) -> None:
    line.write("Hi")
    line.answer()
    conversation = Conversation.objects.get()
    conversation.owner = "human"
    conversation.save()
    line.write("Is anybody there?")
    assert line.answer() == 1
    assert len(post.sent) == 1
    assert Turn.objects.filter(text="Is anybody there?").exists()


def test_a_sound_that_cannot_be_fetched_now_is_fetched_later(
    line: PaperLine, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.channels_io.messaging.paper import PaperMessenger

    def busy(*_: Any) -> bytes:
        raise failed("later", "too_many")

    monkeypatch.setattr(PaperMessenger, "download", busy)
    line.write(media=(IncomingMedia(reference="n1", mime="audio/ogg", voice=True),))
    assert line.answer() == 0
    assert InboundEvent.objects.get().state == "waiting"
