"""Who goes next on a shared model: virtual time, no model."""

from __future__ import annotations

from dataclasses import dataclass

from inference.engines.batching import Batches, Waiting, next_speech


def _work(owner: str, since: float = 0.0, *, urgent: bool = True, key: object = None, item: str = "") -> Waiting[str]:
    return Waiting(item or owner, owner, urgent, since, str(key))


def _taken(batches: Batches[str], now: float, *owners: str) -> list[str]:
    return [each.item for each in batches.next(now, owners)[0]]


def test_one_conversation_never_waits_for_others() -> None:
    batches: Batches[str] = Batches(patience=0.004)
    batches.add(_work("a", since=1.0))
    assert _taken(batches, 1.0, "a") == ["a"]
    assert batches.next(1.0, ("a",)) == ([], 0.0)


def test_a_batch_waits_a_moment_for_whoever_is_open_and_not_here() -> None:
    batches: Batches[str] = Batches(patience=0.004)
    batches.add(_work("a", since=1.0))
    batch, wait = batches.next(1.001, ("a", "b"))
    assert batch == []
    assert round(wait, 6) == 0.003
    batches.add(_work("b", since=1.002))
    assert _taken(batches, 1.002, "a", "b") == ["a", "b"]  # everybody is here: at once
    batches.add(_work("a", since=2.0))
    assert _taken(batches, 2.004, "a", "b") == ["a"]  # waited long enough


def test_a_full_batch_goes_at_once() -> None:
    batches: Batches[str] = Batches(most=2, patience=1.0)
    for owner in "abc":
        batches.add(_work(owner, since=1.0))
    assert _taken(batches, 1.0, *"abcd") == ["a", "b"]
    assert len(batches) == 1


def test_finals_go_before_partials_which_fill_the_room_that_is_left() -> None:
    batches: Batches[str] = Batches(most=3, patience=0.0)
    batches.add(_work("a", 1.0, urgent=False))
    batches.add(_work("b", 1.1, urgent=False))
    batches.add(_work("c", 1.2))
    batches.add(_work("d", 1.3))
    assert _taken(batches, 2.0, *"abcd") == ["c", "d", "a"]
    assert _taken(batches, 2.0, *"abcd") == ["b"]


def test_partials_take_turns_between_conversations() -> None:
    batches: Batches[str] = Batches(most=1, patience=0.0)
    order = []
    for _ in range(3):
        for owner in "ab":
            batches.add(_work(owner, 1.0, urgent=False, item=owner))
    while len(batches):
        order += _taken(batches, 2.0, "a", "b")
    assert order == ["a", "b"] * 3


def test_a_conversation_has_one_place_in_a_batch() -> None:
    batches: Batches[str] = Batches(most=4, patience=0.0)
    batches.add(_work("a", 1.0, item="a1"))
    batches.add(_work("a", 1.1, item="a2"))
    batches.add(_work("b", 1.2))
    assert _taken(batches, 2.0, "a", "b") == ["a1", "b"]
    assert _taken(batches, 2.0, "a", "b") == ["a2"]


def test_only_what_can_be_run_together_is() -> None:
    batches: Batches[str] = Batches(most=4, patience=0.0)
    batches.add(_work("a", 1.0, key="en"))
    batches.add(_work("b", 1.1, key="de"))
    batches.add(_work("c", 1.2, key="en"))
    assert _taken(batches, 2.0, *"abc") == ["a", "c"]
    assert _taken(batches, 2.0, *"abc") == ["b"]


def test_what_was_dropped_is_not_run() -> None:
    batches: Batches[str] = Batches(patience=0.0)
    work = _work("a", 1.0)
    batches.add(work)
    assert batches.drop(work)
    assert not batches.drop(work)
    assert _taken(batches, 2.0, "a") == []


@dataclass(frozen=True)
class _Clause:
    deadline: float
    key: float = 1.0


def test_whoever_falls_silent_first_is_spoken_for_first() -> None:
    well_ahead, new, nearly_silent = _Clause(9.0), _Clause(5.0), _Clause(5.2)
    assert next_speech([well_ahead, new, nearly_silent]) == [new]
    assert next_speech([well_ahead, nearly_silent], most=4) == [nearly_silent, well_ahead]


def test_speech_of_another_speed_is_not_made_together() -> None:
    slow, fast = _Clause(5.0, 0.8), _Clause(5.1)
    assert next_speech([fast, slow], most=4) == [slow]
