"""What becomes of a leg that no worker takes or keeps: how it ends, and what its caller is told. Pure."""

from __future__ import annotations

from channels_io.base import CloseCode
from channels_io.end_reasons import EndReason
from channels_io.live.speaker import SessionEnded
from inference.errors import WorkerError, WorkerFull, WorkerLost


def end_without_worker(error: WorkerError, *, was_up: bool) -> tuple[SessionEnded, str, str]:
    """(how it ends, code and message for the caller). `was_up`: a worker had it before."""
    if isinstance(error, WorkerFull):
        end = SessionEnded(EndReason.WORKER_FULL, CloseCode.WORKER_FULL)
        message = "All lines are busy. Please try again in a few minutes."
    elif isinstance(error, WorkerLost):
        end = SessionEnded(EndReason.WORKER_LOST if was_up else EndReason.NO_WORKER, CloseCode.NO_WORKER)
        message = "The agent cannot be reached at the moment. Please try again in a few minutes."
    else:  # The worker says itself why it cannot run this agent.
        end = SessionEnded(_refusal(error), CloseCode.NO_WORKER)
        message = error.message
    return end, error.code if end.reason == EndReason.WORKER_REFUSED else end.reason.value, message


def _refusal(error: WorkerError) -> EndReason:
    """What an operator can mend by name, the rest as one."""
    if error.code in (EndReason.ENGINE_UNKNOWN, EndReason.ENGINE_NOT_READY):
        return EndReason(error.code)
    return EndReason.WORKER_REFUSED
