"""What Meta's error codes mean for a message. Pure.

Branches on the number only: titles and texts change without notice.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

from channels_io.messaging.provider import SendFailed
from channels_io.sanitize import clean_text

Verdict = Literal["never", "later", "unknown"]

MEANINGS: Final[Mapping[str, tuple[Verdict, float, frozenset[int]]]] = {
    "window_closed": ("never", 0.0, frozenset({131047})),
    "opted_out": ("never", 0.0, frozenset({131050})),
    "bad_number": ("never", 0.0, frozenset({131021, 131026, 131030})),
    "not_wanted_now": ("never", 0.0, frozenset({131049})),
    "template_problem": ("never", 0.0, frozenset(range(132000, 132017)) | {2388040, 2388047, 2388293}),
    "bad_message": ("never", 0.0, frozenset({100, 131008, 131009, 131051})),
    "throttled": ("later", 2.0, frozenset({4, 613, 80007, 130429})),
    "pair_throttled": ("later", 6.0, frozenset({131056})),
    "spam_limit": ("later", 600.0, frozenset({131048})),
    "media_refused": ("later", 5.0, frozenset({131052, 131053})),
    "provider_down": ("later", 5.0, frozenset({1, 2, 131000, 131016, 133004, 135000})),
    "sign_in": ("later", 60.0, frozenset({0, 3, 10, 190, 200, 131005, 133010})),
    "account_locked": ("later", 300.0, frozenset({368, 131031, 131042, 131045})),
}
"""Our word → whether to try again, after how many seconds at least, and Meta's codes for it."""

_WORDS: Final = {code: word for word, (_, _, codes) in MEANINGS.items() for code in codes}


def refusal(status: int, answer: Any, retry_after: str = "") -> SendFailed:
    """Of an answer that is no success: HTTP status and what JSON it had."""
    error = answer.get("error") if isinstance(answer, dict) else None
    error = error if isinstance(error, dict) else {}
    code = error.get("code")
    if not isinstance(code, int) or isinstance(code, bool):
        return _without_code(status)
    word = _WORDS.get(code)
    details = error.get("error_data")
    said = details.get("details") if isinstance(details, dict) else None
    reason = clean_text(str(said or error.get("message") or ""), 200)
    message = f"Meta refused it ({code}): {reason}" if reason else f"Meta refused it ({code})."
    if word is None:
        verdict: Verdict = "later" if status == 429 or status >= 500 else "never"
        return SendFailed(message, code=f"meta_{code}", verdict=verdict, retry_after=_seconds(retry_after))
    verdict, wait, _ = MEANINGS[word]
    return SendFailed(message, code=word, verdict=verdict, retry_after=max(wait, _seconds(retry_after)))


def _without_code(status: int) -> SendFailed:
    """Not from the Graph itself but from something before it: a 5xx may have come after it had taken the message."""
    if status == 429:
        return SendFailed("Meta asks to slow down.", code="throttled", verdict="later", retry_after=2.0)
    if status >= 500:
        return SendFailed(f"Meta has a problem (status {status}).", code="provider_down", verdict="unknown")
    return SendFailed(f"Meta refused it (status {status}).", code=f"meta_http_{status}", verdict="never")


def _seconds(header: str) -> float:
    return float(min(int(header), 3600)) if header.isascii() and header.isdigit() and len(header) < 6 else 0.0
