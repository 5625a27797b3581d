from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.template.loader import render_to_string
from django.utils import timezone, translation

from agents.models import Agent
from channels_io.models import Conversation, Tag
from channels_io.pages import inbox_row
from channels_io.pages.inbox_row import draw_row
from channels_io.reads.inbox import InboxRow, inbox_rows
from channels_io.reads.keyset import NEWEST
from parley.accounts.models import User, Workspace
from tests.support.agents import make_agent, publish
from tests.support.conversations import make_conversation


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the templates that were asked for."""
    asked: list[str] = []

    def ask(name: str, context: dict[str, Any]) -> str:
        asked.append(name)
        return render_to_string(name, context)

    monkeypatch.setattr(inbox_row, "render_to_string", ask)
    inbox_row._drawn.cache_clear()
    return asked


@pytest.fixture
def agent(acme: Workspace) -> Agent:
    made = make_agent(acme)
    publish(made)
    return made


def row_of(talk: Conversation) -> InboxRow:
    fresh = Conversation.objects.select_related("contact", "agent", "assignee", "owner_user").get(pk=talk.pk)
    return inbox_rows(talk.workspace, [fresh], NEWEST)[0]


def test_a_row_that_is_as_it_was_is_not_drawn_again(agent: Agent, drawn: list[str]) -> None:
    talk = make_conversation(agent)
    first = draw_row(row_of(talk), "", may_operate=True)
    assert draw_row(row_of(talk), "", may_operate=True) == first
    assert len(drawn) == 1


def test_whatever_changes_is_drawn_anew(agent: Agent, alice: User, drawn: list[str]) -> None:
    talk = make_conversation(agent, contact_name="Jane Doe")
    seen = {draw_row(row_of(talk), "", may_operate=True)}

    def changed(said: str, *, searched: str = "", may_operate: bool = True) -> None:
        row = draw_row(row_of(talk), searched, may_operate=may_operate)
        assert said in row
        assert row not in seen
        seen.add(row)

    changed("<mark>Thank</mark>", searched="thank")
    changed("Jane Doe", may_operate=False)
    talk.contact.name = "Jane Roe"
    talk.contact.save()
    changed("Jane Roe")
    talk.agent.name = "Front desk"
    talk.agent.save()
    changed("Front desk")
    tag = Tag.objects.create(workspace=talk.workspace, name="Urgent", colour="red")
    talk.tags.add(tag)
    changed("Urgent")
    tag.name = "Soon"
    tag.save()
    changed("Soon")
    for values, said in (
        ({"last_words": "Good night."}, "Good night."),
        ({"read_at": timezone.now() + timedelta(days=1)}, 'data-unread=""'),
        ({"waits_since": timezone.now()}, "is-waiting"),
        ({"assignee": alice}, f"Assigned to {alice}"),
        ({"status": "closed", "outcome": "failed"}, "is-closed"),
        ({"owner": "human", "owner_user": alice}, f"{alice} talks"),
        ({"test": True}, "Test"),
    ):
        Conversation.objects.filter(pk=talk.pk).update(**values)
        changed(said)
    assert len(drawn) == len(seen)


def test_each_language_and_time_zone_has_its_own(agent: Agent, drawn: list[str]) -> None:
    row = row_of(make_conversation(agent))
    with timezone.override(ZoneInfo("Asia/Tokyo")):
        east = draw_row(row, "", may_operate=True)
    with timezone.override(ZoneInfo("America/New_York")):
        west = draw_row(row, "", may_operate=True)
    assert east != west
    with translation.override("de"), timezone.override(ZoneInfo("Asia/Tokyo")):
        draw_row(row, "", may_operate=True)
    assert len(drawn) == 3
