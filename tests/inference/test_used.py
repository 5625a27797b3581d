"""What was used is told once, by who did it."""

from __future__ import annotations

from inference.used import Meter, Use, together, uses_from

CLOUD = Use("chat", "pv_1", "small", "Cloud")


def test_the_same_engine_is_one_entry_and_another_model_is_another() -> None:
    one = Use("chat", "pv_1", "small", "Cloud", prompt_tokens=10, reply_tokens=2)
    other = Use("chat", "pv_1", "large", "Cloud", prompt_tokens=5)
    assert together([one, other, one]) == (
        Use("chat", "pv_1", "small", "Cloud", prompt_tokens=20, reply_tokens=4),
        other,
    )


def test_what_was_taken_is_not_told_again_and_other_stages_wait() -> None:
    meter = Meter()
    meter.add(Use("chat", "pv_1", prompt_tokens=7))
    meter.add(Use("transcriber", "pv_1", audio_ms=900))
    assert meter.take("chat", "synthesizer") == (Use("chat", "pv_1", prompt_tokens=7),)
    assert meter.take("chat") == ()
    assert meter.take() == (Use("transcriber", "pv_1", audio_ms=900),)


def test_whoever_serves_a_stage_is_named_unless_somebody_else_stood_in() -> None:
    meter = Meter({"chat": CLOUD})
    meter.answered("chat")
    meter.answered("synthesizer")
    assert meter.take() == (CLOUD,)
    meter.add(Use("chat", "", "qwen", prompt_tokens=3))
    meter.answered("chat")
    assert meter.take() == (Use("chat", "", "qwen", prompt_tokens=3),)


def test_json_that_is_not_understood_is_left_out() -> None:
    stored = [
        {"stage": "chat", "service": "pv_1", "prompt_tokens": 4},
        {"stage": "dance"},
        7,
        {"stage": "chat", "x": 1},
    ]
    assert uses_from(stored) == (Use("chat", "pv_1", prompt_tokens=4), Use("chat"))
