"""What must never be read in a log: keys, tickets, passwords, phone numbers."""

from __future__ import annotations

import logging
import re
from typing import Final

_RULES: Final = (
    (re.compile(r"\bpk_[A-Za-z0-9]+_[A-Za-z0-9_-]+"), "pk_[redacted]"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{6,}"), r"\1 [redacted]"),
    (
        re.compile(
            r"(?i)([\"']?\b(?:ticket|token|password|secret|api_?key|csrfmiddlewaretoken|sessionid)[\"']?\s*[=:]\s*[\"']?)"
            r"[^\s&\"',;})]{3,}"
        ),
        r"\1[redacted]",
    ),
    (re.compile(r"(://[^/\s:@]+:)[^@\s/]+@"), r"\1[redacted]@"),
    (re.compile(r"\+\d(?:[\s().-]{0,2}\d){6,14}\b"), "[phone]"),
)


def redact(text: str) -> str:
    """`text` without the values of secrets and without phone numbers in international form."""
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return text


class RedactingFormatter(logging.Formatter):
    """Redacts the finished line, so arguments and tracebacks are covered too."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))
