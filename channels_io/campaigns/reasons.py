"""How lines ended and why some were left out, in words for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, Literal

from django.utils.translation import gettext_lazy as _

from channels_io.guards.errors import LABELS as GUARDS

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

OUTCOMES: Final[Mapping[str, StrOrPromise]] = {
    "answered": _("Answered"),
    "message_left": _("Message left"),
    "sent": _("Sent"),
    "delivered": _("Delivered"),
    "read": _("Read"),
    "busy": _("Busy"),
    "no-answer": _("No answer"),
    "machine": _("Answering machine"),
    "failed": _("Failed"),
    "canceled": _("Canceled"),
    "refused": _("Not let out"),
}
REASONS: Final[Mapping[str, StrOrPromise]] = {
    "number_missing": _("No number in this line"),
    "number_scientific": _(
        "The spreadsheet has turned the number into “3.5E+11”: format the column as text and export again"
    ),
    "number_letters": _("Letters in the number"),
    "number_extension": _("Extensions and dial codes are not dialled"),
    "number_no_country": _("No country code, and no country was chosen for such numbers"),
    "number_invalid": _("There is no such number"),
    "zone_unknown": _("Unknown time zone: write one such as Europe/Dublin"),
    "duplicate": _("The same number stands in an earlier line"),
    "never_open": _("No hour suits all time zones this number may be in"),
    "ended": _("The campaign was ended before"),
    "plan_broken": _("The message could not be made"),
    **GUARDS,
}
SHEETS: Final[Mapping[str, StrOrPromise]] = {
    "sheet_too_large": _("The file is larger than 10 MB."),
    "sheet_too_long": _("The file has more than 50,000 lines. Split it."),
    "sheet_too_wide": _("A line has more than 60 columns: is this a list with one person a line?"),
    "sheet_empty": _("The file is empty."),
    "sheet_binary": _("This is not a text file. In your spreadsheet choose “Save as” and “CSV”."),
    "sheet_quote": _("A quotation mark is never closed."),
    "sheet_no_lines": _("There is no line with a person in it."),
    "sheet_columns": _("Choose the column with the telephone number."),
}
_TONES: Final[Mapping[str, Literal["good", "neutral", "warn", "bad"]]] = {
    "answered": "good", "message_left": "good", "sent": "good", "delivered": "good", "read": "good",
    "busy": "warn", "no-answer": "warn", "machine": "warn", "failed": "bad", "refused": "bad", "canceled": "neutral",
}  # fmt: skip


def outcome_label(word: str) -> str:
    return str(OUTCOMES.get(word, word))


def outcome_tone(word: str) -> str:
    return _TONES.get(word, "neutral")


def reason_label(code: str) -> str:
    """A reason of a carrier's own stays as it is."""
    return str(REASONS.get(code, code))


def sheet_label(code: str, line: int = 0) -> str:
    text = str(SHEETS.get(code, code))
    return str(_("%(problem)s (line %(line)d)") % {"problem": text, "line": line}) if line else text
