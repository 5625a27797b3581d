"""What a campaign does, when, how often and how fast, as data. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta, Struct

RetryOutcome = Literal["busy", "no-answer", "machine", "failed"]
RETRIED: Final[tuple[RetryOutcome, ...]] = ("busy", "no-answer", "machine", "failed")
Weekday = Annotated[int, Meta(ge=0, le=6)]
"""0 is Monday."""


class Window(Struct, frozen=True, forbid_unknown_fields=True):
    """From `start` until before `end`, in minutes of the day by the person's own clock."""

    days: Annotated[tuple[Weekday, ...], Meta(min_length=1, max_length=7)]
    start: Annotated[int, Meta(ge=0, le=1439)]
    end: Annotated[int, Meta(ge=1, le=1440)]

    def __post_init__(self) -> None:
        if self.start >= self.end:
            raise ValueError("A window ends after it starts, on the same day.")


class Retry(Struct, frozen=True, forbid_unknown_fields=True):
    """Try again `after` minutes, as long as there were at most `times` attempts so far."""

    after: Annotated[int, Meta(ge=1, le=7 * 24 * 60)]
    times: Annotated[int, Meta(ge=0, le=10)]


class Breaker(Struct, frozen=True, forbid_unknown_fields=True):
    """Stop when of the last `of` attempts at least `percent` failed at the carrier."""

    of: Annotated[int, Meta(ge=5, le=500)] = 20
    percent: Annotated[int, Meta(ge=1, le=100)] = 50


WORKDAYS: Final = (0, 1, 2, 3, 4)
DEFAULT_WINDOWS: Final = (Window(WORKDAYS, 9 * 60, 18 * 60),)
DEFAULT_RETRIES: Final[Mapping[RetryOutcome, Retry]] = {
    "busy": Retry(15, 2),
    "no-answer": Retry(180, 2),
    "machine": Retry(24 * 60, 1),
    "failed": Retry(60, 1),
}


class Plan(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`Campaign.plan`. Texts may hold {{name}} and the columns of the list."""

    windows: Annotated[tuple[Window, ...], Meta(min_length=1, max_length=14)] = DEFAULT_WINDOWS
    retries: dict[RetryOutcome, Retry] = msgspec.field(default_factory=lambda: dict(DEFAULT_RETRIES))
    at_once: Annotated[int, Meta(ge=1, le=500)] = 2
    """Calls at the same time."""
    reserve: Annotated[int, Meta(ge=0, le=500)] = 1
    """Lines of the speech workers that stay free for people who call us."""
    per_minute: Annotated[int, Meta(ge=1, le=1000)] = 10
    """Most calls or messages begun in a minute."""
    breaker: Breaker = Breaker()
    disclose: bool = True
    """Say first that it is an automated assistant that calls."""
    disclosure: Annotated[str, Meta(max_length=300)] = ""
    """In these words; empty: the standard ones."""
    machine: Literal["hang_up", "message", "talk"] = "hang_up"
    """What to do when an answering machine takes the call."""
    machine_message: Annotated[str, Meta(max_length=600)] = ""
    ring_seconds: Annotated[int, Meta(ge=5, le=120)] = 30
    limit_seconds: Annotated[int, Meta(ge=30, le=4 * 3600)] = 600
    text: Annotated[str, Meta(max_length=1600)] = ""
    """Of a message campaign without a template."""
    template: Annotated[str, Meta(max_length=32)] = ""
    """Public id of a MessageTemplate; then `values` fill its {{1}}, {{2}} ..."""
    values: Annotated[tuple[str, ...], Meta(max_length=20)] = ()


def load_plan(stored: Mapping[str, Any]) -> Plan:
    """Raises msgspec.ValidationError."""
    return msgspec.convert(stored, Plan)


def as_json(plan: Plan) -> dict[str, Any]:
    built: dict[str, Any] = msgspec.to_builtins(plan)
    return built
