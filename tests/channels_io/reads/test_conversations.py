from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agents.models import Agent
from channels_io.actions.save_channel import create_channel
from channels_io.models import Conversation, Leg
from channels_io.reads.conversations import Filters, Page, kinds_used, read_page
from channels_io.widget_settings import WIDGET_KIND
from parley.accounts.actor import system_actor
from parley.accounts.models import Workspace
from tests.support.agents import make_agent, publish
from tests.support.conversations import Said, make_conversation

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture
def agent(acme: Workspace) -> Agent:
    agent = make_agent(acme)
    publish(agent)
    return agent


def ids(page: Page) -> list[str]:
    return [row.conversation.public_id for row in page.rows]


def chat(agent: Agent, *words: str, **how: object) -> Conversation:
    return make_conversation(agent, exchanges=tuple(Said(word, "Yes.", (90.0,)) for word in words), **how)


def test_pages_forth_and_back_show_each_conversation_once(agent: Agent, acme: Workspace) -> None:
    rows = [chat(agent, started=NOON - timedelta(minutes=number // 3)) for number in range(11)]
    wanted = [row.public_id for row in sorted(rows, key=lambda row: (row.last_at, row.public_id), reverse=True)]
    first = read_page(acme, Filters(), size=4)
    second = read_page(acme, Filters(), size=4, before=first.older)
    third = read_page(acme, Filters(), size=4, before=second.older)
    assert ids(first) + ids(second) + ids(third) == wanted
    assert (first.newer, third.older) == ("", "")
    back = read_page(acme, Filters(), size=4, after=third.newer)
    assert ids(back) == ids(second)
    assert ids(read_page(acme, Filters(), size=4, after=back.newer)) == ids(first)
    assert read_page(acme, Filters(), size=4, after=back.newer).newer == ""


@pytest.mark.parametrize("cursor", ["", "x", "1.cv_short", "99999999999999999.cv_" + "a" * 20, "1;drop", "\x00"])
def test_a_damaged_cursor_is_the_first_page(agent: Agent, acme: Workspace, cursor: str) -> None:
    chat(agent)
    assert len(read_page(acme, Filters(), before=cursor).rows) == 1


def test_a_row_says_what_happened(agent: Agent, acme: Workspace) -> None:
    conversation = make_conversation(agent, contact_name="Jane", recorded=True)
    (row,) = read_page(acme, Filters()).rows
    assert (row.conversation, row.conversation.contact.name, row.turns) == (conversation, "Jane", 9)
    assert (row.snippet, row.snippet_role) == ("Thank you, Jane. I have noted your address.", "agent")
    assert row.p50 == 564.5
    assert (row.kinds, row.live, row.failed, row.recorded) == (("browser_voice",), False, False, True)


def test_words_are_found_by_their_beginning_in_any_case(agent: Agent, acme: Workspace) -> None:
    cleaning = chat(agent, "How much is a CLEANING on Saturday?", "Thanks")
    chat(agent, "When do you open?")
    for words in ("cleaning", "clean satur", "SATURDAY much"):
        page = read_page(acme, Filters(text=words))
        assert ids(page) == [cleaning.public_id]
        assert page.rows[0].snippet == "How much is a CLEANING on Saturday?"
    assert ids(read_page(acme, Filters(text="cleaning tomorrow"))) == []


def test_names_and_ids_are_found(agent: Agent, acme: Workspace) -> None:
    jane = chat(agent, "Hello", identity=("visitor", "1"), contact_name="Jane O'Neil")
    chat(agent, "Hello", identity=("visitor", "2"))
    assert ids(read_page(acme, Filters(text="o'neil"))) == [jane.public_id]
    assert ids(read_page(acme, Filters(text=jane.public_id))) == [jane.public_id]


@pytest.mark.parametrize("words", ["'; drop table", "a & | !b :*", "\x00", "\ud800 x", "((", "'", "%", "_" * 300])
def test_any_text_can_be_searched(agent: Agent, acme: Workspace, words: str) -> None:
    chat(agent, "Hello")
    assert read_page(acme, Filters(text=words)) is not None
    assert Conversation.objects.count() == 1


def test_filters(agent: Agent, acme: Workspace) -> None:
    other = make_agent(acme, name="Other")
    publish(other)
    channel = create_channel(system_actor(acme), kind=WIDGET_KIND, name="Site", agent=agent)
    live = chat(agent, started=NOON, end_reason=None)
    failed = chat(other, started=NOON - timedelta(days=1), end_reason="worker_lost")
    typed = chat(agent, started=NOON - timedelta(days=2), kind="web_chat", media="text", channel=channel)
    Conversation.objects.filter(pk=typed.pk).update(owner="human")
    cases = (
        (Filters(agent=other.public_id), [failed]),
        (Filters(agent="ag_nobody"), []),
        (Filters(channel=channel.public_id), [typed]),
        (Filters(channel="browser_voice"), [live, failed]),
        (Filters(state="open"), [live]),
        (Filters(state="closed"), [failed, typed]),
        (Filters(state="failed"), [failed]),
        (Filters(state="human"), [typed]),
        (Filters(since=date(2026, 11, 21)), [live, failed]),
        (Filters(until=date(2026, 11, 21)), [failed, typed]),
        (Filters(since=date(2026, 11, 21), until=date(2026, 11, 21)), [failed]),
        (Filters(agent=agent.public_id, state="closed"), [typed]),
    )
    for filters, wanted in cases:
        assert ids(read_page(acme, filters)) == [row.public_id for row in wanted], filters


def test_other_workspaces_are_not_listed(agent: Agent, globex: Workspace) -> None:
    conversation = chat(agent, "Hello")
    assert ids(read_page(globex, Filters())) == []
    assert ids(read_page(globex, Filters(text="Hello"))) == []
    assert ids(read_page(globex, Filters(text=conversation.public_id))) == []


def test_queries_do_not_grow_with_the_page(agent: Agent, acme: Workspace) -> None:
    chat(agent, "Hello there")
    with CaptureQueriesContext(connection) as few:
        read_page(acme, Filters(text="hello"))
    for number in range(8):
        chat(agent, "Hello there", identity=("visitor", str(number)))
    with CaptureQueriesContext(connection) as many:
        assert len(read_page(acme, Filters(text="hello")).rows) == 9
    assert len(many) == len(few) == 5


def test_tests_of_the_builder_are_listed_only_where_they_are_asked_for(agent: Agent, acme: Workspace) -> None:
    real, tried = chat(agent, "Real?"), chat(agent, "Tried?")
    Conversation.objects.filter(pk=tried.pk).update(test=True)
    assert ids(read_page(acme, Filters())) == [real.public_id]
    assert ids(read_page(acme, Filters(state="test"))) == [tried.public_id]
    assert ids(read_page(acme, Filters(text="tried"))) == []


def test_kinds_that_were_used_here(agent: Agent, acme: Workspace, globex: Workspace) -> None:
    assert kinds_used(acme) == []
    for kind in ("web_chat", "twilio_voice", "web_chat", "browser_voice", "gone_since"):
        leg = chat(agent, "Hello?").legs.get()
        Leg.objects.filter(pk=leg.pk).update(kind=kind)
    assert set(kinds_used(acme)) == {"web_chat", "twilio_voice", "browser_voice"}
    assert kinds_used(globex) == []
