from __future__ import annotations

from datetime import date, timedelta
from unittest.mock import patch

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agents.models import Agent
from channels_io.actions.assign_conversation import assign_conversation
from channels_io.actions.close_conversation import reopen_conversation
from channels_io.actions.save_tag import save_tag
from channels_io.actions.tag_conversation import tag_conversation
from channels_io.models import Analysis, Conversation, Handoff, Identity
from channels_io.reads import inbox, inbox_search
from channels_io.reads.inbox import InboxPage, read_inbox, read_rows, shown_count, tab_counts
from channels_io.reads.inbox_filters import InboxFilters
from channels_io.reads.keyset import LONGEST_WAIT, NEWEST
from parley.accounts.models import User, Workspace
from tests.support.agents import make_agent, publish
from tests.support.cast import actor_for
from tests.support.conversations import EXCHANGES, Said, make_conversation


@pytest.fixture
def agent(acme: Workspace) -> Agent:
    made = make_agent(acme)
    publish(made)
    return made


def ids(page: InboxPage) -> list[str]:
    return [row.conversation.public_id for row in page.rows]


def change(conversation: Conversation, **values: object) -> Conversation:
    Conversation.objects.filter(pk=conversation.pk).update(**values)
    conversation.refresh_from_db()
    return conversation


def set_mood(conversation: Conversation, mood: str) -> None:
    Analysis.objects.update_or_create(
        conversation=conversation, defaults={"workspace": conversation.workspace, "sentiment": mood, "state": "done"}
    )


def several(agent: Agent, count: int) -> list[Conversation]:
    """Newest first, a minute apart."""
    made = [
        make_conversation(agent, exchanges=EXCHANGES[:1], identity=("visitor", f"v{number}")) for number in range(count)
    ]
    now = timezone.now()
    return [change(each, last_at=now - timedelta(minutes=number)) for number, each in enumerate(made)]


def test_pages_follow_each_other_without_a_gap(agent: Agent, alice: User) -> None:
    expected = [each.public_id for each in several(agent, 7)]
    actor, seen, before = actor_for(alice), [], ""
    while True:
        page = read_inbox(actor, InboxFilters(), before=before, size=3)
        seen += ids(page)
        before = page.older
        if not before:
            break
    assert seen == expected


def test_equal_moments_are_told_apart_by_the_id(agent: Agent, alice: User) -> None:
    made = several(agent, 5)
    now = timezone.now()
    for each in made:
        change(each, last_at=now)
    actor = actor_for(alice)
    first = read_inbox(actor, InboxFilters(), size=2)
    second = read_inbox(actor, InboxFilters(), before=first.older, size=9)
    assert sorted(ids(first) + ids(second)) == sorted(each.public_id for each in made)
    assert len(ids(first)) == 2


def test_a_damaged_cursor_is_the_beginning(agent: Agent, alice: User) -> None:
    several(agent, 2)
    for cursor in ("zz", "1.cv_x", "99999999999999999.cv_" + "a" * 20 + "x", "."):
        assert len(read_inbox(actor_for(alice), InboxFilters(), before=cursor).rows) == 2


def test_the_tabs(agent: Agent, alice: User, bob: User) -> None:
    mine, taken, waiting, live, old = several(agent, 5)
    actor = actor_for(alice)
    assign_conversation(actor, mine, alice)
    reopen_conversation(actor, mine)
    change(taken, owner="human", owner_user=alice, status="open")
    change(waiting, waits_since=timezone.now() - timedelta(minutes=3), assignee=bob, status="open")
    live.legs.update(ended_at=None)
    assert set(ids(read_inbox(actor, InboxFilters(tab="mine")))) == {mine.public_id, taken.public_id}
    assert ids(read_inbox(actor, InboxFilters(tab="waiting"))) == [waiting.public_id]
    assert ids(read_inbox(actor, InboxFilters(tab="live"))) == [live.public_id]
    assert ids(read_inbox(actor_for(bob), InboxFilters(tab="mine"))) == [waiting.public_id]
    assert old.public_id in ids(read_inbox(actor, InboxFilters()))
    assert tab_counts(actor) == {"mine": 2, "waiting": 1, "live": 1, "all": 5}


def test_who_waits_longest_comes_first(agent: Agent, alice: User) -> None:
    made = several(agent, 4)
    now = timezone.now()
    for minutes, each in zip((2, 9, 4, 1), made, strict=True):
        change(each, waits_since=now - timedelta(minutes=minutes), status="open")
    actor, filters = actor_for(alice), InboxFilters(tab="waiting")
    first = read_inbox(actor, filters, size=2)
    rest = read_inbox(actor, filters, before=first.older, size=5)
    assert [*ids(first), *ids(rest)] == [made[place].public_id for place in (1, 2, 0, 3)]
    assert rest.older == ""


def test_filters(agent: Agent, acme: Workspace, alice: User, bob: User) -> None:
    other = make_agent(acme, "Billing")
    publish(other)
    a, b, c = several(agent, 3)
    d = make_conversation(other, kind="web_chat", media="text", identity=("visitor", "vd"))
    change(d, last_at=timezone.now() - timedelta(days=9))
    actor = actor_for(alice)
    tag = save_tag(actor, None, name="VIP", colour="purple")
    tag_conversation(actor, a, tag)
    assign_conversation(actor, b, bob)
    change(b, owner="human", status="open")
    change(c, outcome="failed", read_at=timezone.now())
    change(a, read_at=timezone.now())
    set_mood(c, "negative")

    def found(**filters: object) -> set[str]:
        return set(ids(read_inbox(actor, InboxFilters(**filters))))  # type: ignore[arg-type]

    def those(*rows: Conversation) -> set[str]:
        return {row.public_id for row in rows}

    assert found(agent=other.public_id) == those(d)
    assert found(channel="web_chat") == those(d)
    assert found(channel="ch_nothing") == set()
    assert found(owner="me") == set()
    assert found(owner="none") == those(a, c, d)
    assert found(owner="person") == those(b)
    assert found(owner="agent") == those(a, c, d)
    assert found(owner=bob.public_id) == those(b)
    assert found(state="open") == those(b)
    assert found(state="closed") == those(a, c, d)
    assert found(state="unread") == those(b, d)
    assert found(outcome="failed") == those(c)
    assert found(tag=tag.public_id) == those(a)
    assert found(mood="negative") == those(c)
    week = date.today() - timedelta(days=7)
    assert found(until=week) == those(d)
    assert found(since=week) == those(a, b, c)
    assert found(agent=agent.public_id, state="closed", tag=tag.public_id) == those(a)


def test_tests_of_the_builder_are_in_no_other_list(agent: Agent, alice: User) -> None:
    (only,) = several(agent, 1)
    change(only, test=True)
    actor = actor_for(alice)
    assert read_inbox(actor, InboxFilters()).rows == ()
    assert ids(read_inbox(actor, InboxFilters(state="test"))) == [only.public_id]
    assert tab_counts(actor)["all"] == 0


@pytest.mark.parametrize(("few", "blocks"), [(0, (3, 3, 3)), (1000, (1, 1, 1)), (1000, (64, 64, 64))])
def test_words_are_found_whether_they_are_rare_or_everywhere(
    agent: Agent, alice: User, few: int, blocks: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`few` 0: too many to list, so the conversations are looked through, in `blocks`."""
    monkeypatch.setattr(inbox_search, "FEW_TURNS", few)
    monkeypatch.setattr(inbox_search, "BLOCKS", blocks)
    made = several(agent, 5)
    odd = make_conversation(
        agent, exchanges=(Said("My <b>parcel</b> is lost", "Which parcel?"),), contact_name="Ada Quill"
    )
    change(odd, last_at=timezone.now() - timedelta(hours=1))
    actor = actor_for(alice)

    def found(text: str) -> list[str]:
        page = read_inbox(actor, InboxFilters(text=text), size=20)
        return ids(page)

    assert found("parcel") == [odd.public_id]
    assert found("parc los") == [odd.public_id]
    assert found("quill") == [odd.public_id]
    assert found(odd.public_id) == [odd.public_id]
    assert found("saturday") == [each.public_id for each in made]
    assert found("saturday parcel") == []
    assert found("ARCEL") == [], "a word is found from its beginning"
    assert found("PARCEL — lost") == [odd.public_id]
    assert found("my parcel is lost my parcel is lost and nine words count no more") == [odd.public_id]
    assert found("'&|!") == []
    (row,) = read_inbox(actor, InboxFilters(text="lost")).rows
    assert (row.words, row.role) == ("My <b>parcel</b> is lost", "caller")


def test_a_search_that_looks_through_many_goes_on_where_it_stopped(
    agent: Agent, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox_search, "FEW_TURNS", 0)
    monkeypatch.setattr(inbox_search, "BLOCKS", (1, 1))
    several(agent, 5)
    odd = make_conversation(agent, exchanges=(Said("parcel", "Yes?"),))
    change(odd, last_at=timezone.now() - timedelta(hours=1))
    actor, filters = actor_for(alice), InboxFilters(text="parcel")
    first = read_inbox(actor, filters)
    assert first.rows == ()
    second = read_inbox(actor, filters, before=first.older)
    third = read_inbox(actor, filters, before=second.older)
    assert ids(third) == [odd.public_id]
    assert read_inbox(actor, filters, before=third.older).older == "" or third.older == ""


def test_a_number_is_found_by_those_who_may_read_it(agent: Agent, alice: User, vera: User) -> None:
    made = make_conversation(agent, identity=("phone", "+353861234567"))
    assert Identity.objects.filter(contact=made.contact, kind="phone").exists()
    assert ids(read_inbox(actor_for(alice), InboxFilters(text="86 123 4567"))) == [made.public_id]
    assert read_inbox(actor_for(vera), InboxFilters(text="86 123 4567")).rows == ()


def test_rows_by_id_are_those_that_the_filters_let_through(agent: Agent, alice: User, charlie: User) -> None:
    a, b = several(agent, 2)
    change(b, outcome="failed")
    actor = actor_for(alice)
    both = [a.public_id, b.public_id, "cv_nothing"]
    assert [row.conversation for row in read_rows(actor, InboxFilters(), both)] == [a, b]
    assert [row.conversation for row in read_rows(actor, InboxFilters(outcome="failed"), both)] == [b]
    assert [row.conversation for row in read_rows(actor, InboxFilters(text="saturday"), both)] == [a, b]
    assert read_rows(actor, InboxFilters(text="parcel"), both) == ()
    assert read_rows(actor_for(charlie), InboxFilters(), both) == ()


def test_what_a_row_shows(agent: Agent, acme: Workspace, alice: User) -> None:
    (made,) = several(agent, 1)
    actor = actor_for(alice)
    for name in ("b", "a"):
        tag_conversation(actor, made, save_tag(actor, None, name=name))
    made.legs.update(ended_at=None)
    change(made, waits_since=timezone.now(), status="open")
    Handoff.objects.create(workspace=acme, conversation=made, key="k", due_at=timezone.now())
    set_mood(made, "positive")
    (row,) = read_inbox(actor, InboxFilters()).rows
    assert [tag.name for tag in row.tags] == ["a", "b"]
    assert row.live is not None
    assert row.live.kind == "browser_voice"
    assert row.handoff is not None
    assert row.mood == "positive"
    assert (row.words, row.role) == ("On Saturday we open at nine in the morning and close at one.", "agent")
    assert row.unread
    assert row.place == NEWEST.cursor(made)
    (waiting,) = read_inbox(actor, InboxFilters(tab="waiting")).rows
    assert waiting.place == LONGEST_WAIT.cursor(made)


@pytest.mark.parametrize(
    "filters", [InboxFilters(), InboxFilters(text="saturday"), InboxFilters(tab="live", mood="positive")]
)
def test_fifty_rows_take_as_many_queries_as_one(agent: Agent, alice: User, filters: InboxFilters) -> None:
    actor = actor_for(alice)

    def queries() -> int:
        with CaptureQueriesContext(connection) as counted:
            for row in read_inbox(actor, filters, size=50).rows:
                assert row.conversation.contact.public_id
                assert row.conversation.agent.name
                assert row.conversation.assignee is None
        return len(counted)

    one = make_conversation(agent, exchanges=EXCHANGES[:1])
    one.legs.update(ended_at=None)
    set_mood(one, "positive")
    few = queries()
    for each in several(agent, 50):
        each.legs.update(ended_at=None)
        set_mood(each, "positive")
    assert queries() == few
    assert few <= 9
    assert len(read_inbox(actor, filters, size=50).rows) == 50


def test_counts_end_at_a_hundred(agent: Agent, alice: User) -> None:
    several(agent, 3)
    with patch.object(inbox, "MOST_COUNTED", 2):
        assert tab_counts(actor_for(alice))["all"] == 2
        assert shown_count(2) == "1+"
    assert (shown_count(0), shown_count(99), shown_count(100)) == ("0", "99", "99+")
