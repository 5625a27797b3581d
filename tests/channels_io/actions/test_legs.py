from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection

from agents.models import Agent
from channels_io import recordings
from channels_io.actions.close_leg import close_leg
from channels_io.actions.erase_recording import erase_recording
from channels_io.actions.open_leg import open_leg
from channels_io.actions.record_entries import record_entries
from channels_io.actions.start_recording import start_recording
from channels_io.entries import CallerTurn
from channels_io.models import Contact, Conversation, Identity, Leg
from parley.accounts.models import AuditEvent, User, Workspace
from tests.support.agents import make_agent, publish
from tests.support.cast import actor_for
from tests.support.conversations import make_conversation


@pytest.fixture
def agent(acme: Workspace) -> Agent:
    agent = make_agent(acme)
    publish(agent)
    return agent


def begin(agent: Agent, **how: object) -> Leg:
    return open_leg(agent=agent, running=agent.published, kind="browser_voice", media="voice", **how)


def begun(leg: Leg) -> recordings.StereoWriter:
    writer = start_recording(leg)
    assert writer is not None
    return writer


def test_a_leg_begins_with_a_person_and_a_conversation(agent: Agent, acme: Workspace) -> None:
    leg = begin(agent, identity=("visitor", "v_1"))
    conversation = leg.conversation
    assert (leg.workspace, leg.version, leg.spec, leg.media, leg.ended_at) == (acme, agent.published, "", "voice", None)
    assert (conversation.status, conversation.owner, conversation.agent) == ("open", "ai", agent)
    assert [(each.kind, each.value) for each in conversation.contact.identities.all()] == [("visitor", "v_1")]


def test_the_same_person_is_found_again(agent: Agent) -> None:
    first, second = begin(agent, identity=("visitor", "v_1")), begin(agent, identity=("visitor", "v_1"))
    assert first.conversation != second.conversation
    assert first.conversation.contact == second.conversation.contact


def test_the_same_identity_elsewhere_is_another_person(agent: Agent, globex: Workspace) -> None:
    other = make_agent(globex)
    publish(other)
    here, there = begin(agent, identity=("visitor", "v_1")), begin(other, identity=("visitor", "v_1"))
    assert here.conversation.contact != there.conversation.contact


def test_a_member_who_tests_is_shown_by_name(agent: Agent, alice: User) -> None:
    assert begin(agent, identity=("user", alice.public_id)).conversation.contact.name == "Alice"


def test_nobody_known_is_a_new_person_each_time(agent: Agent) -> None:
    assert begin(agent).conversation.contact != begin(agent).conversation.contact
    assert not Identity.objects.exists()


def test_a_draft_under_test_keeps_its_specification(agent: Agent) -> None:
    spec = agent.published.agent_spec()
    leg = open_leg(agent=agent, running=spec, kind="browser_voice", media="voice")
    assert leg.version is None
    assert spec.name in leg.spec


def test_a_new_leg_opens_its_conversation_again(agent: Agent) -> None:
    leg = begin(agent)
    close_leg(leg, "hangup")
    again = begin(agent, conversation=leg.conversation)
    assert again.conversation == leg.conversation
    assert Conversation.objects.get().status == "open"


def test_parts_of_two_workspaces_do_not_mix(agent: Agent, globex: Workspace) -> None:
    other = make_agent(globex)
    publish(other)
    foreign = begin(other).conversation
    with pytest.raises(ValueError, match="another workspace"):
        begin(agent, conversation=foreign)
    with pytest.raises(ValueError, match="not one of this agent"):
        open_leg(agent=agent, running=other.published, kind="api", media="text")
    assert Leg.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_first_calls_of_one_person_at_once_make_one_contact() -> None:
    workspace = Workspace.objects.create(name="Race", slug="race")
    agent = make_agent(workspace)
    publish(agent)
    together = threading.Barrier(2)

    def call() -> None:
        try:
            together.wait()
            begin(agent, identity=("visitor", "v_1"))
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(call) for _ in range(2)]:
            done.result()
    assert (Contact.objects.count(), Identity.objects.count(), Leg.objects.count()) == (1, 1, 2)


@pytest.mark.parametrize(
    ("spoke", "reason", "outcome"),
    [
        (True, "hangup", "completed"),
        (False, "hangup", "silent"),
        (True, "worker_lost", "failed"),
        (True, "a kind's own word", "completed"),
    ],
)
def test_closing_says_how_it_went(agent: Agent, spoke: bool, reason: str, outcome: str) -> None:
    leg = begin(agent)
    if spoke:
        record_entries(leg, [CallerTurn(seq=1, number=1, text="Hello")])
    close_leg(leg, reason)
    conversation = Conversation.objects.get()
    assert (leg.end_reason, conversation.status, conversation.outcome) == (reason, "closed", outcome)
    assert leg.ended_at is not None


def test_only_the_first_close_counts(agent: Agent) -> None:
    leg = begin(agent)
    close_leg(leg, "hangup")
    ended = leg.ended_at
    close_leg(leg, "failed")
    leg.refresh_from_db()
    assert (leg.end_reason, leg.ended_at) == ("hangup", ended)


def test_a_conversation_stays_open_while_another_leg_is(agent: Agent) -> None:
    first = begin(agent)
    second = begin(agent, conversation=first.conversation)
    close_leg(first, "replaced")
    assert Conversation.objects.get().status == "open"
    close_leg(second, "hangup")
    assert Conversation.objects.get().status == "closed"


def test_closing_finishes_the_recording_of_a_crashed_writer(agent: Agent) -> None:
    leg = begin(agent)
    writer = start_recording(leg)
    assert writer is not None
    writer.caller(np.full(recordings.RATE * 6, 8192, dtype=np.int16), 0)
    close_leg(leg, "failed")  # the writer was never closed
    assert leg.recording_ms == 4000  # the window held the last two seconds
    assert set(leg.peaks["caller"]) == {64}
    writer.close()


def test_closing_forgets_a_recording_without_sound(agent: Agent) -> None:
    leg = begin(agent)
    begun(leg).close()
    path = recordings.path_of(leg.recording)
    close_leg(leg, "hangup")
    assert (leg.recording, leg.recording_rate, leg.recording_ms, leg.peaks) == ("", 0, 0, {})
    assert not path.exists()


def test_recordings_cannot_be_guessed(agent: Agent, acme: Workspace) -> None:
    one, two = begin(agent), begin(agent)
    begun(one).close()
    begun(two).close()
    assert one.recording.startswith(f"{acme.public_id}/")
    assert one.public_id not in one.recording
    assert len(one.recording.rsplit("/", 1)[1]) == len("x" * 32 + ".wav")
    assert one.recording != two.recording


def test_erasing_removes_the_file_and_is_audited(agent: Agent, alice: User) -> None:
    leg = make_conversation(agent, recorded=True).legs.get()
    path = recordings.path_of(leg.recording)
    assert path.is_file()
    assert erase_recording(actor_for(alice), leg) is True
    assert (leg.recording, leg.recording_ms, leg.peaks) == ("", 0, {})
    assert not path.exists()
    event = AuditEvent.objects.get(verb="recording.erased")
    assert (event.target_id, event.actor) == (leg.public_id, alice.email)
    assert erase_recording(actor_for(alice), leg) is False


def test_a_recording_that_still_runs_is_not_erased(agent: Agent, alice: User) -> None:
    leg = begin(agent)
    writer = start_recording(leg)
    assert writer is not None
    assert erase_recording(actor_for(alice), leg) is False
    assert writer.path.exists()
    writer.close()


def test_viewers_cannot_erase(agent: Agent, vera: User) -> None:
    leg = make_conversation(agent, recorded=True).legs.get()
    with pytest.raises(PermissionDenied):
        erase_recording(actor_for(vera), leg)
    assert recordings.path_of(leg.recording).is_file()


def test_members_of_another_workspace_cannot_erase(agent: Agent, charlie: User) -> None:
    leg = make_conversation(agent, recorded=True).legs.get()
    with pytest.raises(Leg.DoesNotExist):
        erase_recording(actor_for(charlie), leg)
    assert recordings.path_of(leg.recording).is_file()
