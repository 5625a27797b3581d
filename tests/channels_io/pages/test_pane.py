"""The pane of a conversation: what it shows, to whom, and at what price."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agents.models import Agent
from channels_io.actions.take_over import give_back, take_over
from channels_io.entries import EventEntry
from channels_io.models import Conversation, Handoff, Note, Tag, Turn
from parley.accounts.models import User, Workspace
from tests.support.agents import make_agent, publish
from tests.support.cast import actor_for
from tests.support.conversations import EXCHANGES, Said, make_conversation

ClientOf = Callable[[User], Client]


@pytest.fixture
def agent(acme: Workspace) -> Agent:
    made = make_agent(acme)
    publish(made)
    return made


def pane_of(client: Client, conversation: Conversation) -> str:
    response = client.get(f"/conversations/{conversation.public_id}/pane/")
    assert response.status_code == 200
    return response.content.decode()


def config_of(html: str) -> dict[str, Any]:
    found = re.search(r'<script id="talk-config" type="application/json">(.+?)</script>', html)
    assert found is not None
    config: dict[str, Any] = json.loads(found[1])
    return config


def keys_of(html: str) -> list[str]:
    return re.findall(r'<li[^>]* data-key="([^"]+)"', html)


def test_it_shows_who_what_and_where(agent: Agent, oscar: User, client_of: ClientOf) -> None:
    conversation = make_conversation(agent, contact_name="Jane <Doe>", end_reason=None)
    leg = conversation.legs.get()
    html = pane_of(client_of(oscar), conversation)
    assert "Jane &lt;Doe&gt;" in html
    assert "A cleaning is eighty dollars. It takes about <s" in html
    assert keys_of(html)[:3] == [leg.public_id, f"{leg.public_id}:0:agent", f"{leg.public_id}:1:caller"]
    config = config_of(html)
    assert (config["live"], config["voice"], config["leg"]) == (True, True, leg.public_id)
    assert (config["owner"], config["number"]) == ("ai", 0)
    assert config["me"]["name"] == "Oscar"


def test_it_holds_no_inline_script_or_style(agent: Agent, oscar: User, client_of: ClientOf) -> None:
    html = pane_of(client_of(oscar), make_conversation(agent, end_reason=None))
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*(?:src=|application/json))", html)


def test_notes_and_changes_of_owner_stand_where_they_were_made(agent: Agent, oscar: User, client_of: ClientOf) -> None:
    conversation = make_conversation(agent, started=timezone.now() - timedelta(minutes=5), end_reason=None)
    leg = conversation.legs.get()
    taken = take_over(actor_for(oscar), conversation, 0)
    give_back(actor_for(oscar), taken)
    second = Turn.objects.get(conversation=conversation, number=2, role="caller")
    note = Note.objects.create(workspace=agent.workspace, conversation=conversation, author=oscar, text="Be kind.")
    Note.objects.filter(pk=note.pk).update(created_at=second.at - timedelta(milliseconds=1))
    html = pane_of(client_of(oscar), conversation)
    keys = keys_of(html)
    assert keys.index(note.public_id) == keys.index(f"{leg.public_id}:2:caller") - 1
    assert keys[-2:] == ["owner-1", "owner-2"]
    assert "Oscar took over" in html
    assert "The agent goes on" in html


def test_steps_tools_and_failures_are_lines(agent: Agent, oscar: User, client_of: ClientOf) -> None:
    more = [
        EventEntry(seq=90, kind="node", data={"nodes": ["start", "lost"], "turn": 1}),
        EventEntry(seq=91, kind="tool_call", data={"name": "find", "arguments": '{"day": "<today>"}'}),
        EventEntry(seq=92, kind="failed", data={"code": "engine_failed", "message": "The voice failed."}),
        EventEntry(seq=93, kind="interrupted", data={}),
    ]
    html = pane_of(client_of(oscar), make_conversation(agent, more=more))
    assert f'→ <a href="/agents/{agent.public_id}/builder/#lost" title="Open in the builder">lost</a>' in html
    assert "&lt;today&gt;" in html
    assert "The voice failed." in html
    assert sum("event" in key for key in keys_of(html)) == 3, "an interruption stands at the turn it cut"


def test_another_language_is_a_line_that_names_it(agent: Agent, oscar: User, client_of: ClientOf) -> None:
    more = [
        EventEntry(seq=90, kind="language", data={"turn": 1, "language": "de", "by": "caller", "probability": 0.9}),
        EventEntry(seq=91, kind="language", data={"turn": 2, "language": "pt-BR", "by": "flow"}),
    ]
    html = pane_of(client_of(oscar), make_conversation(agent, more=more))
    assert "Now speaking German · noticed" in html
    assert "Now speaking Brazilian Portuguese ·" in html
    assert "Portuguese · noticed" not in html


def test_legs_are_parted_by_day_and_channel(agent: Agent, oscar: User, client_of: ClientOf) -> None:
    said = (Said("Hello", "Hi.", (1.0,), source="text"),)
    day = timezone.now() - timedelta(days=2)
    first = make_conversation(agent, exchanges=said, kind="web_chat", media="text", started=day)
    for later, kind in ((timedelta(minutes=1), "web_chat"), (timedelta(minutes=2), "api"), (timedelta(days=1), "api")):
        make_conversation(agent, exchanges=said, kind=kind, media="text", started=day + later, conversation=first)
    html = pane_of(client_of(oscar), first)
    assert html.count('class="tk-leg"') == 3


def test_older_words_come_by_stretches(agent: Agent, oscar: User, client_of: ClientOf) -> None:
    conversation = make_conversation(agent, exchanges=EXCHANGES * 10)
    client = client_of(oscar)
    html = pane_of(client, conversation)
    shown = [key for key in keys_of(html) if key.count(":") == 2]
    assert len(shown) == 50
    cursor = re.search(r'data-cursor="([^"]+)"', html)
    assert cursor is not None
    path = f"/conversations/{conversation.public_id}/pane/older/"
    older = client.get(path, {"before": cursor[1]}).content.decode()
    before = [key for key in keys_of(older) if key.count(":") == 2]
    assert len(before) == 31
    assert set(before).isdisjoint(shown)
    assert 'data-cursor=""' in older


def test_nobody_is_shown_what_their_role_does_not_allow(agent: Agent, vera: User, client_of: ClientOf) -> None:
    conversation = make_conversation(agent, identity=("phone", "+353151234567"), end_reason=None)
    html = pane_of(client_of(vera), conversation)
    assert "1234567" not in html.replace(" ", "")
    assert "…567" in html
    for control in ('data-do="take"', 'data-do="listen"', "data-composer", "data-assign", 'data-dialog="give"'):
        assert control not in html
    assert not any(config_of(html)["may"].values())


def test_operators_see_numbers_tags_and_why_a_person_is_wanted(agent: Agent, oscar: User, client_of: ClientOf) -> None:
    conversation = make_conversation(agent, identity=("phone", "+353151234567"), end_reason=None)
    conversation.tags.add(Tag.objects.create(workspace=agent.workspace, name="billing"))
    Handoff.objects.create(
        workspace=agent.workspace,
        conversation=conversation,
        key="k",
        reason="Asks for a person",
        summary="Wants to pay <later>.",
        due_at=timezone.now(),
    )
    html = pane_of(client_of(oscar), conversation)
    assert "+353 1 512 34567" in html or "+353 15 123 4567" in html or "+353151234567" in html.replace(" ", "")
    assert "billing" in html
    assert "Asks for a person" in html
    assert "Wants to pay &lt;later&gt;." in html


def test_what_the_flow_knows_is_shown(agent: Agent, oscar: User, client_of: ClientOf) -> None:
    conversation = make_conversation(agent, end_reason=None)
    state = {**conversation.state, "node": "main", "variables": {"first_name": "Jane", "empty": "", "sure": True}}
    Conversation.objects.filter(pk=conversation.pk).update(state=state)
    html = pane_of(client_of(oscar), conversation)
    assert '<div data-variable="first_name"><dt>first name</dt><dd>Jane</dd></div>' in html
    assert '<div data-variable="sure"><dt>sure</dt><dd>true</dd></div>' in html
    assert 'data-variable="empty"' not in html


def test_it_takes_few_queries_however_long_the_talk(agent: Agent, oscar: User, client_of: ClientOf) -> None:
    client = client_of(oscar)
    short = make_conversation(agent, exchanges=EXCHANGES[:1])
    long = make_conversation(agent, exchanges=EXCHANGES * 12)
    for number in range(3):
        make_conversation(agent, conversation=long, more=[EventEntry(seq=90 + number, kind="failed", data={})])
    counts = []
    for conversation in (short, long):
        with CaptureQueriesContext(connection) as queries:
            pane_of(client, conversation)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 40


def test_a_page_of_its_own_has_the_pane_and_the_record(agent: Agent, oscar: User, client_of: ClientOf) -> None:
    conversation = make_conversation(agent, recorded=True)
    client = client_of(oscar)
    page = client.get(f"/conversations/{conversation.public_id}/").content.decode()
    assert 'id="talk"' in page
    assert "recording.wav" not in page
    record = client.get(f"/conversations/{conversation.public_id}/?tab=record").content.decode()
    assert "recording.wav" in record
    assert "data-talk" not in record
