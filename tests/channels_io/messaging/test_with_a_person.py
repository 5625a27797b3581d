"""A conversation of messages that a person has: what comes is written down for them, what they write leaves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.utils import timezone
from msgspec.structs import replace

from channels_io.actions.steer_conversation import whisper
from channels_io.actions.take_over import give_back, take_over
from channels_io.actions.write_as_person import NotWritten, write_as_person, write_template_as_person
from channels_io.messaging import given_back
from channels_io.messaging.given_back import go_on_after_person
from channels_io.messaging.leases import claim
from channels_io.messaging.provider import IncomingMedia
from channels_io.models import (
    Conversation,
    Event,
    InboundEvent,
    Leg,
    MessageTemplate,
    OptOut,
    OutboundMessage,
    OwnerChange,
    Team,
    TeamMember,
    Thread,
    Turn,
)
from channels_io.reads.record import read_record
from channels_io.reads.ways import way_of
from inference import events as wire
from parley.accounts.actor import Actor
from parley.accounts.models import AuditEvent, Role, User, Workspace
from tests.channels_io.live.script import ScriptedWorkers
from tests.channels_io.messaging.conftest import ANN, EchoLink, PaperLine
from tests.channels_io.messaging.paper import Post

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def operator(acme: Workspace, alice: User) -> Actor:
    return Actor(workspace=acme, user=alice, role=Role.OPERATOR, label=alice.email)


@pytest.fixture
def other(acme: Workspace, bob: User) -> Actor:
    return Actor(workspace=acme, user=bob, role=Role.OPERATOR, label=bob.email)


@pytest.fixture
def taken(line: PaperLine, operator: Actor) -> Conversation:
    """Ann wrote, the agent answered, and Alice has taken the conversation over."""
    line.write("Hi")
    line.answer()
    conversation = Conversation.objects.get()
    return take_over(operator, conversation, conversation.owner_number)


def now(conversation: Conversation) -> Conversation:
    return Conversation.objects.get(pk=conversation.pk)


def said(conversation: Conversation) -> list[tuple[str, str]]:
    return list(Turn.objects.filter(conversation=conversation).order_by("at", "number").values_list("role", "text"))


def test_a_message_is_written_down_and_not_answered(
    line: PaperLine, post: Post, workers: ScriptedWorkers, taken: Conversation
) -> None:
    talks = len(workers.links)
    line.write("Is anybody there?")
    assert line.answer() == 1
    assert (post.texts, len(workers.links)) == (["Hello.\n\nYou said Hi"], talks)
    turn = Turn.objects.get(text="Is anybody there?")
    assert (turn.role, turn.conversation, turn.source) == ("caller", taken, "text")
    assert (turn.leg.kind, turn.leg.channel, turn.leg.end_reason) == ("paper", line.channel, "person")
    assert turn.leg.ended_at is not None
    row = now(taken)
    assert (row.last_words, row.last_role, row.waits_since) == ("Is anybody there?", "caller", row.heard_at)
    assert row.state["history"][-1] == {**row.state["history"][-1], "role": "user", "text": "Is anybody there?"}
    assert (row.state["turn"], row.state["owner"]) == (turn.number, "human")
    assert set(InboundEvent.objects.values_list("state", flat=True)) == {"done"}


def test_the_same_message_twice_is_one_turn(line: PaperLine, taken: Conversation) -> None:
    line.write("Twice")
    line.answer()
    InboundEvent.objects.filter(body__text="Twice").update(state="waiting")
    Thread.objects.update(due_at=timezone.now())
    line.answer()
    assert Turn.objects.filter(text="Twice").count() == 1
    assert Leg.objects.filter(end_reason="person").count() == 1


def test_pictures_are_words_and_can_be_looked_at(line: PaperLine, taken: Conversation) -> None:
    line.write("", media=(IncomingMedia(reference="m1", mime="image/jpeg"),))
    line.answer()
    assert said(taken)[-1] == ("caller", "(sent a picture)")


def test_it_goes_on_with_the_person_however_late(line: PaperLine, taken: Conversation) -> None:
    Conversation.objects.update(last_at=timezone.now() - timedelta(days=9))
    line.write("Still me")
    line.answer()
    assert Conversation.objects.count() == 1
    assert said(taken)[-1] == ("caller", "Still me")


def test_stop_works_while_a_person_has_it(line: PaperLine, post: Post, taken: Conversation, operator: Actor) -> None:
    line.write("STOP")
    assert line.answer() == 1
    assert OptOut.objects.get().address == ANN
    assert "no more messages" in post.texts[-1]
    with pytest.raises(NotWritten) as refused:
        write_as_person(operator, taken, "But wait", "k1")
    assert refused.value.code == "opted_out"
    assert not Turn.objects.filter(role="human").exists()
    line.write("START")
    line.answer()
    assert write_as_person(operator, taken, "Welcome back", "k1").text == "Welcome back"


def test_what_the_person_writes_leaves_once(
    line: PaperLine, post: Post, taken: Conversation, operator: Actor, alice: User
) -> None:
    line.write("Is anybody there?")
    line.answer()
    first = write_as_person(operator, taken, "  I am here.  ", "k1")
    again = write_as_person(operator, taken, "I am here.", "k1")
    line.answer()
    assert first == again
    assert post.texts[1:] == ["I am here."]
    assert (first.role, first.by, first.text) == ("human", alice, "I am here.")
    (message,) = OutboundMessage.objects.filter(key__startswith="person:")
    assert (message.state, message.conversation, message.leg) == ("sent", taken, first.leg)
    row = now(taken)
    assert row.waits_since is None
    assert row.state["history"][-1] == {
        **row.state["history"][-1],
        "role": "assistant",
        "text": "I am here.",
        "name": "human",
    }
    assert (row.last_role, row.last_words) == ("human", "I am here.")
    event = AuditEvent.objects.get(verb="conversation.written")
    assert "I am here" not in str(event.data)


def test_what_both_wrote_is_one_leg_in_its_order(line: PaperLine, taken: Conversation, operator: Actor) -> None:
    line.write("One")
    line.answer()
    write_as_person(operator, taken, "Two", "k1")
    line.write("Three")
    line.answer()
    assert [text for _role, text in said(taken)][-3:] == ["One", "Two", "Three"]
    assert Leg.objects.filter(end_reason="person").count() == 1
    numbers = list(Turn.objects.filter(leg__end_reason="person").order_by("number").values_list("number", flat=True))
    assert numbers == sorted(set(numbers))


def test_only_who_has_it_writes(line: PaperLine, taken: Conversation, other: Actor, acme: Workspace) -> None:
    with pytest.raises(NotWritten) as refused:
        write_as_person(other, taken, "Me too", "k1")
    assert refused.value.code == "not_yours"
    viewer = Actor(workspace=acme, user=other.user, role=Role.VIEWER)
    with pytest.raises(PermissionDenied):
        write_as_person(viewer, taken, "Me too", "k1")
    with pytest.raises(NotWritten):
        write_as_person(other, taken, "   ", "k1")


def test_after_the_hours_of_whatsapp_only_a_template(
    line: PaperLine, post: Post, taken: Conversation, operator: Actor
) -> None:
    post.can(scope="whatsapp", window_hours=24, templates=True)
    template = MessageTemplate.objects.create(
        workspace=line.channel.workspace, account=line.account, reference="hi", name="hi", body="Hello {{1}}, call us."
    )
    Thread.objects.update(heard_at=timezone.now() - timedelta(hours=25))
    way = way_of(now(taken))
    assert (way.refused, [row.name for row in way.templates]) == ("window_closed", ["hi"])
    with pytest.raises(NotWritten) as refused:
        write_as_person(operator, taken, "Hello", "k1")
    assert refused.value.code == "window_closed"
    with pytest.raises(NotWritten):
        write_template_as_person(operator, taken, template, [], "k1")
    turn = write_template_as_person(operator, taken, template, ["Ann"], "k1")
    assert turn.text == "Hello Ann, call us."
    line.answer()
    assert post.texts[-1] == "Hello Ann, call us."


def test_given_back_the_agent_goes_on(
    line: PaperLine, post: Post, workers: ScriptedWorkers, taken: Conversation, operator: Actor
) -> None:
    """The worker is told what was said, and by its session whose conversation it is; `test_whole_person.py` has a real one."""
    line.write("Tuesday at nine")
    line.answer()
    write_as_person(operator, taken, "Noted.", "k1")
    give_back(operator, taken)
    assert line.thread().due_at is not None
    assert line.wakes[-1][0] in ("answer_messages", "deliver_messages")
    history = now(taken).state["history"]
    assert [(each["role"], each["text"]) for each in history[-2:]] == [
        ("user", "Tuesday at nine"),
        ("assistant", "Noted."),
    ]
    assert list(OwnerChange.objects.values_list("owner", "by")) == [("human", "taken"), ("ai", "given_back")]
    Thread.objects.update(due_at=timezone.now())
    lease = claim(line.thread().pk)
    assert lease is not None


class GoingOn(EchoLink):
    """Says something by itself when it is given the conversation back."""

    async def send(self, message: wire.Up) -> None:
        await super().send(message)
        if isinstance(message, wire.Control) and (message.action, message.text) == ("owner", "ai"):
            turn = max(self.state.turn, message.turn) + 1
            history = (*self.state.history, wire.Message("assistant", "Back again."))
            self.state = replace(self.state, turn=turn, history=history, owner="ai")
            self.say(
                wire.ReplyText(turn, "Back again."),
                wire.ReplyDone(turn, "Back again."),
                wire.State(self.state, turn, turn, "Back again."),
            )


class Killed(BaseException):
    """As SIGKILL: nobody catches it."""


@pytest.mark.parametrize("more", [False, True])
def test_killed_before_the_words_became_a_message_they_are_sent_once(
    line: PaperLine,
    post: Post,
    workers: ScriptedWorkers,
    taken: Conversation,
    operator: Actor,
    monkeypatch: pytest.MonkeyPatch,
    more: bool,
) -> None:
    """`more`: the contact writes before anybody takes the thread up again."""
    workers._link_type = GoingOn
    write_as_person(operator, taken, "Noted.", "k1")
    line.answer()
    give_back(operator, taken)

    def killed(**_arguments: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(given_back, "queue_message", killed)
        with pytest.raises(Killed):
            line.answer()
    assert now(taken).state["owner"] == "ai"
    assert post.texts[1:] == ["Noted."]
    Thread.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    talks = len(workers.links)
    if more:
        line.write("Hello?")
    line.answer()
    line.answer()
    answers = ["You said Hello?"] if more else []
    assert post.texts[1:] == ["Noted.", "Back again.", *answers]
    assert len(workers.links) == talks + len(answers)


def test_a_whisper_waits_for_the_next_answer(
    line: PaperLine, workers: ScriptedWorkers, operator: Actor, acme: Workspace
) -> None:
    line.write("Hi")
    line.answer()
    conversation = Conversation.objects.get()
    whisper(operator, conversation, "  Offer ten percent off ")
    event = Event.objects.get(kind="whispered")
    assert event.data == {"text": "Offer ten percent off", "by": str(operator.user)}
    line.write("More")
    line.answer()
    state = workers.links[-1].opening.state
    assert (state.instructions, state.unfollowed) == (("Offer ten percent off",), 1)
    assert [each.text for each in state.history] == ["Hi", "You said Hi"]
    with pytest.raises(PermissionDenied):
        whisper(Actor(workspace=acme, user=operator.user, role=Role.VIEWER), conversation, "Psst")


def test_where_nothing_was_given_back_nothing_is_said(line: PaperLine, workers: ScriptedWorkers) -> None:
    line.write("Hi")
    line.answer()
    talks = len(workers.links)
    Thread.objects.update(due_at=timezone.now())
    lease = claim(line.thread().pk)
    assert lease is not None
    assert go_on_after_person(lease, line.channel, None) is True  # type: ignore[arg-type]
    assert len(workers.links) == talks


def test_an_answer_that_comes_after_the_take_over_is_not_sent(
    line: PaperLine, post: Post, operator: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    from channels_io.messaging import answer_thread as module

    line.write("Hi")
    line.answer()
    conversation = Conversation.objects.get()
    real = module.whole_exchange

    async def slow(*arguments: Any) -> Any:
        from channels.db import database_sync_to_async

        reply = await real(*arguments)
        await database_sync_to_async(take_over)(operator, conversation, 0)
        return reply

    monkeypatch.setattr(module, "whole_exchange", slow)
    line.write("More")
    assert line.answer() == 1
    assert post.texts == ["Hello.\n\nYou said Hi"]
    unheard = Turn.objects.get(full_text="You said More")
    assert (unheard.text, unheard.cut) == ("", True)
    assert [each["text"] for each in now(conversation).state["history"]][-1] == "More"


def test_a_team_may_show_names(line: PaperLine, operator: Actor, acme: Workspace, alice: User) -> None:
    from channels_io.actions.write_as_person import shown_name

    assert shown_name(acme, alice) == ""
    team = Team.objects.create(workspace=acme, name="Sales", names=True)
    TeamMember.objects.create(team=team, user=alice)
    assert shown_name(acme, alice) == alice.get_full_name()


def test_what_was_sent_is_shown_in_the_pane(
    line: PaperLine, post: Post, taken: Conversation, alice: User, client_of: Callable[[User], Client]
) -> None:
    post.files["m1"] = b"\xff\xd8picture"
    line.write(
        "Look", media=(IncomingMedia(reference="m1", mime="image/jpeg"), IncomingMedia(reference="m2", name="a.pdf"))
    )
    line.answer()
    turn = Turn.objects.get(text__contains="Look")
    address = f"/conversations/{taken.public_id}/media/?turn={turn.public_id}"
    browser = client_of(alice)
    page = browser.get(f"/conversations/{taken.public_id}/pane/").content.decode()
    assert f'src="{address}&amp;n=0"' in page and "a.pdf" in page
    picture = browser.get(f"{address}&n=0")
    assert (picture.content, picture["Content-Type"]) == (b"\xff\xd8picture", "image/jpeg")
    assert browser.get(f"{address}&n=1").status_code == 404, "the carrier has it no longer"
    assert browser.get(f"{address}&n=2").status_code == 404
    assert browser.get(f"/conversations/{taken.public_id}/media/?turn=tn_x&n=0").status_code == 404


def test_how_far_it_came_is_shown_at_what_the_person_wrote(
    line: PaperLine, taken: Conversation, operator: Actor
) -> None:
    write_as_person(operator, taken, "One", "k1")
    write_as_person(operator, taken, "Two", "k2")
    line.answer()
    records = {record.turn.text: record for record in read_record(now(taken)).turns}
    assert [[letter.state for letter in records[text].deliveries] for text in ("One", "Two")] == [["sent"], ["sent"]]
    assert records["One"].deliveries != records["Two"].deliveries
