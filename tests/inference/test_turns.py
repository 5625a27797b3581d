"""Turn-taking in virtual time: hop tables in, decisions out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.turns import (
    HOP,
    HOP_MS,
    Decision,
    EndOfTurn,
    Interrupt,
    NoTurn,
    Pause,
    PauseOver,
    SpeechBegan,
    TurnPolicy,
    TurnTaker,
    silence_needed,
)

POLICY = TurnPolicy()


def run(turns: TurnTaker, script: str) -> list[tuple[int, Decision]]:
    """Play hops: `#` voice, `.` quiet. Decisions come with the number of the hop that caused them."""
    decisions = []
    for index, mark in enumerate(script):
        decisions += [(index, decision) for decision in turns.hop(0.9 if mark == "#" else 0.02)]
    return decisions


def pause_of(decisions: list[tuple[int, Decision]]) -> Pause:
    pause = decisions[-1][1]
    assert isinstance(pause, Pause)
    return pause


def test_speech_begins_at_its_first_hop_after_two_in_a_row() -> None:
    assert run(TurnTaker(), "..##") == [(3, SpeechBegan(2 * HOP))]


def test_single_voiced_hops_never_begin_speech() -> None:
    assert run(TurnTaker(), "#.#.#.#...") == []


def test_a_pause_is_asked_about_after_two_quiet_hops() -> None:
    decisions = run(TurnTaker(), "######..")
    assert decisions == [(1, SpeechBegan(0)), (7, Pause(6 * HOP))]


def test_a_finished_sentence_ends_after_the_least_silence() -> None:
    turns = TurnTaker()
    pause = pause_of(run(turns, "######.."))
    assert turns.pause_answer(pause.sample, "What time do you open?", 0.97, 0.8) == []
    ended = run(turns, ".....")
    assert ended == [(4, EndOfTurn("What time do you open?", 0, 6 * HOP, 0.8, 13 * HOP))]
    assert (2 + 5) * HOP_MS >= POLICY.min_silence_ms > (2 + 4) * HOP_MS


@pytest.mark.parametrize("late", [0, 1, 20])
def test_an_answer_that_comes_late_ends_the_turn_at_once_and_says_since_when_it_was_due(late: int) -> None:
    turns = TurnTaker()
    pause = pause_of(run(turns, "######.."))
    assert run(turns, "....." + "." * late) == []
    decisions = turns.pause_answer(pause.sample, "Shall we?", 0.97)
    assert decisions == [EndOfTurn("Shall we?", 0, 6 * HOP, 1.0, 13 * HOP)]
    assert not turns.speaking


def test_an_unfinished_sentence_waits_for_the_longest_silence() -> None:
    turns = TurnTaker()
    pause = pause_of(run(turns, "######.."))
    turns.pause_answer(pause.sample, "I would like to book for the", 0.02)
    hops = int(POLICY.max_silence_ms / HOP_MS) - 2
    assert run(turns, "." * hops) == []
    assert [type(d) for _, d in run(turns, ".")] == [EndOfTurn]


def test_speech_that_goes_on_voids_the_pause() -> None:
    turns = TurnTaker()
    first = pause_of(run(turns, "######.."))
    assert run(turns, "##") == [(1, PauseOver())]
    assert turns.pause_answer(first.sample, "I would like", 1.0) == []
    second = pause_of(run(turns, "##.."))
    assert second.sample > first.sample
    turns.pause_answer(second.sample, "I would like a check-up?", 0.99)
    due = second.sample + 7 * HOP
    assert run(turns, ".....")[-1][1] == EndOfTurn("I would like a check-up?", 0, second.sample, 1.0, due)


def test_a_click_in_the_silence_does_not_void_the_pause() -> None:
    turns = TurnTaker()
    pause = pause_of(run(turns, "######.."))
    turns.pause_answer(pause.sample, "Hello?", 0.99)
    assert run(turns, "#......") == [(4, EndOfTurn("Hello?", 0, 6 * HOP, 1.0, 13 * HOP))]


def test_a_pause_without_words_is_no_turn() -> None:
    turns = TurnTaker()
    pause = pause_of(run(turns, "######.."))
    turns.pause_answer(pause.sample, "  ", 0.9)
    assert [d for _, d in run(turns, ".....")] == [NoTurn(interrupted=False)]


def test_too_little_voice_is_no_turn_and_asks_nobody() -> None:
    assert [d for _, d in run(TurnTaker(), "##..")] == [SpeechBegan(0), NoTurn(interrupted=False)]


@pytest.mark.parametrize(("voiced", "interrupts"), [(4, False), (5, True), (9, True)])
def test_only_sustained_voice_interrupts_the_agent(voiced: int, interrupts: bool) -> None:
    decisions = run(TurnTaker(agent_speaking=True), "#" * voiced)
    assert ([d for _, d in decisions if isinstance(d, Interrupt)] == [Interrupt(0)]) is interrupts


def test_an_agent_that_may_not_be_interrupted_is_not() -> None:
    decisions = run(TurnTaker(agent_speaking=True, interruptible=False), "#" * 20)
    assert decisions == [(1, SpeechBegan(0))]


def test_no_turn_remembers_that_the_agent_was_stopped() -> None:
    turns = TurnTaker(agent_speaking=True)
    pause = pause_of(run(turns, "######.."))
    turns.pause_answer(pause.sample, "", 0.1)
    assert run(turns, ".....")[-1][1] == NoTurn(interrupted=True)


def test_endless_speech_is_taken_after_the_longest_turn() -> None:
    turns = TurnTaker(TurnPolicy(longest_turn_ms=1000))
    decisions = run(turns, "#" * 40)
    pause = next(d for _, d in decisions if isinstance(d, Pause))
    (end,) = turns.pause_answer(pause.sample, "and so on", 0.0)
    assert isinstance(end, EndOfTurn)
    assert end.due == pause.sample


@pytest.mark.parametrize(
    ("text", "score", "expected"),
    [
        ("What time do you open?", 0.99, 200.0),
        ("Is it far?", 0.75, 200.0),
        ("My name is", 0.99, 868.0),
        ("It is 0 1 7 1", 0.99, 736.0),
        ("I was thinking", 0.02, 1000.0),
        ("Yes.", 0.9, 300.0),
        ("My name is Peter.", 0.9, 400.0),
        ("So I was wondering...", 0.9, 885.0),
    ],
)
def test_silence_needed_follows_score_and_words(text: str, score: float, expected: float) -> None:
    assert silence_needed(POLICY, score, text) == pytest.approx(expected, abs=10)


@given(st.floats(0, 1), st.floats(0, 1), st.text(max_size=40))
def test_a_higher_score_never_needs_more_silence(one: float, other: float, text: str) -> None:
    low, high = sorted((one, other))
    assert silence_needed(POLICY, high, text) <= silence_needed(POLICY, low, text)


@given(st.lists(st.tuples(st.floats(0, 1), st.one_of(st.none(), st.text(max_size=5))), max_size=200))
def test_any_sequence_is_survived_and_turns_do_not_overlap(script: list[tuple[float, str | None]]) -> None:
    turns = TurnTaker(agent_speaking=True)
    ends, pause = [0], None
    for probability, answer in script:
        decisions = turns.hop(probability)
        if pause is not None and answer is not None:
            decisions = decisions + turns.pause_answer(pause, answer, 0.5)
        for decision in decisions:
            match decision:
                case Pause(sample=sample):
                    pause = sample
                case EndOfTurn(speech_start=start, speech_end=end):
                    assert ends[-1] <= start < end <= turns.position
                    ends.append(end)
                    pause = None
