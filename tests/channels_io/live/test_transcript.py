from __future__ import annotations

from channels_io.entries import AgentTurn, CallerTurn, Entry, EventEntry, StateSnapshot, TurnTiming, TurnUse
from channels_io.live.transcript import Transcript
from channels_io.live.waterfall import Measured
from inference.events import ConversationState, Heard, Span, State
from inference.used import Use


def transcript(media: str = "voice") -> tuple[Transcript, list[Entry]]:
    entries: list[Entry] = []
    return Transcript(entries.append, lambda: 5000, media), entries  # type: ignore[arg-type]


def two_clauses() -> tuple[Transcript, list[Entry]]:
    """1000 samples "We open at nine, ", then 1000 samples "and close at one."."""
    script, entries = transcript()
    script.reply_text(2, "We open at nine, ")
    script.reply_given(2, 1000)
    script.reply_text(2, "and close at one.")
    script.reply_given(2, 1000)
    return script, entries


def test_what_was_heard_is_told_by_the_word() -> None:
    script, _ = two_clauses()
    assert script.heard_of(2, 0) == ""
    assert script.heard_of(2, 500) == "We open"
    assert script.heard_of(2, 1000) == "We open at nine,"
    assert script.heard_of(2, 1400) == "We open at nine, and"
    assert script.heard_of(2, 2000) == "We open at nine, and close at one."


def test_a_reply_is_first_written_and_then_settled_as_heard() -> None:
    script, entries = two_clauses()
    script.reply_played(2, 1000, 1020)
    script.reply_played(2, 1020, 1900)
    script.reply_done(2, "We open at nine, and close at one.")
    script.state(State(ConversationState(turn=2), 2, reply_turn=2, heard="We open", cut=True))
    first, second, snapshot = entries
    assert isinstance(first, AgentTurn)
    assert (first.number, first.text, first.cut) == (2, "We open at nine, and close at one.", False)
    assert (first.started_ms, first.ended_ms) == (1000, 1900)
    assert isinstance(second, AgentTurn)
    assert (second.text, second.full_text, second.cut) == ("We open", "We open at nine, and close at one.", True)
    assert isinstance(snapshot, StateSnapshot)
    assert [entry.seq for entry in entries] == [1, 2, 3]


def test_an_interruption_after_the_last_word_cut_nothing() -> None:
    script, entries = two_clauses()
    script.state(State(ConversationState(), 3, reply_turn=2, heard="We open at nine, and close at one.", cut=True))
    first = entries[0]
    assert isinstance(first, AgentTurn)
    assert not first.cut


def test_a_snapshot_alone_settles_no_reply() -> None:
    script, entries = transcript()
    script.reply_text(0, "Hello.")
    script.state(State(ConversationState(turn=1), 1))
    assert [type(entry) for entry in entries] == [StateSnapshot]


def test_breaking_off_settles_once() -> None:
    script, entries = two_clauses()
    assert script.break_off(2, 1000) == "We open at nine,"
    assert script.break_off(2, 1000) == ""
    (entry,) = entries
    assert isinstance(entry, AgentTurn)
    assert (entry.text, entry.cut) == ("We open at nine,", True)


def test_breaking_off_a_reply_that_was_heard_to_its_end_is_no_cut() -> None:
    script, entries = two_clauses()
    script.reply_done(2, "We open at nine, and close at one.")
    script.break_off(2, 2000)
    last = entries[-1]
    assert isinstance(last, AgentTurn)
    assert not last.cut


def test_breaking_off_nothing_records_nothing() -> None:
    script, entries = transcript()
    assert script.break_off(4, 0) == ""
    assert entries == []


def test_on_a_text_leg_what_was_sent_was_read() -> None:
    script, _ = transcript("text")
    script.reply_text(1, "Nine o'clock")
    assert script.heard_of(1, 0) == "Nine o'clock"


def test_the_webs_own_line_is_a_turn() -> None:
    script, entries = transcript()
    script.line_said(3, "Sorry, one moment please.")
    script.reply_done(3, "Sorry, one moment please.")
    assert [(type(entry), entry.text) for entry in entries if isinstance(entry, AgentTurn)] == [
        (AgentTurn, "Sorry, one moment please.")
    ]


def test_caller_turn_timing_and_event() -> None:
    script, entries = transcript()
    script.heard(Heard(1, "Hi", source="voice"), 100, 400)
    script.timing(Measured(1, None, (Span("model", 5.0),), 10, 9, 3))
    script.timing(Measured(2, 312.5, (), 0, 0, 0))
    script.event("dtmf", {"digit": "5"})
    caller, typed, spoken, event = entries
    assert isinstance(caller, CallerTurn)
    assert (caller.number, caller.text, caller.started_ms, caller.ended_ms) == (1, "Hi", 100, 400)
    assert isinstance(typed, TurnTiming)
    assert typed.v2v_ms is None
    assert (typed.prompt_tokens, typed.cached_tokens, typed.reply_tokens) == (10, 9, 3)
    assert isinstance(spoken, TurnTiming)
    assert spoken.v2v_ms == 312.5
    assert isinstance(event, EventEntry)
    assert (event.kind, event.data, event.at_ms) == ("dtmf", {"digit": "5"}, 5000)


def uses(entries: list[Entry]) -> list[tuple[int, str, int]]:
    """(turn, side, tokens read)"""
    return [
        (entry.number, entry.role, sum(use.prompt_tokens for use in entry.used))
        for entry in entries
        if isinstance(entry, TurnUse)
    ]


def test_what_was_used_goes_with_the_words_and_says_all_of_them() -> None:
    script, entries = two_clauses()
    script.used(2, "agent", [Use("chat", "pv_1", prompt_tokens=10)])
    script.used(2, "agent", [Use("chat", "pv_1", prompt_tokens=1)])
    script.used(2, "agent", ())
    assert uses(entries) == [(2, "agent", 10), (2, "agent", 11)]


def test_an_answer_that_nobody_heard_is_paid_for_with_what_it_answers() -> None:
    script, entries = transcript()
    script.used(1, "agent", [Use("chat", "pv_1", prompt_tokens=5)])  # of no turn in the record
    script.heard(Heard(2, "Well"), 0, 400)
    script.used(2, "agent", [Use("chat", "pv_1", prompt_tokens=10)])
    assert uses(entries) == [(2, "caller", 15)]
