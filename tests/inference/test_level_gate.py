from __future__ import annotations

from inference.level_gate import LevelGate


def test_the_detectors_hangover_after_speech_is_silence() -> None:
    gate = LevelGate()
    speech = [gate.correct(0.95, level, speaking=index > 1) for index, level in enumerate([-22, -18, -20, -35, -21])]
    assert speech == [0.95] * 5
    assert [gate.correct(0.9, -60, speaking=True) for _ in range(5)] == [0.0] * 5


def test_on_a_noisy_line_the_detector_alone_decides() -> None:
    gate = LevelGate()
    assert [gate.correct(0.9, -25, speaking=True), gate.correct(0.2, -40, speaking=True)] == [0.9, 0.2]


def test_a_new_utterance_begins_with_its_own_level() -> None:
    gate = LevelGate()
    gate.correct(0.9, -10, speaking=True)
    assert gate.correct(0.9, -45, speaking=True) == 0.0
    assert gate.correct(0.9, -45, speaking=False) == 0.9
    assert gate.correct(0.9, -45, speaking=True) == 0.9


def test_a_caller_who_grows_quieter_stays_heard() -> None:
    gate = LevelGate()
    levels = [-20 - step * 0.04 for step in range(600)]
    assert all(gate.correct(0.9, level, speaking=True) for level in levels)
