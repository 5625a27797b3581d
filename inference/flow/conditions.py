"""Condition rows: variable · operator · value. Pure; nothing is evaluated, only compared."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal, assert_never

from inference.flow.templates import fill, text_of
from inference.nodes import Condition

_NUMBER = re.compile(r"[+-]?\d{1,15}(?:\.\d{1,15})?", re.ASCII)


def hold(rows: Sequence[Condition], match: Literal["all", "any"], values: Mapping[str, Any]) -> bool:
    """Whether all, or any, of the rows hold. No rows at all never do."""
    if not rows:
        return False
    return (all if match == "all" else any)(holds(row, values) for row in rows)


def holds(row: Condition, values: Mapping[str, Any]) -> bool:
    """Numbers are compared as numbers where both sides are; else text, whatever its case.

    "2026-11-24" and "15:30" are in order as text. Nothing is greater or less than an empty value.
    """
    left, right = text_of(values.get(row.variable)).strip(), fill(row.value, values).strip()
    match row.operator:
        case "is":
            return _same(left, right)
        case "is_not":
            return not _same(left, right)
        case "contains":
            return bool(right) and right.casefold() in left.casefold()
        case "not_contains":
            return not right or right.casefold() not in left.casefold()
        case "starts_with":
            return bool(right) and left.casefold().startswith(right.casefold())
        case "greater":
            return _order(left, right) == 1
        case "less":
            return _order(left, right) == -1
        case "at_least":
            return _order(left, right) in (0, 1)
        case "at_most":
            return _order(left, right) in (0, -1)
        case "is_set":
            return bool(left)
        case "is_empty":
            return not left
        case "one_of":
            return any(_same(left, part.strip()) for part in right.split(","))
        case "not_one_of":
            return not any(_same(left, part.strip()) for part in right.split(","))
        case _:
            assert_never(row.operator)


def _number(text: str) -> float | None:
    return float(text) if _NUMBER.fullmatch(text) else None


def _same(left: str, right: str) -> bool:
    one, other = _number(left), _number(right)
    if one is not None and other is not None:
        return one == other
    return left.casefold() == right.casefold()


def _order(left: str, right: str) -> int | None:
    """-1, 0 or 1; None where there is nothing to compare."""
    if not left or not right:
        return None
    one, other = _number(left), _number(right)
    if one is not None and other is not None:
        return (one > other) - (one < other)
    return (left.casefold() > right.casefold()) - (left.casefold() < right.casefold())
