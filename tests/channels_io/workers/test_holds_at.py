from __future__ import annotations

from datetime import datetime, time

import pytest

from channels_io.workers.provision import holds_at

MONDAY, TUESDAY = 23, 24


@pytest.mark.parametrize(
    ("day", "clock", "days", "begins", "ends", "expected"),
    [
        (MONDAY, time(12), [], None, None, True),
        (MONDAY, time(12), [0], None, None, True),
        (MONDAY, time(12), [1], None, None, False),
        (MONDAY, time(8), [0], time(8), time(18), True),
        (MONDAY, time(18), [0], time(8), time(18), False),
        (MONDAY, time(7, 59), [0], time(8), time(18), False),
        (MONDAY, time(23), [0], time(22), time(6), True),
        (TUESDAY, time(5), [0], time(22), time(6), True),
        (TUESDAY, time(5), [1], time(22), time(6), False),
        (TUESDAY, time(6), [0], time(22), time(6), False),
        (MONDAY, time(5), [], time(22), time(6), True),
    ],
)
def test_when_it_holds(
    day: int, clock: time, days: list[int], begins: time | None, ends: time | None, expected: bool
) -> None:
    assert holds_at(datetime(2026, 11, day, clock.hour, clock.minute), days, begins, ends) is expected  # noqa: DTZ001
