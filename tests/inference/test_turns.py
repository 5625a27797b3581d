"""Turn-taking in virtual time: hop tables in, decisions out."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.patience import Evidence, silence_needed
from inference.turns import (
    HOP,
    HOP_MS,
    Decision,
    EndOfTurn,
    Interrupt,
    NoTurn,
    Pause,
    PauseOver,
    Settle,
    SpeechBegan,
    Stir,
    TurnPolicy,
    TurnTaker,
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
    assert ended == [(4, EndOfTurn("What time do you open?", 0, 6 * HOP, 0.8))]
    assert (2 + 5) * HOP_MS >= POLICY.min_silence_ms > (2 + 4) * HOP_MS


@pytest.mark.parametrize("late", [0, 1, 20])
def test_an_answer_that_comes_late_ends_the_turn_at_once(late: int) -> None:
    turns = TurnTaker()
    pause = pause_of(run(turns, "######.."))
    assert run(turns, "....." + "." * late) == []
    decisions = turns.pause_answer(pause.sample, "Shall we?", 0.97)
    assert decisions == [EndOfTurn("Shall we?", 0, 6 * HOP, 1.0)]
    assert not turns.speaking


def test_the_words_come_first_and_the_score_may_shorten_the_wait() -> None:
    turns = TurnTaker()
    pause = pause_of(run(turns, "######.."))
    text = "the crown on the upper left"
    patient, sure = (silence_needed(POLICY, Evidence(text, score, 192)) for score in (0.0, 0.99))
    assert sure < patient
    assert turns.pause_answer(pause.sample, text, None) == []
    hops = int(patient / HOP_MS) - 2
    assert run(turns, "." * hops) == []
    (end,) = turns.pause_answer(pause.sample, text, 0.99)
    assert isinstance(end, EndOfTurn)


def test_without_a_score_the_turn_ends_as_if_the_turn_model_doubted() -> None:
    turns = TurnTaker()
    pause = pause_of(run(turns, "######.."))
    text = "What time do you open?"
    assert turns.pause_answer(pause.sample, text, None) == []
    needed = math.ceil(silence_needed(POLICY, Evidence(text)) / HOP_MS)
    ended = run(turns, "." * needed)
    assert ended == [(needed - 3, EndOfTurn(text, 0, 6 * HOP, 1.0))]


def test_a_second_score_is_ignored() -> None:
    turns = TurnTaker()
    pause = pause_of(run(turns, "######.."))
    assert turns.pause_answer(pause.sample, "So I", 0.01) == []
    assert run(turns, "." * 10) == []
    assert turns.pause_answer(pause.sample, "So I?", 0.99) == []


def test_an_unfinished_sentence_waits_for_the_longest_silence() -> None:
    turns = TurnTaker()
    pause = pause_of(run(turns, "######.."))
    turns.pause_answer(pause.sample, "I would like to book for the", 0.02)
    assert silence_needed(POLICY, Evidence("I would like to book for the", 0.02)) == POLICY.max_silence_ms
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
    assert run(turns, ".....")[-1][1] == EndOfTurn("I would like a check-up?", 0, second.sample, 1.0)


def test_a_click_in_the_silence_does_not_void_the_pause() -> None:
    turns = TurnTaker()
    pause = pause_of(run(turns, "######.."))
    turns.pause_answer(pause.sample, "Is it?", 0.99)
    assert run(turns, "#......") == [(4, EndOfTurn("Is it?", 0, 6 * HOP, 1.0))]


def test_a_pause_without_words_is_no_turn() -> None:
    turns = TurnTaker()
    pause = pause_of(run(turns, "######.."))
    turns.pause_answer(pause.sample, "  ", 0.9)
    assert [d for _, d in run(turns, ".....")] == [NoTurn(interrupted=False)]


def test_too_little_voice_is_no_turn_and_asks_nobody() -> None:
    assert [d for _, d in run(TurnTaker(), "##..")] == [SpeechBegan(0), NoTurn(interrupted=False)]


def test_the_first_voiced_hop_over_the_agent_stirs_and_the_second_is_speech() -> None:
    assert run(TurnTaker(agent_speaking=True), "..##") == [(2, Stir(2 * HOP)), (3, SpeechBegan(2 * HOP))]


def test_a_click_over_the_agent_stirs_and_settles_each_time() -> None:
    turns = TurnTaker(agent_speaking=True)
    assert run(turns, "#..#.") == [(0, Stir(0)), (1, Settle()), (3, Stir(3 * HOP)), (4, Settle())]


def test_what_stirred_settles_even_if_the_agent_ends_meanwhile() -> None:
    turns = TurnTaker(agent_speaking=True)
    assert run(turns, "#") == [(0, Stir(0))]
    turns.agent_speaking = False
    assert run(turns, ".") == [(0, Settle())]
    assert run(turns, "#.") == []


def test_voice_within_an_utterance_does_not_stir() -> None:
    turns = TurnTaker(agent_speaking=True)
    kinds = [type(d) for _, d in run(turns, "####..#.##")]
    assert kinds == [Stir, SpeechBegan, Pause, PauseOver]


@pytest.mark.parametrize(
    ("script", "at"), [("#" * 31, None), ("#" * 32, 31), ("#" * 60, 31), ("#" * 16 + "..." + "#" * 16, 34)]
)
def test_voice_as_long_as_no_listener_makes_interrupts_once_whatever_its_words(script: str, at: int | None) -> None:
    decisions = run(TurnTaker(agent_speaking=True), script)
    expected = [] if at is None else [(at, Interrupt(0))]
    assert [(hop, d) for hop, d in decisions if isinstance(d, Interrupt)] == expected


def test_words_that_are_more_than_listening_interrupt_at_once_and_once() -> None:
    turns = TurnTaker(agent_speaking=True)
    run(turns, "." + "#" * 6)
    assert turns.words("Yeah,") == []
    assert turns.words("") == []
    assert turns.words("All") == []
    assert turns.words("in a minute", 0.3) == []
    assert turns.words("Yeah, but what") == [Interrupt(HOP)]
    assert turns.words("Yeah, but what about") == []
    assert [d for _, d in run(turns, "#" * 30)] == []


def test_words_before_speech_or_to_a_silent_agent_interrupt_nobody() -> None:
    turns = TurnTaker(agent_speaking=True)
    assert turns.words("Wait") == []
    turns.agent_speaking = False
    run(turns, "####")
    assert turns.words("Wait") == []


def test_an_agent_that_may_not_be_interrupted_is_not() -> None:
    turns = TurnTaker(agent_speaking=True, interruptible=False)
    assert run(turns, "#" * 40) == [(1, SpeechBegan(0))]
    assert turns.words("Wait a moment") == []


@pytest.mark.parametrize(("voiced", "interrupted"), [(6, False), (36, True)])
def test_no_turn_remembers_whether_the_agent_was_stopped(voiced: int, interrupted: bool) -> None:
    turns = TurnTaker(agent_speaking=True)
    pause = pause_of(run(turns, "#" * voiced + ".."))
    turns.pause_answer(pause.sample, "", 0.1)
    assert run(turns, ".....")[-1][1] == NoTurn(interrupted)
    assert [d for _, d in run(turns, "##")] == [Stir(turns.position - 2 * HOP), SpeechBegan(turns.position - 2 * HOP)]


def test_a_pause_may_be_asked_about_after_one_hop() -> None:
    turns = TurnTaker(TurnPolicy(pause_hops=1))
    assert run(turns, "######.") == [(1, SpeechBegan(0)), (6, Pause(6 * HOP))]
    assert run(TurnTaker(TurnPolicy(pause_hops=1)), "##.####") == [(1, SpeechBegan(0))]


def test_endless_speech_is_taken_after_the_longest_turn() -> None:
    turns = TurnTaker(TurnPolicy(longest_turn_ms=1000))
    decisions = run(turns, "#" * 40)
    pause = next(d for _, d in decisions if isinstance(d, Pause))
    (end,) = turns.pause_answer(pause.sample, "and so on", 0.0)
    assert isinstance(end, EndOfTurn)


def test_what_the_agent_waits_for_changes_the_wait() -> None:
    turns = TurnTaker()
    turns.expect("name")
    pause = pause_of(run(turns, "######.."))
    turns.pause_answer(pause.sample, "Peter Hill.", 0.99)
    assert [type(d) for _, d in run(turns, ".....")] == [EndOfTurn]


def test_a_caller_who_paused_within_a_sentence_is_waited_for_longer_from_the_next_one_on() -> None:
    turns = TurnTaker()
    pause = pause_of(run(turns, "######" + "." * 22 + "######" + "." * 25 + "######.."))
    assert turns.pace.factor == 1
    turns.pause_answer(pause.sample, "We open a shop?", 0.99)
    assert EndOfTurn in [type(d) for _, d in run(turns, "." * 40)]
    assert turns.pace.pause_ms == pytest.approx(704 + 0.35 * (800 - 704))
    text = "We have a shop."
    pause = pause_of(run(turns, "######.."))
    patient = silence_needed(POLICY, Evidence(text, 0.9, 192, pace=turns.pace.factor))
    assert patient > silence_needed(POLICY, Evidence(text, 0.9, 192))
    turns.pause_answer(pause.sample, text, 0.9)
    hops = math.ceil(patient / HOP_MS) - 2
    assert [hop for hop, _ in run(turns, "." * hops)] == [hops - 1]


def test_going_on_within_an_utterance_lowers_the_trust_in_its_next_pause() -> None:
    turns = TurnTaker()
    pause = pause_of(run(turns, "######" + "." * 8 + "######.."))
    turns.pause_answer(pause.sample, "The red one in the window", 0.8)
    patient = silence_needed(POLICY, Evidence("The red one in the window", 0.8, 384, resumed=1))
    assert patient > silence_needed(POLICY, Evidence("The red one in the window", 0.8, 384))
    hops = math.ceil(patient / HOP_MS) - 2
    assert [hop for hop, _ in run(turns, "." * hops)] == [hops - 1]


@pytest.mark.parametrize(("gap", "slower"), [(20, True), (40, False)])
def test_a_caller_who_goes_on_right_after_the_end_had_only_paused(gap: int, slower: bool) -> None:
    turns = TurnTaker()
    pause = pause_of(run(turns, "######.."))
    turns.pause_answer(pause.sample, "Is it far?", 0.99)
    run(turns, "." * (gap - 2) + "##")
    assert turns.pace.pause_ms == (gap * HOP_MS if slower else 0)


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
