from __future__ import annotations

import pytest

from inference.config import MOST_CALLS, MOST_FAKE_CALLS, PLACES, WorkerConfig
from inference.errors import ParleyError


def config(**environ: str) -> WorkerConfig:
    return WorkerConfig.from_environment({"PARLEY_WORKER_TOKEN": "a-token-for-tests", **environ})


def test_without_a_setting_what_is_measured_decides() -> None:
    assert (config().capacity, config().most_calls, config().fixed) == (PLACES, MOST_CALLS, False)


def test_fake_engines_have_room_for_a_ramp_of_calls() -> None:
    fake = config(PARLEY_PROFILE="fake")
    assert fake.capacity == fake.most_calls == MOST_FAKE_CALLS
    assert fake.most_calls >= 128


def test_the_setting_is_the_upper_bound_and_may_be_the_last_word() -> None:
    bounded = config(PARLEY_CAPACITY="6")
    assert (bounded.capacity, bounded.most_calls, bounded.text_capacity, bounded.fixed) == (6, 6, 48, False)
    assert config(PARLEY_CAPACITY="6", PARLEY_ADMISSION="fixed").fixed


@pytest.mark.parametrize(
    ("name", "value"), [("PARLEY_CAPACITY", "0"), ("PARLEY_CAPACITY", "x"), ("PARLEY_ADMISSION", "no")]
)
def test_a_wrong_setting_is_named(name: str, value: str) -> None:
    with pytest.raises(ParleyError, match=name):
        config(**{name: value})
