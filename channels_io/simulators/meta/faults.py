"""What goes wrong on purpose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(slots=True)
class Faults:
    """Counts are used up one by one, in the order of the fields; 0 = none."""

    throttle: int = 0
    """Sends that are answered 130429 and not taken."""
    pair_rate: int = 0
    """Sends that are answered 131056: too much to the same person."""
    refuse: list[tuple[int, int, str]] = field(default_factory=list)
    """(HTTP status, code, words) for the next sends, one each; they are not taken."""
    accept_and_hang: int = 0
    """Sends that are taken, but the answer does not come before `hang_seconds`."""
    accept_and_cut: int = 0
    """Sends that are taken, and the connection is closed without an answer."""
    lose: int = 0
    """Sends that are answered well and then neither delivered nor reported."""
    hang_seconds: float = 30.0
    token_expired: bool = False
    """Everything is answered 190."""
    window_closed: bool = False
    """Free words are answered 131047 whoever wrote last."""
    media_gone: bool = False
    """Downloads are answered 404."""
    statuses: Sequence[str] = ()
    """Reports that follow every taken send by themselves, in this order: ("read", "sent", "delivered") is Meta's way too."""
    report_times: int = 1
    """How often each of them is delivered."""
