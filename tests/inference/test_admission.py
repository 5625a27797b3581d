"""A worker in virtual time: what calls cost is made up, what the model makes of it is not."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.admission import REST, Admission, Costs, Observation, p95, wait_p95
from inference.lanes import LaneUse

CHEAP = Costs(processor=0.02, loop=0.01)


def worker(costs: Costs, *, most: int = 64, cores: float = 2.0) -> Admission:
    admission = Admission(most=most, cores=cores, limit=0.1)
    admission.begin(costs)
    return admission


def seen(
    calls: float, *, processor: float = 0.02, loop: float = 0.01, lag: float = 0.001, **lanes: LaneUse
) -> Observation:
    """A second with `calls` that cost so much each."""
    return Observation(1.0, calls, processor * calls, loop * calls, lag, lanes)  # type: ignore[arg-type]


def run(admission: Admission, seconds: int, observation: Observation) -> list[int]:
    capacities = []
    for _ in range(seconds):
        admission.observe(observation)
        capacities.append(admission.capacity)
    return capacities


# --- the estimate ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("costs", "capacity", "limited_by"),
    [
        (Costs(processor=0.28, loop=0.01), 5, "processor"),
        (Costs(processor=0.01, loop=0.049), 12, "event loop"),
        (Costs(processor=5.0, loop=0.01), 1, "processor"),
        (Costs(processor=0.001, loop=0.001), 64, "setting"),
        (Costs(processor=0.1, loop=0.01, lanes={"transcriber": (0.08, 1.6)}), 2, "transcriber"),
        (Costs(processor=0.099, loop=0.01, lanes={"synthesizer": (0.006, 0.4)}), 15, "processor"),
    ],
)
def test_the_calibration_gives_the_capacity_to_begin_with(costs: Costs, capacity: int, limited_by: str) -> None:
    admission = worker(costs)
    assert (admission.capacity, admission.limited_by) == (capacity, limited_by)


def test_the_reason_is_in_words() -> None:
    assert worker(Costs(processor=0.28, loop=0.01)).reason == "a call takes 0.28 of 2 processor cores"
    lanes = worker(Costs(processor=0.1, loop=0.01, lanes={"transcriber": (0.08, 0.4)}))
    assert lanes.reason == "a call keeps speech recognition busy for 8.0% of the time, 200 ms at once"
    assert "PARLEY_CAPACITY" in worker(CHEAP, most=2).reason


def test_without_a_calibration_the_setting_holds() -> None:
    assert Admission(most=6, cores=2).capacity == 6


def test_the_wait_for_one_server_matches_a_simulation() -> None:
    """Exponential arrivals and pieces: the formula is the exact one for them."""
    dice = random.Random(7)  # noqa: S311 - a simulation
    use, piece = 0.6, 0.05
    now = free = 0.0
    waits = []
    for _ in range(60_000):
        now += dice.expovariate(use / piece)
        waits.append(max(0.0, free - now))
        free = max(free, now) + dice.expovariate(1 / piece)
    assert p95(waits) == pytest.approx(wait_p95(use, piece), rel=0.1)


@given(st.floats(0, 0.99), st.floats(0, 0.99), st.floats(0.001, 1))
def test_more_use_means_no_shorter_wait(first: float, second: float, piece: float) -> None:
    low, high = sorted((first, second))
    assert 0 <= wait_p95(low, piece) <= wait_p95(high, piece)


def test_the_p95() -> None:
    assert p95([]) == 0.0
    assert p95([3.0]) == 3.0
    assert p95([float(value) for value in range(1, 101)]) == 95.0


# --- moving ---------------------------------------------------------------------------------------


def test_calls_that_cost_what_was_thought_move_nothing() -> None:
    admission = worker(Costs(processor=0.28, loop=0.01))
    assert set(run(admission, 600, seen(4, processor=0.28))) == {5}


def test_an_idle_worker_learns_nothing() -> None:
    admission = worker(Costs(processor=0.28, loop=0.01))
    assert set(run(admission, 600, Observation(1.0, 0.0, 1.9, 0.9, 0.5))) == {5}


def test_cheaper_calls_raise_it_slowly_and_dearer_ones_lower_it() -> None:
    admission = worker(Costs(processor=0.28, loop=0.01))
    rising = run(admission, 400, seen(4, processor=0.1))
    assert rising[-1] in (14, 15)
    assert all(0 <= after - before <= 1 for before, after in itertools.pairwise(rising))
    assert rising.index(6) >= 4
    falling = run(admission, 600, seen(4, processor=0.45))
    assert falling[-1] == 3
    assert all(-1 <= after - before <= 0 for before, after in itertools.pairwise(falling))


@given(st.lists(st.floats(0.8, 1.2), min_size=200, max_size=200), st.integers(1, 3))
def test_few_calls_with_noisy_costs_do_not_make_it_swing(noise: list[float], calls: int) -> None:
    """It may settle; it does not go up and down."""
    admission = worker(Costs(processor=0.28, loop=0.01))
    moves = []
    for factor in noise:
        before = admission.capacity
        admission.observe(seen(calls, processor=0.28 * factor))
        moves += [admission.capacity - before] if admission.capacity != before else []
    assert len(moves) <= 1


def test_waits_that_harm_take_capacity_back_and_it_rests_before_it_rises() -> None:
    admission = worker(CHEAP, most=20)
    assert admission.capacity == 20
    harmed = seen(20, transcriber=LaneUse(0.01, 5, (0.3,) * 5))
    assert run(admission, 2, harmed) == [20, 20]
    assert run(admission, 1, harmed) == [18]
    assert admission.limited_by == "waiting"
    assert admission.reason == "with 20 calls, urgent work waited 300 ms"
    quiet = run(admission, int(REST) - 1, seen(18))
    assert set(quiet) == {18}
    assert run(admission, 60, seen(18))[-1] == 20


def test_a_late_event_loop_is_harm_too() -> None:
    admission = worker(CHEAP, most=20)
    assert run(admission, 3, seen(20, lag=0.2)) == [20, 20, 18]


def test_twice_the_load_settles_where_waits_are_short() -> None:
    """Callers without end; more than nine at once harm each other, which no cost tells."""
    admission = worker(CHEAP, most=20)
    history = []
    for _ in range(600):
        calls = min(18, admission.capacity)
        wait = 0.02 if calls <= 9 else 0.25
        admission.observe(seen(calls, chat=LaneUse(0.1, 10, (wait,) * 10)))
        history.append(admission.capacity)
    assert 8 <= history[-1] <= 11
    late = history[200:]
    harmed = sum(capacity > 9 for capacity in late)
    assert harmed / len(late) < 0.5


def test_one_call_is_never_refused_for_what_it_waits_itself() -> None:
    admission = worker(CHEAP, most=4)
    assert set(run(admission, 100, seen(1, lag=0.5, chat=LaneUse(0.03, 3, (0.5, 0.5))))) == {4}
    admission = worker(Costs(processor=9, loop=2), most=4)
    assert set(run(admission, 100, seen(1, processor=9, loop=1, lag=0.5))) == {1}


def test_few_calls_of_many_are_not_blamed() -> None:
    admission = worker(CHEAP, most=20)
    assert set(run(admission, 50, seen(3, lag=0.5))) == {20}


def test_the_load_is_the_most_of_places_processor_and_waits() -> None:
    admission = worker(CHEAP, most=20)
    assert admission.busy(0) == 0.0
    assert admission.busy(10) == 0.5
    admission.observe(Observation(1.0, 2.0, 1.2, 0.01, 0.01))
    assert admission.busy(2) == pytest.approx(1.2 / 2 / 0.75)
    admission.observe(Observation(1.0, 2.0, 0.1, 0.01, 0.3))
    assert admission.busy(2) == 1.0


def test_where_it_is_fixed_nothing_moves_it() -> None:
    admission = Admission(most=20, cores=2, fixed=True)
    admission.begin(Costs(processor=9, loop=9))
    assert set(run(admission, 60, seen(20, processor=1, lag=0.5))) == {20}
    assert admission.busy(20) == 1.0


def test_what_the_others_weigh_leaves_out_the_call_that_asks() -> None:
    admission = worker(Costs(processor=0.1, loop=0.01))
    admission.observe(seen(4, processor=0.15))
    assert admission.pressure(0, of=1) == 0.0
    assert admission.pressure(3, of=4) == pytest.approx(0.6 / 2 / 0.75 * 3 / 4)


def test_a_few_calls_on_an_idle_machine_do_not_lower_it() -> None:
    admission = worker(Costs(processor=0.02, loop=0.02))
    before = admission.capacity
    assert run(admission, 120, seen(2, loop=0.06))[-1] == before
