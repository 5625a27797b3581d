"""The fragment of a webhook URL that changes how Twilio calls it: `https://h/voice#rc=2&rp=ct,rt,5xx&rt=4000`. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from urllib.parse import urldefrag

LIMIT_SECONDS = 15.0
"""No webhook may take longer, attempts together."""
Failure = Literal["ct", "rt", "4xx", "5xx"]
"""It could not be connected to; it was not answered in time; it was answered like this."""


@dataclass(frozen=True, slots=True)
class Overrides:
    """Seconds. `retry`: what is tried again, `retries` times at most."""

    connect: float = 5.0
    read: float = LIMIT_SECONDS
    total: float = LIMIT_SECONDS
    retries: int = 1
    retry: frozenset[str] = frozenset({"ct"})

    def again(self, failure: Failure) -> bool:
        return failure in self.retry or "all" in self.retry


def split_url(url: str) -> tuple[str, Overrides]:
    """The URL to request, without fragment, and what the fragment says. Values that make no sense are left out."""
    bare, fragment = urldefrag(url)
    named = dict(part.split("=", 1) for part in fragment.split("&") if "=" in part)
    default = Overrides()
    return bare, Overrides(
        connect=_seconds(named.get("ct"), 0.1, 10.0, default.connect),
        read=_seconds(named.get("rt"), 0.1, LIMIT_SECONDS, default.read),
        total=_seconds(named.get("tt"), 0.1, LIMIT_SECONDS, default.total),
        retries=_count(named.get("rc"), default.retries),
        retry=frozenset(part.strip() for part in named["rp"].split(",")) if named.get("rp") else default.retry,
    )


def failure_of(status: int) -> Failure | None:
    """None when it is an answer to be content with."""
    if 400 <= status < 500:
        return "4xx"
    return "5xx" if status >= 500 else None


def _seconds(text: str | None, least: float, most: float, default: float) -> float:
    return min(most, max(least, int(text) / 1000)) if text and text.isdigit() else default


def _count(text: str | None, default: int) -> int:
    return min(5, int(text)) if text and text.isdigit() else default
