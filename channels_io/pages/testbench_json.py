"""What the test bench sends and gets, as data."""

from __future__ import annotations

from typing import Any, Literal, TypeVar

import msgspec
from msgspec import UNSET, Struct, UnsetType

from agents.cases import Checks, read_steps
from agents.models import TestCase
from channels_io.mocks import Mocks
from channels_io.tickets import BackTo

MAX_BODY_BYTES = 256 * 1024

Sent = TypeVar("Sent")


class InvalidRequest(ValueError):
    """The body is not what was asked for; the text says what is wrong."""


class BenchTicketRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """`back_to`: go on in `conversation` from before that turn."""

    mode: Literal["voice", "chat"] = "chat"
    version: Literal["draft", "published"] = "draft"
    conversation: str = ""
    back_to: BackTo | None = None
    mocks: Mocks = {}


class NewCase(Struct, frozen=True, forbid_unknown_fields=True):
    """`leg`: of a test conversation; the case is what was said up to its end.

    `lines`: how many of them the page has seen; what is still on its way into the record is waited for.
    """

    leg: str
    name: str
    checks: Checks = Checks()
    mocks: Mocks = {}
    lines: int = 0


class CaseChanges(Struct, frozen=True, forbid_unknown_fields=True):
    name: str | UnsetType = UNSET
    checks: Checks | UnsetType = UNSET
    mocks: Mocks | UnsetType = UNSET
    said: list[str] | UnsetType = UNSET


class RunRequest(Struct, frozen=True, forbid_unknown_fields=True):
    version: Literal["draft", "published"] = "draft"


def read_body(body: bytes, kind: type[Sent]) -> Sent:
    """Raises InvalidRequest."""
    if len(body) > MAX_BODY_BYTES:
        raise InvalidRequest(f"At most {MAX_BODY_BYTES} bytes are taken.")
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidRequest(f"Not what this address takes: {error}") from error


def case_json(case: TestCase, *, whole: bool = False) -> dict[str, Any]:
    """`whole`: with its steps and the result of its last run."""
    steps = read_steps(case.steps)
    shown = {
        "id": case.public_id,
        "name": case.name,
        "turns": sum(1 for step in steps if step.said),
        "checks": case.checks,
        "passed": case.passed,
        "ran_at": case.ran_at.isoformat() if case.ran_at else None,
        "ran_revision": case.ran_revision,
        "mocks": case.mocks,
    }
    return {**shown, "steps": case.steps, "result": case.result or None} if whole else shown
