"""What a messaging channel keeps in `Channel.settings`, checked."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, get_args

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from channels_io.setting_checks import choice, number, refuse_unknown, under, whole_number, words, yes_or_no

VoiceNotes = Literal["never", "same", "always"]
VOICE_NOTES: Final[tuple[str, ...]] = get_args(VoiceNotes)
MAX_DEBOUNCE: Final = 30.0
MAX_GO_ON_HOURS: Final = 168
MOST_CHOICES: Final = 10

_SERVICE: Final = re.compile(r"MG[0-9a-fA-F]{32}", re.ASCII)
_CONTENT: Final = re.compile(r"HX[0-9a-fA-F]{32}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageSettings:
    debounce_seconds: float = 1.2
    """Several quick messages are one thought: the answer waits for so much silence."""
    voice_notes: VoiceNotes = "same"
    """Answers as voice notes: never, to voice notes, always. Only where the line carries them."""
    default: bool = False
    """Agents without a channel of their own send through this one."""
    go_on_hours: int = 24
    """A person who comes again within so many hours goes on where they were; 0 begins anew."""
    template: str = ""
    """Public id of the MessageTemplate whose {{1}} takes what WhatsApp lets nobody write freely any more; "" = it is not sent."""
    messaging_service: str = ""
    """Twilio's messaging service (MG...) that sends, where one is used."""
    choices_content: Mapping[str, str] = field(default_factory=dict)
    """Twilio: by number of answers, the quick-reply content (HX...) that shows them as buttons."""

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> MessageSettings:
        """From what a channel stores, keys of others included. A damaged part becomes the default."""
        found: dict[str, Any] = {}
        for name, read in _READ.items():
            if name in settings:
                try:
                    found[name] = read(settings[name])
                except ValidationError:
                    continue
        return cls(**found)

    def as_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in _READ} | {"choices_content": dict(self.choices_content)}


def checked_message_settings(sent: Mapping[str, Any]) -> dict[str, Any]:
    """From strangers, as it is stored. Raises ValidationError by setting; unknown ones are refused."""
    refuse_unknown(sent, _READ)
    read = {}
    for name, value in sent.items():
        with under(name):
            read[name] = _READ[name](value)
    return MessageSettings(**read).as_json()


def _service(sent: Any) -> str:
    text = words("messaging_service", sent, 40)
    if text and not _SERVICE.fullmatch(text):
        raise ValidationError(_("A messaging service's SID is MG and 32 digits and letters."), code="setting_invalid")
    return text


def _contents(sent: Any) -> dict[str, str]:
    wrong = ValidationError(
        _("Name the content SID (HX and 32 digits and letters) for a number of answers from 1 to %(most)d."),
        code="setting_invalid",
        params={"most": MOST_CHOICES},
    )
    if not isinstance(sent, Mapping):
        raise wrong
    for count, sid in sent.items():
        if str(count) not in map(str, range(1, MOST_CHOICES + 1)) or not isinstance(sid, str):
            raise wrong
        if not _CONTENT.fullmatch(sid):
            raise wrong
    return {str(count): sid for count, sid in sent.items()}


_READ: Final[Mapping[str, Callable[[Any], Any]]] = {
    "debounce_seconds": lambda sent: number("debounce_seconds", sent, 0.0, MAX_DEBOUNCE),
    "voice_notes": lambda sent: choice("voice_notes", sent, VOICE_NOTES),
    "default": lambda sent: yes_or_no("default", sent),
    "go_on_hours": lambda sent: whole_number("go_on_hours", sent, 0, MAX_GO_ON_HOURS),
    "template": lambda sent: words("template", sent, 40),
    "messaging_service": _service,
    "choices_content": _contents,
}
