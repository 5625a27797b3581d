"""Test cases as data: what the caller says, what is expected of each turn, and how a new run compares. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import zip_longest
from typing import Any, Literal

import msgspec
from msgspec import Struct

MAX_STEPS = 200
MAX_NAME_CHARS = 120
MAX_SAID_CHARS = 2000

PathCheck = Literal["all", "last", "none"]
"""Every node in order, only where a turn ends, or neither."""
What = Literal["path", "variable", "answer", "missing"]
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_WORD = re.compile(r"\w+")


class CaseStep(Struct, frozen=True):
    """A turn of the caller and what came of it. The first step of a case has no words: the agent begins."""

    said: str = ""
    source: Literal["voice", "text", "dtmf"] = "text"
    nodes: tuple[str, ...] = ()
    """Ids of the nodes passed."""
    variables: dict[str, str] = {}
    """All that the flow knew afterwards, but what is masked."""
    answer: str = ""


class Checks(Struct, frozen=True, forbid_unknown_fields=True):
    """What has to be as expected. Words of a model are seldom twice the same, so they are not, unless asked for."""

    path: PathCheck = "all"
    variables: bool = True
    answers: bool = False


class Difference(Struct, frozen=True):
    what: What
    expected: str = ""
    got: str = ""
    name: str = ""
    """The variable's."""


class StepResult(Struct, frozen=True):
    expected: CaseStep
    got: CaseStep | None = None
    """None: the conversation was over before."""
    differences: tuple[Difference, ...] = ()
    ms: float | None = None
    """How long the answer took."""


class CaseResult(Struct, frozen=True):
    """What a case's row keeps of its last run."""

    passed: bool
    steps: tuple[StepResult, ...] = ()
    problem: str = ""
    """Why the run stopped before its end, in words."""
    conversation: str = ""
    """Public id of the conversation it was."""


def as_text(value: Any) -> str:
    """A variable's value for comparing and showing."""
    if isinstance(value, str):
        return value
    return msgspec.json.encode(value).decode()


def read_steps(stored: Sequence[Any]) -> list[CaseStep]:
    """Of a test case's row."""
    return msgspec.convert(list(stored), list[CaseStep])


def read_checks(stored: Mapping[str, Any]) -> Checks:
    return msgspec.convert(dict(stored), Checks)


def compare(
    expected: Sequence[CaseStep],
    got: Sequence[CaseStep],
    checks: Checks,
    *,
    recorded: date,
    today: date,
    waits: Sequence[float | None] = (),
) -> tuple[StepResult, ...]:
    """Step by step. `recorded` and `today`: when each was said, so that "tomorrow" is right on any day."""
    days = (recorded, today)
    before = (expected[0].variables if expected else {}, got[0].variables if got else {})
    results = []
    for number, (wanted, found) in enumerate(zip_longest(expected, got[: len(expected)])):
        ms = waits[number] if number < len(waits) else None
        if found is None:
            results.append(StepResult(wanted, None, (Difference("missing"),)))
        else:
            results.append(StepResult(wanted, found, _differences(wanted, found, checks, before, days), ms))
    return tuple(results)


def _differences(
    wanted: CaseStep,
    found: CaseStep,
    checks: Checks,
    before: tuple[Mapping[str, str], Mapping[str, str]],
    days: tuple[date, date],
) -> tuple[Difference, ...]:
    differences = []
    if not _same_path(wanted.nodes, found.nodes, checks.path):
        differences.append(Difference("path", " ".join(wanted.nodes), " ".join(found.nodes)))
    if checks.variables:
        was = _learnt(wanted.variables, before[0])
        now = _learnt(found.variables, before[1])
        for name in sorted(was.keys() | now.keys()):
            expected, got = was.get(name, ""), now.get(name, "")
            if not _same_value(expected, got, days):
                differences.append(Difference("variable", expected, got, name))
    if checks.answers and not same_words(wanted.answer, found.answer):
        differences.append(Difference("answer", wanted.answer, found.answer))
    return tuple(differences)


def _same_path(wanted: Sequence[str], found: Sequence[str], check: PathCheck) -> bool:
    match check:
        case "all":
            return list(wanted) == list(found)
        case "last":
            return list(wanted[-1:]) == list(found[-1:])
        case "none":
            return True


def _learnt(variables: Mapping[str, str], before: Mapping[str, str]) -> dict[str, str]:
    """What was found out since the beginning: facts such as the hour of the call differ from run to run."""
    return {name: value for name, value in variables.items() if before.get(name) != value}


def _same_value(expected: str, got: str, days: tuple[date, date]) -> bool:
    if expected == got:
        return True
    if not (_DATE.fullmatch(expected) and _DATE.fullmatch(got)):
        return False
    try:
        wanted, found = date.fromisoformat(expected), date.fromisoformat(got)
    except ValueError:
        return False
    ahead, now_ahead = (wanted - days[0]).days, (found - days[1]).days
    if ahead == now_ahead:
        return True
    # "Next Tuesday" lies another number of days ahead on another day of the week.
    return wanted.weekday() == found.weekday() and abs(ahead - now_ahead) < 7 and now_ahead >= 0


def same_words(one: str, other: str) -> bool:
    """Spelling of case, blanks and punctuation aside."""
    return _WORD.findall(one.casefold()) == _WORD.findall(other.casefold())
