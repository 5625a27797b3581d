from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from channels_io.messaging.debounce import due_at

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("first_before", "quiet", "due_in"),
    [
        (None, 1.2, 1.2),
        (0.5, 1.2, 1.2),
        (4.5, 1.2, 0.5),  # the fifth second after the first message
        (9.0, 1.2, 0.0),
        (None, 0.0, 0.0),
        (1.0, 20.0, 19.0),  # a channel that waits longer than the limit waits that long
    ],
)
def test_when_it_is_answered(first_before: float | None, quiet: float, due_in: float) -> None:
    first = None if first_before is None else NOW - timedelta(seconds=first_before)
    assert due_at(NOW, first, quiet) == NOW + timedelta(seconds=due_in)
