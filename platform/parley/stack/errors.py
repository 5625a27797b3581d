"""What can keep the stack from running. `code` is stable; the message says what to do about it."""

from __future__ import annotations


class StackError(Exception):
    def __init__(self, code: str, message: str, *, details: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = details
        """The end of a log, shown under the message."""
