"""Why a leg ended: every word that our own code writes, with a label and a tone for people."""

from __future__ import annotations

from typing import Literal

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

Tone = Literal["good", "neutral", "warn", "bad"]
"""`good`: as wished. `neutral`: nothing to do. `warn`: look if it happens often. `bad`: ours to answer for."""


class EndReason(TextChoices):
    """A kind may use a word of its own; pages then show it as it is, in a neutral tone."""

    HUNG_UP = "hangup", _("Caller hung up")
    AGENT_ENDED = "agent_ended", _("Agent ended it")
    SILENCE = "silence", _("Fell silent")
    CALL_LIMIT = "call_limit", _("Longest time reached")
    TRANSFERRED = "transferred", _("Put through to a person")
    MOVED = "moved", _("Went on in messages")
    PERSON_ENDED = "person_ended", _("Ended by a person of the team")
    PERSON = "person", _("Answered by a person")
    MACHINE = "machine", _("An answering machine")
    VOICEMAIL = "voicemail", _("Left a message")
    CLOSED_HOURS = "closed_hours", _("Called outside the hours")
    REPLACED = "replaced", _("Continued on another connection")
    LOST = "lost", _("Connection lost")
    SLOW_READER = "slow_reader", _("Caller's connection too slow")
    PROTOCOL = "protocol", _("Refused: invalid data")
    TOO_LARGE = "too_large", _("Refused: message too large")
    TOO_FAST = "too_fast", _("Refused: audio faster than real time")
    FLOOD = "flood", _("Refused: too many messages")
    WORKER_FULL = "worker_full", _("No free capacity")
    WORKER_LOST = "worker_lost", _("Speech worker lost")
    NO_WORKER = "no_worker", _("Speech worker unreachable")
    WORKER_REFUSED = "worker_refused", _("Speech worker refused the agent")
    ENGINE_UNKNOWN = "engine_unknown", _("Engine or voice not installed")
    ENGINE_NOT_READY = "engine_not_ready", _("Engine not ready")
    FAILED = "failed", _("Failed")
    SHUTDOWN = "shutdown", _("Server stopped")
    ABANDONED = "abandoned", _("Server crashed")

    @property
    def tone(self) -> Tone:
        return _TONES.get(self, "neutral")


FAILURES: tuple[EndReason, ...] = (
    EndReason.WORKER_FULL,
    EndReason.WORKER_LOST,
    EndReason.NO_WORKER,
    EndReason.WORKER_REFUSED,
    EndReason.ENGINE_UNKNOWN,
    EndReason.ENGINE_NOT_READY,
    EndReason.FAILED,
    EndReason.SHUTDOWN,
    EndReason.ABANDONED,
)
"""Ends that are ours to answer for: Home counts them as problems."""

_TONES: dict[EndReason, Tone] = {
    EndReason.HUNG_UP: "good",
    EndReason.AGENT_ENDED: "good",
    EndReason.TRANSFERRED: "good",
    EndReason.MOVED: "good",
    EndReason.PERSON: "good",
    EndReason.PERSON_ENDED: "good",
    EndReason.CALL_LIMIT: "warn",
    EndReason.LOST: "warn",
    EndReason.SLOW_READER: "warn",
    EndReason.PROTOCOL: "warn",
    EndReason.TOO_LARGE: "warn",
    EndReason.TOO_FAST: "warn",
    EndReason.FLOOD: "warn",
    **dict.fromkeys(FAILURES, "bad"),
}


def known_reason(word: str, otherwise: EndReason) -> EndReason:
    """The reason with this word; a stranger's word becomes `otherwise`."""
    return EndReason(word) if word in EndReason.values else otherwise


def label_of(word: str) -> str:
    """For people; a word that is not ours stays as it is."""
    return str(EndReason(word).label) if word in EndReason.values else word


def tone_of(word: str) -> Tone:
    return EndReason(word).tone if word in EndReason.values else "neutral"
