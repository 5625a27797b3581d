from __future__ import annotations

import re
from collections.abc import Callable
from unittest.mock import patch

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from agents.actions.edit_draft import edit_draft
from agents.models import Agent
from channels_io import recordings
from channels_io.actions.save_channel import create_channel
from channels_io.entries import EventEntry
from channels_io.models import Channel, Leg, Turn
from channels_io.widget_settings import WIDGET_KIND
from inference.errors import WorkerLost
from parley.accounts.actor import system_actor
from parley.accounts.models import AuditEvent, User, Workspace
from tests.support.agents import make_agent, publish
from tests.support.conversations import EXCHANGES, Said, make_conversation

ClientOf = Callable[[User], Client]


@pytest.fixture
def agent(acme: Workspace) -> Agent:
    agent = make_agent(acme)
    publish(agent)
    return agent


def html(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200, path
    return response.content.decode()


# --- Home -------------------------------------------------------------------------------------


def test_home_of_an_empty_workspace_says_what_to_do(acme: Workspace, alice: User, client_of: ClientOf) -> None:
    page = html(client_of(alice), "/")
    assert "First steps" in page
    assert "Make an agent and talk to it" in page
    assert "Conversations appear here as soon as somebody talks to an agent." in page


def test_home_shows_the_day(agent: Agent, alice: User, client_of: ClientOf) -> None:
    make_conversation(agent, contact_name="Jane Doe")
    page = html(client_of(alice), "/")
    assert "Jane Doe" in page
    assert "564 ms" in page
    assert "Talk to the demo agent" in page


def test_home_says_who_waited_too_long_and_why(
    agent: Agent, alice: User, client_of: ClientOf, settings: Settings
) -> None:
    settings.PARLEY_BUDGET_MS = 450
    conversation = make_conversation(agent)
    page = html(client_of(alice), "/")
    assert "Answers within 450 ms" in page
    assert "2 of 3 answers came late (67 %)." in page
    assert "Longest wait of the late ones:</span> <strong>first token</strong>, 45 %." in page
    late = Turn.objects.filter(conversation=conversation, over_budget=True).order_by("-v2v_ms")
    places = [page.index(f"/conversations/{conversation.public_id}/#{turn.public_id}") for turn in late]
    assert len(places) == 2
    assert places == sorted(places)


def test_home_of_a_day_without_late_answers(agent: Agent, alice: User, client_of: ClientOf) -> None:
    make_conversation(agent, exchanges=EXCHANGES[:1])
    page = html(client_of(alice), "/")
    assert "The one answer came in time." in page
    assert "None was late." in page


def test_home_of_a_day_without_spoken_answers(agent: Agent, alice: User, client_of: ClientOf) -> None:
    make_conversation(agent, exchanges=EXCHANGES[3:])
    assert "No spoken answer was measured yet today." in html(client_of(alice), "/")


def test_home_names_problems(agent: Agent, alice: User, client_of: ClientOf) -> None:
    make_conversation(agent, exchanges=(Said("Hello?", "Yes.", (1900.0,)),), end_reason="worker_lost")
    page = html(client_of(alice), "/")
    assert "Speech worker lost" in page
    assert "1900 ms" in page


def test_viewers_are_offered_nothing_they_may_not_do(agent: Agent, vera: User, client_of: ClientOf) -> None:
    page = html(client_of(vera), "/")
    assert "Publish an agent of your own" in page
    assert "/agents/new/" not in page
    assert "Set up the widget" not in page


def test_home_does_not_wait_for_workers(alice: User, client_of: ClientOf) -> None:
    with patch("channels_io.reads.workers.worker_status", side_effect=AssertionError("Home asked a worker")):
        assert 'data-home-workers="/home/workers/"' in html(client_of(alice), "/")


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ({"ready": True, "capacity": 4, "conversations": 1}, "Speech worker 1 is ready: 1 of 4 calls"),
        ({"ready": True, "capacity": 2, "conversations": 2}, "Speech worker 1 is full."),
        ({"ready": False, "problem": ""}, "is loading its models"),
        ({"ready": False, "problem": "No <weights>."}, "No &lt;weights&gt;."),
        (WorkerLost("gone"), "Speech worker 1 does not answer."),
    ],
)
def test_workers_are_described(alice: User, client_of: ClientOf, status: object, said: str) -> None:
    how = {"side_effect": status} if isinstance(status, Exception) else {"return_value": status}
    with patch("channels_io.reads.workers.worker_status", **how):
        assert said in html(client_of(alice), "/home/workers/")


def test_home_takes_few_queries(agent: Agent, alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    counts = []
    for number in range(2):
        for person in range(4):
            make_conversation(agent, identity=("visitor", f"{number}{person}"), end_reason="worker_lost")
        with CaptureQueriesContext(connection) as queries:
            html(client, "/")
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert counts[1] <= 37


def test_the_cards_of_home_lead_to_their_conversations(agent: Agent, alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    conversation = make_conversation(agent, end_reason="worker_lost")
    page = html(client, "/")
    cards = re.findall(r'<a class="p-card p-stat home-stat" href="([^"]+)"', page)
    causes = re.findall(r'<li><a href="([^"]+figure=ended[^"]+)"', page)
    assert (len(cards), len(causes)) == (10, 1)
    for link in [*cards, *causes]:
        listed = html(client, link.replace("&amp;", "&"))
        assert "figure=" in link
        assert ("Speech worker lost" in listed) == (link in causes)
        assert (conversation.public_id in listed) == (
            not any(name in link for name in ("solved", "handed", "cost", "cut_off", "unanswered"))
        ), link


def test_what_workers_can_hold_is_told_to_home(alice: User, client_of: ClientOf) -> None:
    status = {"return_value": {"ready": True, "capacity": 12, "conversations": 1}}
    with patch("channels_io.reads.workers.worker_status", **status):
        assert "data-home-capacity> · room for 12</span>" in html(client_of(alice), "/home/workers/")


# --- one conversation -------------------------------------------------------------------------


def test_a_conversation_is_shown_as_heard(agent: Agent, alice: User, client_of: ClientOf) -> None:
    conversation = make_conversation(agent, contact_name="Jane <Doe>", recorded=True)
    page = html(client_of(alice), f"/conversations/{conversation.public_id}/?tab=record")
    assert "Jane &lt;Doe&gt;" in page
    assert "A cleaning is eighty dollars. It takes about <s" in page
    assert "forty minutes, and you can pay by card or in cash.</s>" in page
    assert page.count("data-turn ") == 9
    assert "typed" in page
    assert 'aria-label="silence 152 ms, recognition 74 ms, first token 98 ms' in page
    assert "210 ms over the budget of 600 ms" in page
    assert "Prompt: 364 tokens from cache, 8 evaluated. Reply: 15 tokens." in page
    assert f"/legs/{conversation.legs.get().public_id}/recording.wav" in page


def test_an_answer_after_guesses_and_a_filler(agent: Agent, alice: User, client_of: ClientOf) -> None:
    old = Said("Hello?", "Yes?", (300.0, 90.0), names=("end of turn", "tea break"))
    late = Said("And?", "Well, at nine.", (350.0, 400.0), guesses_wasted=2, filler=True)
    conversation = make_conversation(agent, exchanges=(old, late))
    page = html(client_of(alice), f"/conversations/{conversation.public_id}/?tab=record")
    assert 'aria-label="end of turn 300 ms, tea break 90 ms"' in page
    assert page.count("a filler was said first") == 2
    assert "2 answers were begun too soon and dropped, because the caller went on." in page
    assert "150 ms over the budget of 600 ms" in page


def test_no_inline_script_or_style(agent: Agent, alice: User, client_of: ClientOf) -> None:
    conversation = make_conversation(agent, recorded=True)
    client = client_of(alice)
    for path in (
        "/",
        f"/conversations/{conversation.public_id}/",
        f"/conversations/{conversation.public_id}/?tab=record",
        "/channels/",
        "/channels/new/",
        "/channels/new/widget/",
    ):
        own = html(client, path).split('<header class="p-page-header">')[1]
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*(?:src=|application/json))", own), path


def test_events_are_shown_with_their_data(agent: Agent, alice: User, client_of: ClientOf) -> None:
    more = [
        EventEntry(seq=90, kind="tool_call", data={"name": "find", "arguments": '{"day": "<today>"}'}),
        EventEntry(seq=91, kind="failed", data={"code": "engine_failed", "message": "The voice failed."}),
        EventEntry(seq=92, kind="something_new", data={}),
    ]
    conversation = make_conversation(agent, more=more)
    page = html(client_of(alice), f"/conversations/{conversation.public_id}/?tab=record")
    assert "&lt;today&gt;" in page
    assert "The voice failed." in page
    assert "engine_failed" in page
    assert "something_new" in page


def test_a_conversation_page_takes_few_queries(agent: Agent, alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    short = make_conversation(agent, exchanges=EXCHANGES[:1])
    long = make_conversation(agent, exchanges=EXCHANGES * 5)
    make_conversation(agent, exchanges=EXCHANGES, conversation=long)
    counts = []
    for conversation in (short, long):
        with CaptureQueriesContext(connection) as queries:
            html(client, f"/conversations/{conversation.public_id}/?tab=record")
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_an_export_is_a_file_and_is_audited(agent: Agent, alice: User, client_of: ClientOf) -> None:
    conversation = make_conversation(agent)
    response = client_of(alice).get(f"/conversations/{conversation.public_id}/export.json")
    assert response["Content-Disposition"] == f'attachment; filename="{conversation.public_id}.json"'
    assert AuditEvent.objects.get(verb="conversation.exported").target_id == conversation.public_id


def test_viewers_look_but_take_and_delete_nothing(agent: Agent, vera: User, client_of: ClientOf) -> None:
    conversation = make_conversation(agent, recorded=True)
    leg = conversation.legs.get()
    client = client_of(vera)
    page = html(client, f"/conversations/{conversation.public_id}/?tab=record")
    assert "export.json" not in page
    assert "Delete this recording?" not in page
    assert client.get(f"/conversations/{conversation.public_id}/export.json").status_code == 403
    assert client.post(f"/conversations/{conversation.public_id}/legs/{leg.public_id}/erase/").status_code == 403
    assert recordings.path_of(leg.recording).is_file()


def test_operators_delete_a_recording(agent: Agent, oscar: User, client_of: ClientOf) -> None:
    conversation = make_conversation(agent, recorded=True)
    leg = conversation.legs.get()
    path = f"/conversations/{conversation.public_id}/legs/{leg.public_id}/erase/"
    client = client_of(oscar)
    assert client.get(path).status_code == 405
    assert "The recording was deleted." in client.post(path, follow=True).content.decode()
    assert "There is no finished recording" in client.post(path, follow=True).content.decode()
    assert Leg.objects.get().recording == ""


def test_outsiders_find_nothing(agent: Agent, charlie: User, client_of: ClientOf, acme: Workspace) -> None:
    conversation = make_conversation(agent, recorded=True)
    leg = conversation.legs.get()
    channel = create_channel(system_actor(acme), kind=WIDGET_KIND, name="Site", agent=agent)
    client = client_of(charlie)
    assert channel.public_id not in html(client, "/channels/")
    for path in (
        f"/conversations/{conversation.public_id}/",
        f"/conversations/{conversation.public_id}/export.json",
        f"/channels/{channel.public_id}/",
    ):
        assert client.get(path).status_code == 404
    for path in (
        f"/conversations/{conversation.public_id}/legs/{leg.public_id}/erase/",
        f"/channels/{channel.public_id}/",
        f"/channels/{channel.public_id}/delete/",
    ):
        assert client.post(path).status_code == 404
    assert Channel.objects.count() == 1


# --- channels ---------------------------------------------------------------------------------

GOOD = {
    "name": "Shop",
    "title": "Ask us",
    "colour": "#112233",
    "modes": ["voice", "chat"],
    "allowed_origins": "https://Shop.example/\n\nhttp://localhost:3000",
    "enabled": "on",
}


def test_a_widget_is_made_on_the_page(agent: Agent, bob: User, client_of: ClientOf) -> None:
    client = client_of(bob)
    assert "Website widget" in html(client, "/channels/new/widget/")
    page = client.post("/channels/new/widget/", {**GOOD, "agent": agent.public_id}, follow=True).content.decode()
    channel = Channel.objects.get()
    assert channel.settings == {
        "title": "Ask us",
        "modes": ["voice", "chat"],
        "allowed_origins": ["https://shop.example", "http://localhost:3000"],
        "colour": "#112233",
        "hand_over_line": None,
        "give_back_line": None,
    }
    assert f"&lt;parley-widget channel=&quot;{channel.public_id}&quot;&gt;&lt;/parley-widget&gt;" in page
    assert "/widget.js&quot;&gt;&lt;/script&gt;" in page
    assert f"/widget/{channel.public_id}/demo/" in page


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"allowed_origins": "shop.example"}, "is not a site address"),
        ({"modes": []}, "This field is required."),
        ({"colour": "red"}, "like #0f766e"),
        ({"name": " "}, "This field is required."),
        ({"agent": "ag_nobody"}, "Select a valid choice"),
    ],
)
def test_mistakes_are_named_and_nothing_is_lost(
    agent: Agent, bob: User, client_of: ClientOf, change: dict[str, object], said: str
) -> None:
    sent = {**GOOD, "agent": agent.public_id, **change}
    response = client_of(bob).post("/channels/new/widget/", sent)
    page = response.content.decode()
    assert said in page
    assert "Ask us" in page
    assert not Channel.objects.exists()


def test_a_taken_name_is_said_at_the_field(agent: Agent, bob: User, client_of: ClientOf, acme: Workspace) -> None:
    create_channel(system_actor(acme), kind=WIDGET_KIND, name="Shop", agent=agent)
    page = client_of(bob).post("/channels/new/widget/", {**GOOD, "agent": agent.public_id}).content.decode()
    assert "Another channel has this name." in page
    assert Channel.objects.count() == 1


def test_a_widget_has_words_for_a_colleague_who_takes_over(
    agent: Agent, bob: User, client_of: ClientOf, acme: Workspace
) -> None:
    edit_draft(system_actor(acme), agent, {"give_back_line": "It is me again."}, revision=agent.draft.revision)
    publish(agent)
    channel = create_channel(system_actor(acme), kind=WIDGET_KIND, name="Site", agent=agent)
    client, path = client_of(bob), f"/channels/{channel.public_id}/"
    ours = "You are now speaking with a colleague of mine."
    page = html(client, path)
    assert ours in page
    assert "It is me again." in page
    assert "hand_over_line" not in html(client, "/channels/new/widget/")
    sent = {**GOOD, "agent": agent.public_id, "enabled": "on", "give_back_line": "It is me again."}
    assert client.post(path, {**sent, "hand_over_line": ""}).status_code == 302
    channel.refresh_from_db()
    assert (channel.settings["hand_over_line"], channel.settings["give_back_line"]) == ("", None)
    assert ours not in html(client, path)
    client.post(path, {**sent, "hand_over_line": ours})
    channel.refresh_from_db()
    assert channel.settings["hand_over_line"] is None


def test_a_channel_is_changed_and_pinned(agent: Agent, bob: User, client_of: ClientOf, acme: Workspace) -> None:
    channel = create_channel(system_actor(acme), kind=WIDGET_KIND, name="Site", agent=agent)
    assert agent.published is not None
    sent = {**GOOD, "agent": agent.public_id, "version": agent.published.public_id}
    del sent["enabled"]
    assert client_of(bob).post(f"/channels/{channel.public_id}/", sent).status_code == 302
    channel.refresh_from_db()
    assert (channel.name, channel.version, channel.enabled) == ("Shop", agent.published, False)


def test_viewers_see_a_channel_and_change_nothing(
    agent: Agent, vera: User, client_of: ClientOf, acme: Workspace
) -> None:
    channel = create_channel(system_actor(acme), kind=WIDGET_KIND, name="Site", agent=agent)
    client = client_of(vera)
    page = html(client, f"/channels/{channel.public_id}/")
    assert "Changing it takes the role Builder or Owner." in page
    assert "Delete this channel" not in page
    assert client.post(f"/channels/{channel.public_id}/", {**GOOD, "agent": agent.public_id}).status_code == 403
    assert client.post(f"/channels/{channel.public_id}/delete/").status_code == 403
    assert client.get("/channels/new/widget/").status_code == 403
    assert Channel.objects.get().name == "Site"


def test_a_channel_is_deleted(agent: Agent, bob: User, client_of: ClientOf, acme: Workspace) -> None:
    channel = create_channel(system_actor(acme), kind=WIDGET_KIND, name="Site", agent=agent)
    page = client_of(bob).post(f"/channels/{channel.public_id}/delete/", follow=True).content.decode()
    assert "Site” was deleted" in page
    assert "No channels yet" in page


def test_without_an_agent_there_is_no_form(bob: User, client_of: ClientOf) -> None:
    assert "Make an agent first" in html(client_of(bob), "/channels/new/widget/")


def test_the_admin_shows_the_record(agent: Agent, alice: User, client_of: ClientOf) -> None:
    conversation = make_conversation(agent)
    client = client_of(alice)
    for path in ("conversation/", f"conversation/{conversation.pk}/change/", "contact/", "channel/"):
        html(client, f"/admin/channels_io/{path}")
