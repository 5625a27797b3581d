"""How far a telephone call has got. A call only goes forward: whichever reports arrive, in whatever order, end the same. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from channels_io.models.phone_call import PhoneCall

Status = PhoneCall.Status

RANKS: Final[Mapping[str, int]] = {
    Status.PLANNED: 0,
    Status.QUEUED: 1,
    Status.RINGING: 2,
    Status.IN_PROGRESS: 3,
    Status.REFUSED: 4,
    Status.CANCELED: 5,
    Status.FAILED: 6,
    Status.NO_ANSWER: 7,
    Status.BUSY: 8,
    Status.COMPLETED: 9,
}
"""Ends rank too, so that two that contradict each other end the same in either order."""
LAST_OPEN: Final = RANKS[Status.IN_PROGRESS]

RESULTS: Final[Mapping[str, str]] = {
    Status.COMPLETED: "answered",
    Status.BUSY: "busy",
    Status.NO_ANSWER: "no_answer",
    Status.FAILED: "failed",
    Status.CANCELED: "canceled",
    Status.REFUSED: "refused",
}
"""`PhoneCall.result` of a call that ended without a better word: "machine", "message_left", "transferred"."""


TOGETHER: Final = ("accepted", "connected")
"""`PhoneCall.result` of a call to a person who takes the caller: who waits for them, who talks with them."""


def is_over(status: str) -> bool:
    return RANKS.get(status, 0) > LAST_OPEN


def is_machine(answered_by: str) -> bool:
    """Twilio's words: machine_start, machine_end_beep ..., fax. "unknown" is treated as a person."""
    return answered_by.startswith("machine") or answered_by == "fax"
