"""Turn policies replayed over made-up evidence, and how the sweep is drawn."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from channels_io.bench.corpus import clips_of
from channels_io.bench.evidence import ClipHeard, PauseHeard, in_its_room
from channels_io.bench.sweep import Candidate, Outcome, Point, candidates, point, replay, sweep_table
from channels_io.bench.sweep_plot import sweep_svg
from channels_io.bench.utterances import Kind
from inference.turns import HOP, HOP_MS, TurnPolicy

USUAL = Candidate("words and turn model", 1.0, TurnPolicy(), chosen=True)


def clip(script: str, *pauses: tuple[int, str, float], end: int, kind: Kind = "pause") -> ClipHeard:
    """`script`: # voice, . quiet, a hop each; pauses: (hop after the last voiced, words, score)."""
    return ClipHeard(
        id="x1",
        corpus="main",
        kind=kind,
        text="",
        speech_start=0,
        speech_end=end * HOP,
        hops=tuple(0.9 if mark == "#" else 0.01 for mark in script),
        pauses=tuple(PauseHeard(hop * HOP, text, score, 1.0) for hop, text, score in pauses),
    )


def test_dead_air_runs_from_the_last_audible_sample_to_the_end_of_the_turn() -> None:
    asked = clip("#" * 20 + "." * 60, (20, "Is it far?", 0.99), end=20)
    # 200 ms are needed, and a hop is 32 ms.
    assert replay(asked, USUAL) == Outcome("x1", cut_off=False, dead_air_ms=7 * HOP_MS)


@pytest.mark.parametrize(("answer_ms", "dead_air_ms"), [(120, 224.0), (300, 364.0)])
def test_a_late_answer_is_part_of_the_dead_air(answer_ms: float, dead_air_ms: float) -> None:
    asked = clip("#" * 20 + "." * 60, (20, "Is it far?", 0.99), end=20)
    assert replay(asked, USUAL, answer_ms).dead_air_ms == dead_air_ms


def test_an_end_within_the_sentence_is_a_cut_off() -> None:
    script = "#" * 20 + "." * 12 + "#" * 20 + "." * 60
    cut = clip(script, (20, "Is it far?", 0.99), (52, "Is it far to walk?", 0.99), end=52)
    assert replay(cut, USUAL) == Outcome("x1", cut_off=True, dead_air_ms=None)
    kept = clip(script, (20, "I want to", 0.99), (52, "I want to walk there?", 0.99), end=52)
    outcome = replay(kept, USUAL)
    assert not outcome.cut_off
    assert outcome.dead_air_ms is not None


def test_a_clip_without_words_is_missed() -> None:
    silent = clip("#" * 20 + "." * 60, (20, "", 0.99), end=20)
    assert point(USUAL, [silent]).missed == ("x1",)


def test_a_point_counts_pause_clips_and_questions_apart() -> None:
    cut = clip("#" * 20 + "." * 12 + "#" * 20, (20, "Is it far?", 0.99), end=40)
    good = clip("#" * 20 + "." * 60, (20, "Is it far?", 0.99), end=20, kind="question")
    found = point(USUAL, [cut, good])
    assert (found.cut_off_rate, found.question_cut_offs) == (1.0, ())
    assert found.p50_ms == found.questions_p95_ms == 224.0
    assert "1/1  x1 <- chosen" in sweep_table([found])


def test_exactly_one_candidate_is_what_the_worker_uses() -> None:
    chosen = [each for each in candidates() if each.chosen]
    assert [each.policy for each in chosen] == [TurnPolicy()]


def test_a_policy_that_hears_only_silence_is_blind_to_words_and_score() -> None:
    silence = next(each for each in candidates() if each.family == "silence only" and each.setting == 500)
    ends = {
        replay(clip("#" * 20 + "." * 60, (20, text, score), end=20), silence).dead_air_ms
        for text, score in (("Is it far?", 0.99), ("I want to", 0.01), ("5 5 5", 0.5))
    }
    assert ends == {16 * HOP_MS}


def test_the_picture_has_a_panel_a_corpus_and_rings_the_chosen_point() -> None:
    good = clip("#" * 20 + "." * 60, (20, "Is it far?", 0.99), end=20)
    points: list[Point] = [point(USUAL, [good])]
    root = ElementTree.fromstring(sweep_svg({"main": points, "fr<sh": points}))  # noqa: S314 - our own text
    space = "{http://www.w3.org/2000/svg}"
    assert len(root.findall(f"{space}g")) == 2
    assert len([each for each in root.iter(f"{space}circle") if each.get("stroke") == "#111111"]) == 2
    assert "fr<sh" in "".join(root.itertext())


def test_a_clip_is_heard_in_its_room() -> None:
    first = clips_of("question")[0]
    samples = in_its_room(first)
    assert samples.size > first.speech_end
    assert samples[-1000:].any(), "room tone, not digital silence, follows"
