"""What Twilio's error numbers mean for a message. Pure.

Where it says nothing we know, `twilio_rest` has told a refusal from an outage already.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from channels_io.messaging.provider import SendFailed
from channels_io.twilio_rest import TwilioFailed

Verdict = Literal["never", "later", "unknown"]

MEANINGS: Final[Mapping[str, tuple[Verdict, frozenset[int]]]] = {
    "opted_out": ("never", frozenset({21610, 63033, 63050})),
    "window_closed": ("never", frozenset({63016})),
    "bad_number": (
        "never",
        frozenset({21211, 21214, 21217, 21219, 21265, 21408, 21421, 21604, 21608, 21612, 21614, 63003, 63024}),
    ),
    "bad_sender": ("never", frozenset({21212, 21602, 21603, 21606, 21607, 21659, 21660, 21703, 63007})),
    "too_long": ("never", frozenset({21605, 21617})),
    "template_problem": ("never", frozenset({21655, 21656, 21657, 63005, 63027, 63028, 63040, 63041, 63042})),
    "media_refused": ("never", frozenset({12300, 21620, 21622, 21623, 63019, 63021})),
    "throttled": ("later", frozenset({14107, 20429, 21611, 30001, 30022, 63017, 63018, 63038})),
    "sign_in": ("later", frozenset({20003, 20403})),
    "account_locked": ("later", frozenset({20005, 20006, 30002, 63020})),
}
"""Our word → whether to try again, and Twilio's numbers for it."""
WAITS: Final[Mapping[str, float]] = {"throttled": 1.0, "sign_in": 60.0, "account_locked": 300.0}
"""At least so many seconds."""

_WORDS: Final = {number: word for word, (_, numbers) in MEANINGS.items() for number in numbers}


def send_failed(error: TwilioFailed) -> SendFailed:
    """Twilio's number stays in the message: its documentation is found by it."""
    number = int(error.code) if error.code.isascii() and error.code.isdigit() else 0
    word = _WORDS.get(number)
    if word is None:
        code = f"twilio_{number}" if number else error.code
        return SendFailed(error.message, code=code, verdict=error.verdict, retry_after=error.retry_after)
    wait = max(WAITS.get(word, 0.0), error.retry_after)
    return SendFailed(error.message, code=word, verdict=MEANINGS[word][0], retry_after=wait)
