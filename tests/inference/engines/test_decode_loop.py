"""The loop that serves every conversation, on a context whose words tell every token that is out of place."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference.engines.base import never
from inference.engines.decode_loop import DecodeLoop
from inference.engines.decode_plan import AHEAD_PIECE, URGENT_PIECE, Finished, Request
from inference.engines.sampling import Scores
from inference.errors import EngineError, EngineNotReady

from .memory_context import MemoryContext, alone

HEAD = list(range(40))


@contextmanager
def _running(context: MemoryContext, *, aside_bytes: int = 1 << 20) -> Iterator[DecodeLoop]:
    loop = DecodeLoop(context, aside_bytes=aside_bytes)
    try:
        yield loop
    finally:
        loop.close()
    assert context.faults == []


class Asked:
    """A request and what came of it."""

    def __init__(
        self,
        loop: DecodeLoop,
        owner: str,
        prompt: Sequence[int],
        limit: int = 4,
        *,
        urgent: bool = True,
        background: bool = False,
        held: Callable[[], bool] = never,
        choose: Callable[[Scores], int] | None = None,
        take: Callable[[int], bool] | None = None,
    ) -> None:
        self.tokens: list[int] = []
        self.outcomes: list[Finished | EngineError] = []
        self._ended = threading.Event()
        self._take_too = take
        best = choose or (lambda scores: int(np.argmax(scores)))
        self.request = Request(owner, list(prompt), limit, urgent, best, self._take, self._done)
        self.request.background = background
        self.request.held = held
        loop.submit(self.request)

    def _take(self, token: int) -> bool:
        self.tokens.append(token)
        return self._take_too is None or self._take_too(token)

    def _done(self, outcome: Finished | EngineError) -> None:
        self.outcomes.append(outcome)
        self._ended.set()

    @property
    def outcome(self) -> Finished | EngineError:
        assert self._ended.wait(20)
        return self.outcomes[0]

    @property
    def finished(self) -> Finished:
        outcome = self.outcome
        assert isinstance(outcome, Finished), outcome
        return outcome

    @property
    def error(self) -> EngineError:
        outcome = self.outcome
        assert isinstance(outcome, EngineError), outcome
        return outcome


def _called(loop: DecodeLoop, work: Callable[[], object]) -> object:
    """`work`'s result, run between two steps."""
    answers: list[object] = []
    ran = threading.Event()

    def run() -> None:
        answers.append(work())
        ran.set()

    loop.call(run)
    assert ran.wait(20)
    return answers[0]


# --- one conversation ---------------------------------------------------------------------------


def test_a_reply_is_what_the_model_says_alone() -> None:
    context = MemoryContext()
    with _running(context) as loop:
        asked = Asked(loop, "a", HEAD, 7)
        assert asked.finished == Finished(cached=0, written=7)
        assert asked.tokens == alone(HEAD, 7)
    # The last word is nobody's to read any more.
    assert sum(len(rows) for rows in context.computed) == len(HEAD) + 6
    assert max(len(rows) for rows in context.computed) <= URGENT_PIECE


def test_the_next_turn_reads_its_new_words_only() -> None:
    with _running(MemoryContext()) as loop:
        first = Asked(loop, "a", HEAD, 4)
        longer = [*HEAD, *alone(HEAD, 4), 7, 8]
        assert first.finished
        second = Asked(loop, "a", longer, 3)
        assert second.finished == Finished(cached=len(HEAD) + 3, written=3)
        assert second.tokens == alone(longer, 3)


def test_words_that_were_not_said_are_cut_off() -> None:
    with _running(MemoryContext()) as loop:
        assert Asked(loop, "a", [*HEAD, 50, 51, 52], 4).finished
        other = [*HEAD, 50, 90, 91]
        second = Asked(loop, "a", other, 4)
        assert second.finished == Finished(cached=len(HEAD) + 1, written=4)
        assert second.tokens == alone(other, 4)


def test_the_same_prompt_again_reads_its_last_token_for_its_scores() -> None:
    with _running(MemoryContext()) as loop:
        for cached in (0, len(HEAD) - 1):
            asked = Asked(loop, "a", HEAD, 2)
            assert asked.finished == Finished(cached=cached, written=2)
            assert asked.tokens == alone(HEAD, 2)


def test_reading_ahead_writes_nothing_and_is_found_by_the_reply() -> None:
    context = MemoryContext()
    with _running(context) as loop:
        ahead = Asked(loop, "a", HEAD, 0, urgent=False)
        assert ahead.finished == Finished(cached=0, written=0)
        assert ahead.tokens == []
        assert context.calls["logits"] == 0
        assert max(len(rows) for rows in context.computed) == AHEAD_PIECE
        assert Asked(loop, "a", [*HEAD, 9], 2).finished.cached == len(HEAD)


@pytest.mark.parametrize(("limit", "written"), [(1, 1), (9, 3)])
def test_a_reply_ends_with_its_limit_or_where_it_is_told_to(limit: int, written: int) -> None:
    with _running(MemoryContext()) as loop:
        words = alone(HEAD, 9)
        asked = Asked(loop, "a", HEAD, limit, take=lambda token: token != words[2])
        assert asked.finished.written == written
        assert asked.tokens == words[:written]


def test_a_reply_ends_where_no_word_is_chosen() -> None:
    with _running(MemoryContext()) as loop:
        words = alone(HEAD, 9)
        choose = lambda scores: -1 if np.argmax(scores) == words[2] else int(np.argmax(scores))  # noqa: E731
        asked = Asked(loop, "a", HEAD, 9, choose=choose)
        assert asked.finished.written == 2
        assert asked.tokens == words[:2]


def test_a_prompt_without_tokens_is_refused() -> None:
    with _running(MemoryContext()) as loop, pytest.raises(ValueError, match="at least one token"):
        Asked(loop, "a", [])


# --- several conversations ------------------------------------------------------------------------


def test_a_head_is_read_once_and_begins_every_conversation() -> None:
    context = MemoryContext()
    with _running(context) as loop:
        assert Asked(loop, "head", HEAD, 0, urgent=False).finished
        asked = [Asked(loop, owner, [*HEAD, number, 60], 5) for number, owner in enumerate("abc")]
        for number, each in enumerate(asked):
            assert each.finished == Finished(cached=len(HEAD), written=5)
            assert each.tokens == alone([*HEAD, number, 60], 5)
        assert _called(loop, lambda: context.used) == len(HEAD) + 3 * (2 + 4)


def test_a_head_goes_on_when_its_first_owner_is_gone() -> None:
    with _running(MemoryContext()) as loop:
        assert Asked(loop, "a", [*HEAD, 1], 3).finished
        assert Asked(loop, "b", [*HEAD, 2], 3).finished.cached == len(HEAD)
        loop.forget("a")
        asked = Asked(loop, "b", [*HEAD, 2, 3], 3)
        assert asked.finished.cached == len(HEAD) + 1
        assert asked.tokens == alone([*HEAD, 2, 3], 3)


def test_conversations_at_once_say_what_they_say_alone() -> None:
    prompts = {owner: [*HEAD[: 10 * number], 70 + number, *range(20)] for number, owner in enumerate("abcd")}
    with _running(MemoryContext()) as loop:
        asked = {owner: Asked(loop, owner, prompt, 12) for owner, prompt in prompts.items()}
        for owner, each in asked.items():
            assert each.finished.written == 12
            assert each.tokens == alone(prompts[owner], 12)


def test_whoever_waits_for_an_answer_is_read_before_what_is_read_ahead() -> None:
    context = MemoryContext(gate=True)
    with _running(context) as loop:
        ahead = Asked(loop, "ahead", [70, *HEAD], 0, urgent=False)
        assert context.at_step.acquire(timeout=20)  # the first piece of it is being computed
        urgent = Asked(loop, "urgent", [80, *HEAD], 2)
        context.let(100)
        assert urgent.finished
        assert ahead.finished
    owners = ["ahead" if rows[-1][2] == context.computed[0][0][2] else "urgent" for rows in context.computed]
    # One piece ahead, all of the urgent prompt, then its words with a little of the other beside them.
    assert owners[:4] == ["ahead", "urgent", "urgent", "urgent"]
    assert owners[4] == "ahead"
    assert len(context.computed[4]) == 1 + AHEAD_PIECE // 2


def test_of_one_owners_requests_the_later_waits() -> None:
    context = MemoryContext(gate=True)
    with _running(context) as loop:
        first = Asked(loop, "a", HEAD, 3)
        second = Asked(loop, "a", [*HEAD, 5], 3)
        context.let(100)
        assert first.finished == Finished(cached=0, written=3)
        assert second.finished == Finished(cached=len(HEAD), written=3)
        assert second.tokens == alone([*HEAD, 5], 3)


@pytest.mark.parametrize("ahead", [2, 3, 8])
def test_a_burst_of_reading_ahead_delays_an_answer_by_one_step(ahead: int) -> None:
    """With more of it than there are places too: one of them is left to the answer."""
    context = MemoryContext(cells=600, sequences=3, gate=True)
    with _running(context) as loop:
        burst = [Asked(loop, f"ahead {number}", [number, *HEAD], 0, urgent=False) for number in range(ahead)]
        assert context.at_step.acquire(timeout=20)  # the first step of them is being computed
        steps = len(context.computed)
        answer = Asked(loop, "answer", [90, *HEAD], 2)
        context.let(1000)
        assert answer.finished.written == 2
        assert answer.tokens == alone([90, *HEAD], 2)
        for each in burst:
            assert each.finished.written == 0
    # After the step in hand (and a step that was begun before the answer had arrived) every one is the answer's.
    first = next(index for index, rows in enumerate(context.computed) if rows[0][:2] == (90, 0))
    assert first - steps <= 2
    reading = context.computed[first : first + -(-(len(HEAD) + 1) // URGENT_PIECE)]
    assert [{sequence for _, _, sequence, _ in rows} for rows in reading] == [{reading[0][0][2]}] * len(reading)


def test_what_left_its_place_goes_on_where_it_was() -> None:
    context = MemoryContext(sequences=1, gate=True)
    with _running(context) as loop:
        ahead = Asked(loop, "a", [70, *HEAD], 0, urgent=False)
        context.let(1)
        for _ in range(2):
            assert context.at_step.acquire(timeout=20)
        answer = Asked(loop, "b", [80, *HEAD], 2)
        context.let(1000)
        assert answer.finished.written == 2
        assert ahead.finished == Finished(cached=0, written=0)
        again = Asked(loop, "a", [70, *HEAD, 5], 1)
        assert again.finished.cached == len(HEAD) + 1
    computed = sum(len(rows) for rows in context.computed)
    # The head both have in common is not shared here: 41 tokens each, and each word of the answers once.
    assert computed == 41 + (41 + 1) + 1


def test_reading_ahead_ends_where_its_owners_answer_is_asked_for() -> None:
    context = MemoryContext(gate=True)
    with _running(context) as loop:
        ahead = Asked(loop, "a", HEAD, 0, urgent=False)
        assert context.at_step.acquire(timeout=20)
        answer = Asked(loop, "a", [*HEAD, 5], 2)
        context.let(100)
        assert ahead.finished == Finished(cached=0, written=0)
        assert answer.finished.cached in (AHEAD_PIECE, 2 * AHEAD_PIECE)
        assert answer.tokens == alone([*HEAD, 5], 2)


def test_replies_being_written_share_every_step() -> None:
    context = MemoryContext(cells=600, gate=True)
    with _running(context) as loop:
        asked = [Asked(loop, owner, [70 + number], 12) for number, owner in enumerate("abc")]
        context.let(1000)
        for each in asked:
            assert each.finished.written == 12
    written = [len({sequence for _, _, sequence, _ in rows}) for rows in context.computed]
    assert written.count(3) >= 9


# --- stopping -----------------------------------------------------------------------------------


def test_a_request_is_stopped_between_two_steps_and_what_it_read_stays() -> None:
    context = MemoryContext(gate=True)
    with _running(context) as loop:
        stopped = Asked(loop, "a", HEAD, 0, urgent=False)
        context.let(2)
        for _ in range(3):
            assert context.at_step.acquire(timeout=20)
        stopped.request.stopped = True
        context.let(1)
        assert stopped.finished == Finished(cached=0, written=0)
        assert sum(len(rows) for rows in context.computed) == 3 * AHEAD_PIECE
        context.let(100)
        again = Asked(loop, "a", HEAD, 2)
        assert again.finished == Finished(cached=3 * AHEAD_PIECE, written=2)
        assert again.tokens == alone(HEAD, 2)


def test_a_reply_that_is_held_stops_at_its_first_token_and_goes_on_when_let() -> None:
    held = [True]
    first = threading.Event()
    with _running(MemoryContext()) as loop:
        asked = Asked(loop, "a", HEAD, 5, take=lambda _: first.set() or True, held=lambda: held[0])
        assert first.wait(20)
        other = Asked(loop, "b", [70, *HEAD], 5)
        assert other.finished.written == 5
        assert asked.tokens == alone(HEAD, 1)
        held[0] = False
        assert asked.finished.written == 5
        assert asked.tokens == alone(HEAD, 5)


def test_a_reply_that_is_stopped_says_no_more() -> None:
    context = MemoryContext()
    with _running(context) as loop:
        asked: list[Asked] = []

        def stop_after_three(_token: int) -> bool:
            asked[0].request.stopped = len(asked[0].tokens) == 3
            return True

        ready = threading.Event()
        loop.call(lambda: ready.wait(20))
        asked.append(Asked(loop, "a", HEAD, 500, take=stop_after_three))
        ready.set()
        assert asked[0].finished == Finished(cached=0, written=3)
        assert asked[0].tokens == alone(HEAD, 3)


def test_a_request_that_is_stopped_before_it_began_ends_at_once() -> None:
    context = MemoryContext(gate=True)
    with _running(context) as loop:
        first = Asked(loop, "a", HEAD, 2)
        assert context.at_step.acquire(timeout=20)
        second = Asked(loop, "a", HEAD, 2)
        second.request.stopped = True
        context.let(1)
        assert second.finished == Finished(cached=0, written=0)
        assert first.outcomes == []
        context.let(100)
        assert first.finished.written == 2
        assert first.tokens == alone(HEAD, 2)


def test_an_owner_that_is_forgotten_ends_its_request_and_leaves_its_place() -> None:
    context = MemoryContext(gate=True)
    with _running(context) as loop:
        asked = Asked(loop, "a", HEAD, 500)
        other = Asked(loop, "b", [60, *HEAD], 5)
        context.let(5)
        for _ in range(6):
            assert context.at_step.acquire(timeout=20)
        loop.forget("a")
        loop.forget("nobody")
        context.let(200)
        assert asked.finished.written < 500
        assert other.finished.written == 5
        assert other.tokens == alone([60, *HEAD], 5)
        # What is left is the other's.
        assert _called(loop, lambda: context.used) == len(HEAD) + 1 + 4


# --- places -------------------------------------------------------------------------------------


def test_more_owners_than_sequences_keep_their_tokens() -> None:
    context = MemoryContext(sequences=2)
    prompts = {owner: [70 + number, *HEAD] for number, owner in enumerate("abcde")}
    with _running(context) as loop:
        for owner, prompt in prompts.items():
            assert Asked(loop, owner, prompt, 3).finished.cached == 0
        for owner, prompt in prompts.items():
            asked = Asked(loop, owner, [*prompt, 9], 3)
            assert asked.finished == Finished(cached=len(prompt), written=3)
            assert asked.tokens == alone([*prompt, 9], 3)


def test_more_owners_at_once_than_sequences_wait_for_a_place() -> None:
    prompts = {owner: [70 + number, *HEAD] for number, owner in enumerate("abcdef")}
    with _running(MemoryContext(sequences=2)) as loop:
        asked = {owner: Asked(loop, owner, prompt, 6) for owner, prompt in prompts.items()}
        for owner, each in asked.items():
            assert each.finished.written == 6
            assert each.tokens == alone(prompts[owner], 6)


def test_a_full_cache_closes_its_gaps_first() -> None:
    context = MemoryContext(cells=90)
    with _running(context) as loop:
        first, second = Asked(loop, "a", [70, *HEAD], 1), Asked(loop, "b", [80, *HEAD], 1)
        assert first.finished
        assert second.finished
        loop.forget("a")  # its 41 cells lie before the other's, 8 are free behind those
        longer = [90, *HEAD, 1, 2, 3]
        asked = Asked(loop, "c", longer, 3)
        assert asked.finished == Finished(cached=0, written=3)
        assert asked.tokens == alone(longer, 3)
        assert context.calls["compact"] > 0
        assert context.calls["state"] == 0
        assert Asked(loop, "b", [80, *HEAD, 1], 1).finished.cached == len(HEAD) + 1


def test_a_full_cache_puts_aside_whoever_is_idle_longest_and_finds_it_again() -> None:
    context = MemoryContext(cells=100)
    with _running(context) as loop:
        for owner, first in (("a", 70), ("b", 80), ("c", 90)):
            asked = Asked(loop, owner, [first, *HEAD], 2)
            assert asked.finished == Finished(cached=0, written=2)
            assert asked.tokens == alone([first, *HEAD], 2)
        assert context.calls["state"] == 1
        for owner, first in (("a", 70), ("b", 80), ("c", 90)):
            asked = Asked(loop, owner, [first, *HEAD, 5], 2)
            assert asked.finished == Finished(cached=len(HEAD) + 1, written=2)
            assert asked.tokens == alone([first, *HEAD, 5], 2)


def test_a_cache_from_outside_takes_the_place_of_whoever_is_idle() -> None:
    context = MemoryContext(cells=100)
    with _running(context) as loop:
        for owner, first in (("a", 70), ("b", 80)):
            assert Asked(loop, owner, [first, *HEAD], 1).finished
        loop.forget("nobody")
        state = b"[%s]" % b",".join(b"%d" % token for token in HEAD)
        assert _called(loop, lambda: loop.places.restore("head", HEAD, state)) is True
        assert Asked(loop, "c", [*HEAD, 9], 1).finished.cached == len(HEAD)
        assert Asked(loop, "a", [70, *HEAD, 9], 1).finished.cached == len(HEAD) + 1


def test_a_cache_larger_than_the_context_is_not_taken() -> None:
    context = MemoryContext(cells=30)
    with _running(context) as loop:
        assert _called(loop, lambda: loop.places.restore("head", HEAD, b"[]")) is False
        assert _called(loop, lambda: context.used) == 0


def test_what_was_put_aside_and_does_not_fit_any_more_is_read_again() -> None:
    context = MemoryContext(sequences=1)
    with _running(context) as loop:
        assert Asked(loop, "a", [70, *HEAD], 2).finished
        assert Asked(loop, "b", [80, *HEAD], 2).finished
        context.refuses_states = True
        asked = Asked(loop, "a", [70, *HEAD], 2)
        assert asked.finished == Finished(cached=0, written=2)
        assert asked.tokens == alone([70, *HEAD], 2)


def test_what_was_put_aside_is_bounded_and_the_oldest_goes() -> None:
    state_bytes = 200  # of 44 tokens, as text
    with _running(MemoryContext(sequences=1), aside_bytes=2 * state_bytes) as loop:
        for number, owner in enumerate("abcd"):
            assert Asked(loop, owner, [70 + number, *HEAD], 2).finished
        assert Asked(loop, "a", [70, *HEAD], 2).finished.cached == 0
        assert Asked(loop, "d", [73, *HEAD], 2).finished.cached == len(HEAD)


def test_what_was_put_aside_goes_with_its_owner() -> None:
    with _running(MemoryContext(sequences=1)) as loop:
        assert Asked(loop, "a", [70, *HEAD], 2).finished
        assert Asked(loop, "b", [80, *HEAD], 2).finished
        loop.forget("a")
        assert Asked(loop, "a", [70, *HEAD], 2).finished.cached == 0


def test_in_a_full_cache_the_last_that_came_waits_and_the_others_go_on() -> None:
    context = MemoryContext(cells=100, sequences=4, batch=8, gate=True)
    prompts = {owner: [70 + number, *HEAD[:29]] for number, owner in enumerate("abcd")}
    with _running(context) as loop:
        asked = {owner: Asked(loop, owner, prompt, 20) for owner, prompt in prompts.items()}
        context.let(2000)
        for owner, each in asked.items():
            # 4 x 50 tokens and 100 cells: all are served, none with another word than it says alone.
            assert each.finished == Finished(cached=0, written=20)
            assert each.tokens == alone(prompts[owner], 20)
    assert context.calls["state"] > 0


def test_in_a_full_cache_who_reads_ahead_gives_way_to_who_answers() -> None:
    context = MemoryContext(cells=60, batch=12, gate=True)
    crowded: set[tuple[bool, bool]] = set()
    with _running(context) as loop:
        answer = Asked(
            loop,
            "answer",
            [80, *HEAD[:29]],
            25,
            take=lambda _: crowded.add((answer.request.crowded, ahead.request.crowded)) or True,
        )
        ahead = Asked(loop, "ahead", [70, *HEAD, *HEAD[:9]], 0, urgent=False)
        context.let(2000)
        assert answer.finished.written == 25
        assert answer.tokens == alone([80, *HEAD[:29]], 25)
        assert ahead.finished == Finished(cached=0, written=0)
    assert crowded == {(False, False), (False, True)}


def test_a_reply_that_waits_for_cells_can_be_stopped() -> None:
    context = MemoryContext(cells=70, batch=40, gate=True)
    with _running(context) as loop:
        first = Asked(loop, "first", [70, *HEAD[:29]], 30)
        second = Asked(loop, "second", [80, *HEAD[:29]], 30)
        while not second.request.crowded:
            context.let(1)
            assert context.at_step.acquire(timeout=20)
        second.request.stopped = True
        context.let(2000)
        assert second.finished.written < 30
        assert second.tokens == alone([80, *HEAD[:29]], len(second.tokens))
        assert first.finished.written == 30
        assert first.tokens == alone([70, *HEAD[:29]], 30)


def test_background_work_gets_what_others_leave_and_is_not_lost() -> None:
    context = MemoryContext(gate=True)
    with _running(context) as loop:
        notes = Asked(loop, "a", HEAD[:10], 30, urgent=False, background=True)
        context.let(4)
        for _ in range(4):
            assert context.at_step.acquire(timeout=20)
        answer = Asked(loop, "b", [70, *HEAD], 5)
        context.let(2000)
        assert answer.tokens == alone([70, *HEAD], answer.finished.written)
        assert notes.finished.written == 30
        assert notes.tokens == alone(HEAD[:10], 30)
    reads = [rows for rows in context.computed if any(sequence == 1 for _, _, sequence, _ in rows)]
    # While the answer's prompt is read nothing is done in the background; while it is written, one row.
    assert all({sequence for _, _, sequence, _ in rows} == {1} for rows in reads if len(rows) > 2)


def test_a_cache_too_small_for_who_is_at_work_is_told_and_the_loop_goes_on() -> None:
    with _running(MemoryContext(cells=30)) as loop:
        assert Asked(loop, "idle", HEAD[:10], 1).finished
        failed = Asked(loop, "a", [70, *HEAD], 2)
        assert failed.error.code == "engine_busy"
        # What was put aside to make room is still there for a prompt that begins with it.
        assert Asked(loop, "a", HEAD[:20], 2).finished == Finished(cached=10, written=2)


# --- caches from outside --------------------------------------------------------------------------


def test_a_cache_that_was_kept_is_given_to_a_new_loop() -> None:
    with _running(MemoryContext()) as loop:
        assert Asked(loop, "head", HEAD, 0, urgent=False).finished
        state = _called(loop, lambda: loop.places.state("head"))
        assert _called(loop, lambda: loop.places.state("nobody")) == b""
    assert isinstance(state, bytes)
    with _running(MemoryContext()) as new:
        assert _called(new, lambda: new.places.restore("head", HEAD, state)) is True
        asked = Asked(new, "a", [*HEAD, 3], 4)
        assert asked.finished == Finished(cached=len(HEAD), written=4)
        assert asked.tokens == alone([*HEAD, 3], 4)


def test_a_cache_that_does_not_fit_leaves_nothing_behind() -> None:
    context = MemoryContext()
    context.refuses_states = True
    with _running(context) as loop:
        assert _called(loop, lambda: loop.places.restore("head", [1, 2, 3, 4], b"[1, 2, 3, 4]")) is False
        assert _called(loop, lambda: context.used) == 0
        assert Asked(loop, "head", HEAD, 2).finished == Finished(cached=0, written=2)


def test_a_cache_is_not_put_over_one_that_is_there() -> None:
    context = MemoryContext(gate=True)
    with _running(context) as loop:
        reading = Asked(loop, "head", HEAD, 3)
        context.let(1)
        for _ in range(2):
            assert context.at_step.acquire(timeout=20)
        answers: list[bool] = []
        loop.call(lambda: answers.append(loop.places.restore("head", HEAD, b"[]")))
        context.let(100)
        assert reading.finished.written == 3
        assert reading.tokens == alone(HEAD, 3)
        assert answers == [False]
        assert _called(loop, lambda: loop.places.restore("head", [*HEAD, *reading.tokens[:2]], b"[]")) is True
        assert context.calls["restore"] == 0


# --- failures -----------------------------------------------------------------------------------


def test_a_step_that_fails_ends_its_requests_and_they_begin_anew() -> None:
    context = MemoryContext(gate=True)
    with _running(context) as loop:
        idle = Asked(loop, "idle", [60, *HEAD], 1)
        context.let(3)
        assert idle.finished
        both = [Asked(loop, owner, [first, *HEAD], 50) for owner, first in (("a", 70), ("b", 80))]
        context.let(8)
        for _ in range(12):
            assert context.at_step.acquire(timeout=20)
        context.failures.append(EngineError("The language model failed to compute (code -3)."))
        context.let(100)
        for each in both:
            assert "code -3" in each.error.message
        again = Asked(loop, "a", [70, *HEAD], 4)
        assert again.finished == Finished(cached=0, written=4)
        assert again.tokens == alone([70, *HEAD], 4)
        assert Asked(loop, "idle", [60, *HEAD], 1).finished.cached == len(HEAD)


@pytest.mark.parametrize("error", [EngineError("no grammar", code="options"), ValueError("a fault of ours")])
@pytest.mark.parametrize("where", ["choose", "take"])
def test_a_reply_that_fails_fails_alone(where: str, error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    def fail(_given: object) -> int:
        raise error

    caplog.set_level(logging.CRITICAL)
    context = MemoryContext(gate=True)
    with _running(context) as loop:
        ready = threading.Event()
        loop.call(lambda: ready.wait(20))  # so that all three are in each step
        before = Asked(loop, "before", [70], 20)
        broken = Asked(loop, "broken", [80], 20, choose=fail) if where == "choose" else None
        broken = broken or Asked(loop, "broken", [80], 20, take=fail)
        after = Asked(loop, "after", [90], 20)
        ready.set()
        context.let(100)
        assert broken.error.code == getattr(error, "code", "engine_failed")
        assert before.finished.written == after.finished.written == 20
        assert (before.tokens, after.tokens) == (alone([70], 20), alone([90], 20))
    assert [len(each.outcomes) for each in (before, broken, after)] == [1, 1, 1]


def test_closing_fails_what_is_left_and_refuses_what_comes() -> None:
    context = MemoryContext(gate=True)
    with _running(context) as loop:
        active = Asked(loop, "a", HEAD, 500)
        assert context.at_step.acquire(timeout=20)
        waiting = Asked(loop, "b", HEAD, 5)
        ran: list[bool] = []
        loop.call(lambda: ran.append(True))
        closer = threading.Thread(target=loop.close)
        closer.start()
        while not loop._closed:
            closer.join(0.01)
        context.let(1)
        closer.join(20)
        assert not closer.is_alive()
        for each in (active, waiting):
            assert isinstance(each.error, EngineNotReady)
            assert len(each.outcomes) == 1
        assert ran == [True]
        with pytest.raises(EngineNotReady):
            Asked(loop, "a", HEAD)
        with pytest.raises(EngineNotReady):
            loop.call(lambda: None)
        loop.forget("a")
        loop.close()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_nobody_waits_for_a_loop_that_broke(monkeypatch: pytest.MonkeyPatch) -> None:
    context = MemoryContext()
    loop = DecodeLoop(context)
    monkeypatch.setattr(context, "read", lambda rows: 1 // 0)
    asked = Asked(loop, "a", HEAD)
    assert isinstance(asked.error, EngineNotReady)
    loop._thread.join(20)
    with pytest.raises(EngineNotReady):
        Asked(loop, "a", HEAD)
    loop.close()


# --- everything at once ---------------------------------------------------------------------------

ACTIONS = st.lists(
    st.tuples(
        st.sampled_from("abcdef"),
        st.integers(0, 3),  # which head
        st.lists(st.integers(0, 3), min_size=1, max_size=12),
        st.integers(0, 6),
        st.booleans(),
        st.sampled_from(["", "", "", "stop", "forget", "wait"]),
    ),
    min_size=1,
    max_size=25,
)


@settings(max_examples=150, deadline=None)
@given(ACTIONS, st.integers(1, 4), st.integers(30, 120), st.integers(1, 12), st.sampled_from([0, 300, 1 << 20]))
def test_whatever_happens_every_word_is_the_one_said_alone(
    actions: list[tuple[str, int, list[int], int, bool, str]],
    sequences: int,
    cells: int,
    batch: int,
    aside_bytes: int,
) -> None:
    context = MemoryContext(cells=cells, sequences=sequences, batch=batch)
    asked: list[tuple[Asked, list[int], int, bool]] = []
    with _running(context, aside_bytes=aside_bytes) as loop:
        for owner, head, words, limit, urgent, then in actions:
            prompt = [*HEAD[: 6 * head], *words]
            one = Asked(loop, owner, prompt, limit, urgent=urgent)
            asked.append((one, prompt, limit, then in ("stop", "forget")))
            if then == "stop":
                one.request.stopped = True
            elif then == "forget":
                loop.forget(owner)
            elif then == "wait":
                assert one.outcome
        forgotten = {one.request.owner for one, *_, ended in asked if ended}
        for one, prompt, limit, _ in asked:
            outcome = one.outcome
            assert one.tokens == alone(prompt, limit)[: len(one.tokens)]
            if isinstance(outcome, EngineError):
                assert outcome.code == "engine_busy"
            else:
                assert outcome.written == len(one.tokens)
                assert outcome.cached < len(prompt)
                assert outcome.written == limit or one.request.owner in forgotten
        for owner in "abcdef":
            loop.forget(owner)
        assert _called(loop, lambda: context.used) == 0
    assert all(len(one.outcomes) == 1 for one, *_ in asked)


def test_a_head_put_aside_begins_every_conversation_and_takes_no_cells() -> None:
    context = MemoryContext()
    with _running(context) as loop:
        assert Asked(loop, "head", HEAD[:20], 0).finished
        _called(loop, lambda: loop.places.put_aside("head"))
        assert _called(loop, lambda: context.used) == 0
        first = Asked(loop, "a", [*HEAD[:20], 7], 1)
        assert first.finished == Finished(cached=20, written=1)
        second = Asked(loop, "b", [*HEAD[:20], 8], 1)
        assert second.finished == Finished(cached=20, written=1)
        # The head once, which both share, and the word that each had to read.
        assert _called(loop, lambda: context.used) == 22
        assert second.tokens == alone([*HEAD[:20], 8], 1)


def test_a_few_words_in_common_bring_nothing_back_from_aside() -> None:
    context = MemoryContext()
    with _running(context) as loop:
        assert Asked(loop, "head", HEAD[:20], 0).finished
        _called(loop, lambda: loop.places.put_aside("head"))
        assert _called(loop, lambda: loop.places.holds("head"))
        assert Asked(loop, "a", [*HEAD[:5], 7], 1).finished == Finished(cached=0, written=1)
        assert context.calls["restore"] == 0
        assert Asked(loop, "b", [*HEAD[:12], 8], 1).finished == Finished(cached=12, written=1)
        assert context.calls["restore"] == 1
        assert not _called(loop, lambda: loop.places.holds("nobody"))
