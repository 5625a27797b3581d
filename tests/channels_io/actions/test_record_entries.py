from __future__ import annotations

import math
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from agents.models import Agent
from channels_io.actions.open_leg import open_leg
from channels_io.actions.record_entries import record_entries
from channels_io.entries import AgentTurn, CallerTurn, Entry, EventEntry, StateSnapshot, TurnTiming, TurnUse
from channels_io.models import Conversation, Event, Leg, Turn, TurnSpan
from inference.events import ConversationState, Message, Span
from inference.used import Use, uses_from
from parley.accounts.models import Workspace
from tests.support.agents import make_agent, publish
from tests.support.conversations import EXCHANGES, entries_of

T0 = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


@pytest.fixture
def agent(acme: Workspace) -> Agent:
    agent = make_agent(acme)
    publish(agent)
    return agent


@pytest.fixture
def leg(agent: Agent) -> Leg:
    return open_leg(agent=agent, running=agent.published, kind="browser_voice", media="voice")


def rows(leg: Leg) -> dict[str, Any]:
    """All that was stored of the leg, without ids."""
    conversation = Conversation.objects.get(pk=leg.conversation_id)
    turns = Turn.objects.filter(leg=leg).order_by("number", "role")
    skipped = {"id", "public_id", "created_at", "updated_at"}
    columns = [field.attname for field in Turn._meta.concrete_fields if field.attname not in skipped]
    return {
        "turns": list(turns.values_list(*columns)),
        "spans": list(
            TurnSpan.objects.filter(turn__leg=leg)
            .order_by("turn__number", "position")
            .values_list("turn__number", "position", "name", "start_ms", "ms")
        ),
        "events": list(Event.objects.filter(leg=leg).order_by("seq").values_list("seq", "kind", "data", "at_ms", "at")),
        "state": (conversation.state, conversation.state_seq, conversation.owner),
    }


def test_a_whole_call_is_stored(leg: Leg) -> None:
    record_entries(leg, entries_of(EXCHANGES, T0))
    turns = {(turn.number, turn.role): turn for turn in Turn.objects.filter(leg=leg)}
    assert sorted(turns) == [(0, "agent"), *((n, role) for n in (1, 2, 3, 4) for role in ("agent", "caller"))]
    cut = turns[2, "agent"]
    assert (cut.text, cut.cut) == ("A cleaning is eighty dollars. It takes about", True)
    assert cut.full_text == EXCHANGES[1].reply
    assert turns[4, "caller"].source == "text"
    assert (turns[1, "agent"].v2v_ms, turns[4, "agent"].v2v_ms) == (409.5, None)
    spans = TurnSpan.objects.filter(turn=turns[1, "agent"]).values_list("name", "start_ms", "ms")
    assert list(spans) == [
        ("silence", 0.0, 152.0),
        ("recognition", 152.0, 74.5),
        ("first token", 226.5, 98.2),
        ("first clause", 324.7, 61.3),
        ("voice", 386.0, 14.0),
        ("wire", 400.0, 9.5),
    ]
    conversation = Conversation.objects.get(pk=leg.conversation_id)
    assert conversation.state["turn"] == 4
    assert conversation.state["history"][-1]["text"] == EXCHANGES[3].reply
    assert conversation.last_at > leg.started_at - timedelta(seconds=1)
    assert list(Event.objects.filter(leg=leg).values_list("kind", flat=True)) == ["interrupted"]


def test_the_language_of_the_callers_words_is_kept_where_it_was_noticed(leg: Leg) -> None:
    noticed = CallerTurn(seq=1, number=1, text="Guten Tag.", language="de", language_probability=0.91)
    record_entries(leg, [noticed, CallerTurn(seq=2, number=2, text="Ja.")])
    turns = Turn.objects.filter(leg=leg).order_by("number").values_list("language", "language_probability")
    assert list(turns) == [("de", 0.91), ("", None)]


@pytest.mark.parametrize(
    ("v2v_ms", "filler", "late"),
    [(600.0, False, False), (600.1, False, True), (580.0, True, True), (None, False, False), (None, True, False)],
)
def test_an_answer_over_the_budget_of_the_day_is_marked(
    leg: Leg, settings: Settings, v2v_ms: float | None, filler: bool, late: bool
) -> None:
    timing = TurnTiming(seq=1, number=1, v2v_ms=v2v_ms, guesses_wasted=2, filler=filler)
    record_entries(leg, [timing])
    settings.PARLEY_BUDGET_MS = 100
    record_entries(leg, [timing])  # Written again: judged as it was.
    turn = Turn.objects.get(leg=leg)
    assert (turn.over_budget, turn.filler, turn.guesses_wasted) == (late, filler, 2)


def test_more_guesses_than_a_column_holds(leg: Leg) -> None:
    record_entries(leg, [TurnTiming(seq=1, number=1, guesses_wasted=1 << 40)])
    assert Turn.objects.get(leg=leg).guesses_wasted == 32_767


def test_the_same_batch_twice_changes_nothing(leg: Leg) -> None:
    entries = entries_of(EXCHANGES, T0)
    record_entries(leg, entries)
    once = rows(leg)
    record_entries(leg, entries)
    record_entries(leg, entries[3:9])
    assert rows(leg) == once


SHORT = entries_of(EXCHANGES[:2], T0)


@given(data=st.data())
@hypothesis_settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_any_order_in_any_batches_ends_in_the_same_rows(agent: Agent, data: st.DataObject) -> None:
    straight = open_leg(agent=agent, running=agent.published, kind="browser_voice", media="voice")
    record_entries(straight, SHORT)
    order = data.draw(st.permutations([*SHORT, *data.draw(st.lists(st.sampled_from(SHORT), max_size=4))]))
    mixed = open_leg(agent=agent, running=agent.published, kind="browser_voice", media="voice")
    while order:
        size = data.draw(st.integers(1, len(order)))
        record_entries(mixed, order[:size])
        order = order[size:]
    got, wanted = rows(mixed), rows(straight)
    for stored in (got, wanted):  # which leg a row belongs to is the one thing that must differ
        stored["turns"] = [
            [
                value
                for value in turn
                if value not in (mixed.pk, straight.pk, mixed.conversation_id, straight.conversation_id)
            ]
            for turn in stored["turns"]
        ]
    assert got == wanted


def test_a_later_entry_says_what_was_heard(leg: Leg) -> None:
    record_entries(leg, [AgentTurn(seq=1, number=1, text="One two three.", at=T0)])
    heard = AgentTurn(seq=2, number=1, text="One", full_text="One two three.", cut=True, at=T0)
    record_entries(leg, [heard])
    record_entries(leg, [AgentTurn(seq=1, number=1, text="One two three.", at=T0)])
    turn = Turn.objects.get(leg=leg)
    assert (turn.text, turn.full_text, turn.cut) == ("One", "One two three.", True)


def test_timing_may_come_before_the_words(leg: Leg) -> None:
    record_entries(leg, [TurnTiming(seq=5, number=1, v2v_ms=300.0, spans=(Span("voice", 300.0),))])
    record_entries(leg, [AgentTurn(seq=3, number=1, text="Hello.", at=T0)])
    turn = Turn.objects.get(leg=leg)
    assert (turn.text, turn.v2v_ms, turn.spans.count()) == ("Hello.", 300.0, 1)


def test_new_timing_replaces_all_old_spans(leg: Leg) -> None:
    record_entries(leg, [TurnTiming(seq=1, number=1, v2v_ms=9.0, spans=tuple(Span("a", 3.0) for _ in range(3)))])
    record_entries(leg, [TurnTiming(seq=2, number=1, v2v_ms=7.0, spans=(Span("b", 7.0),))])
    assert list(TurnSpan.objects.values_list("name", "ms")) == [("b", 7.0)]


def test_what_the_database_cannot_hold_is_removed(leg: Leg) -> None:
    entries: list[Entry] = [
        CallerTurn(seq=1, number=1, text="a\x00b\ud800c", started_ms=-4, ended_ms=10**14, at=T0),
        TurnTiming(seq=2, number=1, v2v_ms=math.nan, spans=(Span("x\x00" * 80, math.inf),), prompt_tokens=-1),
        EventEntry(seq=3, kind="failed\x00", data={"code\ud800": "x\x00", "n": math.nan}, at_ms=-1, at=T0),
        StateSnapshot(
            seq=4, state=ConversationState(variables={"v": "\x00\udfff"}, history=(Message("user", "\x00"),))
        ),
    ]
    record_entries(leg, entries)
    caller = Turn.objects.get(leg=leg, role="caller")
    assert (caller.text, caller.started_ms, caller.ended_ms) == ("abc", 0, 2**31 - 1)
    reply = Turn.objects.get(leg=leg, role="agent")
    assert (reply.v2v_ms, reply.prompt_tokens) == (None, 0)
    assert list(reply.spans.values_list("name", "ms")) == [("x" * 40, 0.0)]
    event = Event.objects.get(leg=leg)
    assert (event.kind, event.data, event.at_ms) == ("failed", {"code": "x", "n": None}, 0)
    state = Conversation.objects.get(pk=leg.conversation_id).state
    assert (state["variables"], state["history"][0]["text"]) == ({"v": ""}, "")


def test_the_newest_leg_keeps_the_state(leg: Leg, agent: Agent) -> None:
    later = open_leg(agent=agent, running=agent.published, kind="web_chat", media="text", conversation=leg.conversation)
    record_entries(later, [StateSnapshot(seq=1, state=ConversationState(turn=9, owner="human"))])
    record_entries(leg, [StateSnapshot(seq=50, state=ConversationState(turn=3))])
    conversation = Conversation.objects.get(pk=leg.conversation_id)
    # Who owns it is in the row: a worker's state never says so.
    assert (conversation.state["turn"], conversation.owner, conversation.state_leg) == (9, "ai", later.pk)


def test_entries_of_an_erased_conversation_are_dropped(leg: Leg) -> None:
    Conversation.objects.filter(pk=leg.conversation_id).delete()
    record_entries(leg, [CallerTurn(seq=1, number=1, text="Hello?")])
    assert not Turn.objects.exists()


def test_a_batch_takes_few_queries_whatever_its_size(leg: Leg) -> None:
    with CaptureQueriesContext(
        connection,
    ) as short:
        record_entries(leg, entries_of(EXCHANGES[:1], T0))
    other = open_leg(agent=leg.conversation.agent, running=leg.version, kind="browser_voice", media="voice")
    with CaptureQueriesContext(connection) as long:
        record_entries(other, entries_of(EXCHANGES * 10, T0))
    assert len(long) - len(short) <= 1  # the events' insert: the short batch has none
    assert len(long) <= 12


def test_nothing_to_write_touches_nothing(leg: Leg) -> None:
    with CaptureQueriesContext(connection) as queries:
        record_entries(leg, [])
    assert len(queries) == 0


# --- messages sent twice --------------------------------------------------------------------------


def typed(message_id: str, number: int = 1, text: str = "Hello?") -> CallerTurn:
    return CallerTurn(seq=number, number=number, text=text, source="text", message_id=message_id)


def test_a_message_sent_again_over_a_new_leg_is_one_turn(agent: Agent, leg: Leg) -> None:
    record_entries(leg, [typed("m1"), typed("m2", 2, "Are you there?")])
    again = open_leg(agent=agent, running=agent.published, kind="web_chat", media="text", conversation=leg.conversation)
    record_entries(again, [typed("m2", 3, "Are you there?"), AgentTurn(seq=9, number=3, text="Yes."), typed("m3", 4)])
    turns = Turn.objects.filter(conversation=leg.conversation).order_by("number", "-role")
    assert list(turns.values_list("leg", "number", "role", "message_id")) == [
        (leg.pk, 1, "caller", "m1"),
        (leg.pk, 2, "caller", "m2"),
        (again.pk, 3, "agent", ""),
        (again.pk, 4, "caller", "m3"),
    ]


def test_words_without_a_name_are_never_the_same(agent: Agent, leg: Leg) -> None:
    record_entries(leg, [typed("", 1, "Yes"), typed("", 2, "Yes")])
    assert Turn.objects.filter(conversation=leg.conversation).count() == 2


def test_the_same_name_in_another_conversation_is_another_message(agent: Agent, leg: Leg) -> None:
    other = open_leg(agent=agent, running=agent.published, kind="web_chat", media="text")
    record_entries(leg, [typed("m1")])
    record_entries(other, [typed("m1")])
    assert Turn.objects.filter(message_id="m1").count() == 2


def test_the_database_itself_keeps_a_message_once(leg: Leg) -> None:
    record_entries(leg, [typed("m1")])
    turn = Turn.objects.get()
    with pytest.raises(IntegrityError, match="channels_io_message_once"), transaction.atomic():
        Turn.objects.create(
            workspace=turn.workspace,
            conversation=turn.conversation,
            leg=leg,
            number=7,
            role="caller",
            message_id="m1",
        )


@pytest.mark.django_db(transaction=True)
def test_the_same_message_over_two_legs_at_once_is_one_turn() -> None:
    workspace = Workspace.objects.create(name="Race", slug="race")
    agent = make_agent(workspace)
    publish(agent)
    first = open_leg(agent=agent, running=agent.published, kind="web_chat", media="text")
    second = open_leg(
        agent=agent, running=agent.published, kind="web_chat", media="text", conversation=first.conversation
    )
    together = threading.Barrier(2)

    def write(leg: Leg) -> None:
        try:
            for number in range(1, 21):
                together.wait()
                record_entries(leg, [typed(f"m{number}", number)])
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(write, leg) for leg in (first, second)]:
            done.result()
    assert Turn.objects.count() == 20
    assert Turn.objects.values("message_id").distinct().count() == 20


def test_who_worked_for_a_turn_is_kept_and_the_newest_word_stays(leg: Leg) -> None:
    early, late = (Use("chat", "pv_1", "small\x00", "Cloud", prompt_tokens=count) for count in (10, 12))
    words = AgentTurn(seq=1, number=1, text="At nine.")
    record_entries(leg, [words, TurnUse(seq=3, number=1, role="agent", used=(late,))])
    record_entries(leg, [TurnUse(seq=2, number=1, role="agent", used=(early,))])
    turn = Turn.objects.get(leg=leg)
    assert (turn.text, turn.used_seq) == ("At nine.", 3)
    assert uses_from(turn.used) == (Use("chat", "pv_1", "small", "Cloud", prompt_tokens=12),)
