from __future__ import annotations

from datetime import date

import pytest

from agents.evaluation.matching import matches

SUNDAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("expected", "value", "same"),
    [
        ("cleaning", "Cleaning", True),
        ("cleaning", "filling", False),
        ("15:30", "15:30", True),
        ("any", "nuts", True),
        ("any", " ", False),
        ("ends:2125550144", "+12125550144", True),
        ("ends:2125550144", "+12125550145", False),
        ("days:1", "2026-11-23", True),
        ("days:1", "2026-11-24", False),
        ("weekday:tuesday", "2026-11-24", True),
        ("weekday:tuesday", "2026-12-01", False),
        ("next:tuesday", "2026-11-24", True),
        ("next:tuesday", "2026-12-01", True),
        ("next:tuesday", "2026-12-08", False),
        ("next:sunday", "2026-11-22", False),
        ("next:sunday", "2026-11-29", True),
        ("weekday:sunday", "2026-11-22", True),
        ("weekday:sunday", "2026-11-29", True),
        ("weekday:sunday", "", False),
        ("monthday:20", "2026-12-20", True),
        ("monthday:20", "2026-11-20", False),
        ("monthday:22", "2026-11-22", True),
        ("monthday:22", "2026-12-22", True),
        ("monthday:31", "2026-12-31", True),
    ],
)
def test_expected_values(expected: str, value: str, same: bool) -> None:
    assert matches(expected, value, SUNDAY) is same
