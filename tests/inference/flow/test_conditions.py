from __future__ import annotations

import pytest

from inference.flow.conditions import hold, holds
from inference.nodes import Condition, Operator

VALUES = {"day": "2026-11-24", "n": "12", "name": "Ona Lind", "empty": " ", "yes": True, "price": 9.5}


@pytest.mark.parametrize(
    ("variable", "operator", "value", "expected"),
    [
        ("name", "is", "ona lind", True),
        ("name", "is", " Ona Lind ", True),
        ("n", "is", "12.0", True),
        ("n", "is", "012", True),
        ("n", "is_not", "12", False),
        ("gone", "is_not", "x", True),
        ("yes", "is", "true", True),
        ("price", "is", "9.50", True),
        ("name", "contains", "LIN", True),
        ("name", "contains", "", False),
        ("name", "not_contains", "berg", True),
        ("gone", "not_contains", "berg", True),
        ("name", "starts_with", "ona", True),
        ("name", "starts_with", "lind", False),
        ("n", "greater", "9", True),
        ("n", "greater", "12", False),
        ("n", "at_least", "12", True),
        ("n", "less", "100", True),
        ("n", "at_most", "11.9", False),
        ("day", "less", "2026-12-01", True),
        ("day", "at_least", "2026-11-24", True),
        ("gone", "less", "5", False),
        ("gone", "greater", "5", False),
        ("n", "greater", "", False),
        ("name", "is_set", "", True),
        ("empty", "is_set", "", False),
        ("gone", "is_empty", "", True),
        ("n", "is_empty", "", False),
        ("n", "one_of", "10, 11, 12", True),
        ("name", "one_of", "Berg, ona lind", True),
        ("name", "not_one_of", "Berg,Holm", True),
        ("n", "not_one_of", "12", False),
        ("n", "is", "{{n}}", True),
        ("day", "is", "{{gone}}", False),
        ("n", "greater", "nan", False),
    ],
)
def test_a_row(variable: str, operator: Operator, value: str, expected: bool) -> None:
    assert holds(Condition(variable, operator, value), VALUES) is expected


def test_all_any_and_none() -> None:
    true, false = Condition("n", "is", "12"), Condition("n", "is", "13")
    assert hold((true, true), "all", VALUES) and not hold((true, false), "all", VALUES)
    assert hold((false, true), "any", VALUES) and not hold((false,), "any", VALUES)
    assert not hold((), "all", VALUES) and not hold((), "any", VALUES)
