"""What a telephone channel keeps in `Channel.settings`, checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from channels_io.business_hours import Hours, read_hours
from channels_io.phone_numbers import clean_number
from channels_io.setting_checks import choice, refuse_unknown, under, whole_number, words, yes_or_no

CLOSED: Final = ("say", "voicemail", "reject")
RECORDING: Final = ("off", "announce", "ask")
AFTER_TRANSFER: Final = ("hang_up", "agent")
MINUTES: Final = (1, 240)
RING_SECONDS: Final = (5, 40)
GO_ON_HOURS: Final = (0, 168)
MAX_TEXT: Final = 500
MAX_LINE: Final = 300
MAX_PEOPLE: Final = 50
MAX_NAME: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class CallSettings:
    hours: Hours | None = None
    """None: always open."""
    closed: str = "say"
    """What a caller gets outside the hours: a sentence, a sentence and then voicemail, or no answer at all."""
    closed_text: str = ""
    """Empty: a sentence in the agent's language."""
    voicemail: bool = False
    """Whether a caller may leave a message when the agent cannot go on with the call."""
    recording: str = "announce"
    """Where the agent records: `announce` leaves it to the agent to say so first, `ask` records only who agrees, `off` nobody."""
    call_minutes: int = 60
    ring_seconds: int = 25
    """How long it rings at a person whom the caller is put through to."""
    people: Mapping[str, str] = field(default_factory=dict)
    """Whom callers may be put through to, by name: numbers in E.164."""
    after_transfer: str = "hang_up"
    """When the person has hung up and the caller has not."""
    hand_over_line: str | None = None
    """What is said when a person of the team takes over, and when the agent goes on; None: our own words, "": nothing."""
    give_back_line: str | None = None
    go_on_hours: int = 24
    """Who calls again within so many hours goes on where they were; 0 begins anew."""

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> CallSettings:
        """From what a channel stores, keys of others included. A damaged part becomes the default."""
        found: dict[str, Any] = {}
        for name in KEYS:
            if name in settings:
                try:
                    found[name] = _READ[name](settings[name])
                except ValidationError:
                    continue
        return cls(**found)

    def as_json(self) -> dict[str, Any]:
        return {
            "hours": None if self.hours is None else self.hours.as_json(),
            "closed": self.closed,
            "closed_text": self.closed_text,
            "voicemail": self.voicemail,
            "recording": self.recording,
            "call_minutes": self.call_minutes,
            "ring_seconds": self.ring_seconds,
            "people": dict(self.people),
            "after_transfer": self.after_transfer,
            "hand_over_line": self.hand_over_line,
            "give_back_line": self.give_back_line,
            "go_on_hours": self.go_on_hours,
        }


def checked_call_settings(sent: Mapping[str, Any]) -> dict[str, Any]:
    """From strangers, as it is stored. Raises ValidationError by setting; unknown ones are refused."""
    refuse_unknown(sent, KEYS)
    read = {}
    for name, value in sent.items():
        with under(name):
            read[name] = _READ[name](value)
    return CallSettings(**read).as_json()


def _hours(sent: Any) -> Hours | None:
    return None if sent is None else read_hours(sent)


def _line(name: str, sent: Any) -> str | None:
    return None if sent is None else words(name, sent, MAX_LINE)


def _people(sent: Any) -> dict[str, str]:
    if not isinstance(sent, Mapping) or len(sent) > MAX_PEOPLE:
        raise _wrong_people(_("Name at most %(most)d people with their numbers.") % {"most": MAX_PEOPLE})
    found = {}
    for name, number in sent.items():
        if not isinstance(name, str) or not 0 < len(name.strip()) <= MAX_NAME or not isinstance(number, str):
            raise _wrong_people(_("Each name has a number, and at most %(most)d characters.") % {"most": MAX_NAME})
        found[name.strip()] = clean_number(number)
    return found


def _wrong_people(message: str) -> ValidationError:
    return ValidationError({"people": ValidationError(message, code="setting_invalid")})


_READ: Final[Mapping[str, Callable[[Any], Any]]] = {
    "hours": _hours,
    "closed": lambda sent: choice("closed", sent, CLOSED),
    "closed_text": lambda sent: words("closed_text", sent, MAX_TEXT),
    "voicemail": lambda sent: yes_or_no("voicemail", sent),
    "recording": lambda sent: choice("recording", sent, RECORDING),
    "call_minutes": lambda sent: whole_number("call_minutes", sent, *MINUTES),
    "ring_seconds": lambda sent: whole_number("ring_seconds", sent, *RING_SECONDS),
    "people": _people,
    "after_transfer": lambda sent: choice("after_transfer", sent, AFTER_TRANSFER),
    "hand_over_line": lambda sent: _line("hand_over_line", sent),
    "give_back_line": lambda sent: _line("give_back_line", sent),
    "go_on_hours": lambda sent: whole_number("go_on_hours", sent, *GO_ON_HOURS),
}
KEYS: Final = tuple(_READ)
