"""What happened, as tests and scripts judge it. Times in seconds on the event loop's clock; `when` is the wall clock, UTC."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from channels_io.simulators.twilio.ear import Ear
from inference.audio import Samples

if TYPE_CHECKING:
    from channels_io.simulators.twilio.playout import Playout

TERMINAL = frozenset({"completed", "busy", "no-answer", "failed", "canceled"})
"""Statuses of a call that is over."""


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Problem:
    """What Twilio's debugger would show, with its code (11200 no usable answer, 12100 no XML, 31920 handshake ...)."""

    code: int
    message: str


@dataclass(slots=True)
class Attempt:
    """One try of a webhook. `status` None: no answer came, and `error` says why: "connect", "read", "limit", or "left":
    the call was over or turned elsewhere first, and nobody waited any longer.
    """

    at: float
    status: int | None = None
    error: str = ""
    ms: float = 0.0


@dataclass(slots=True)
class HookRecord:
    """One webhook. `kind`: "voice" (asks for TwiML), "call-status", "stream-status", "amd", "recording-status",
    "conference-status", "message" or "message-status". `sid` of the call, stream, conference or message it tells of.
    """

    kind: str
    sid: str
    url: str
    method: str
    params: dict[str, str]
    at: float
    token: str
    """`I-Twilio-Idempotency-Token`: one for all attempts, and for a copy that a fault makes."""
    attempts: list[Attempt] = field(default_factory=list)
    status: int | None = None
    answer: str = ""
    content_type: str = ""
    copy: bool = False
    """A fault sent it a second time."""
    dropped: bool = False
    """A fault kept it from being sent at all."""

    @property
    def ok(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def left(self) -> bool:
        """Nobody waited for the answer: that there is none says nothing of the server."""
        return self.status is None and bool(self.attempts) and self.attempts[-1].error == "left"

    @property
    def ms(self) -> float:
        """How long its last attempt took."""
        return self.attempts[-1].ms if self.attempts else 0.0


@dataclass(slots=True)
class RestRecord:
    """One request to the API. `fault`: what was done to it instead of an honest answer."""

    method: str
    path: str
    params: dict[str, str]
    at: float
    status: int = 0
    code: int = 0
    fault: str = ""
    token: str = ""
    """`I-Twilio-Idempotency-Token`, if the client sent one."""


@dataclass(slots=True)
class VerbRecord:
    """A verb that a call came to: `data` holds its attributes, its text under "text", its result under other names."""

    name: str
    at: float
    data: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class SpokenRecord:
    """Something the simulated person said: due times of the frames with its first and its last audible sample."""

    began: float = 0.0
    ended: float | None = None
    text: str = ""


@dataclass(slots=True)
class MarkRecord:
    name: str
    received: float
    returned: float | None = None
    cleared: bool = False
    """It came back because of a `clear`, not because what stood before it had sounded."""


@dataclass(slots=True)
class StreamRecord:
    sid: str
    url: str
    parameters: dict[str, str]
    playout: Playout
    opened: float | None = None
    closed: float | None = None
    close_code: int | None = None
    """As the server gave it; None while open or when it never answered the handshake."""
    handshake_status: int | None = None
    """HTTP status of a refused handshake."""
    marks: list[MarkRecord] = field(default_factory=list)
    clears: list[float] = field(default_factory=list)
    media_messages: int = 0
    frames_sent: int = 0
    lateness: list[float] = field(default_factory=list)
    """Seconds by which each frame left too late."""
    half_open: bool = False


@dataclass(slots=True)
class RecordingRecord:
    sid: str
    call_sid: str
    channels: int
    began: float
    ended: float | None = None
    status: str = "in-progress"
    source: str = "StartCallRecordingAPI"
    wav: bytes = b""
    gaps: list[tuple[float, float | None]] = field(default_factory=list)
    """(from, until) when it was paused: silence."""
    when: datetime = field(default_factory=utc_now)

    @property
    def seconds(self) -> int:
        return 0 if self.ended is None else max(1, round(self.ended - self.began))


@dataclass(slots=True)
class CallRecord:
    """One leg. `hooks` in the order they were sent; `verbs` in the order they were reached; `statuses` with their times."""

    sid: str
    account_sid: str
    direction: str
    """ "inbound", "outbound-api" or "outbound-dial"."""
    sender: str
    to: str
    parent_sid: str = ""
    status: str = "queued"
    answered_by: str = ""
    began: float = 0.0
    answered: float | None = None
    ended: float | None = None
    ended_by: str = ""
    """ "person", "twiml", "api", "limit", "dial" or "problem"."""
    when: datetime = field(default_factory=utc_now)
    when_answered: datetime | None = None
    when_ended: datetime | None = None
    statuses: list[tuple[float, str]] = field(default_factory=list)
    hooks: list[HookRecord] = field(default_factory=list)
    documents: list[str] = field(default_factory=list)
    verbs: list[VerbRecord] = field(default_factory=list)
    streams: list[StreamRecord] = field(default_factory=list)
    recordings: list[RecordingRecord] = field(default_factory=list)
    spoken: list[SpokenRecord] = field(default_factory=list)
    pressed: list[tuple[float, str]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    ear: Ear = field(default_factory=Ear)
    """What the person heard; `ear.sounds` says when something was audible."""
    voice: Ear = field(default_factory=Ear)
    """What the person sent, room tone included."""

    @property
    def over(self) -> bool:
        return self.status in TERMINAL

    @property
    def seconds(self) -> int:
        """Talked, as billed: from the answer to the end, rounded up."""
        if self.answered is None or self.ended is None:
            return 0
        return max(1, int(np.ceil(self.ended - self.answered)))

    def heard(self) -> Samples:
        """All that the person heard from the answer on, int16 at 8 kHz."""
        return self.ear.clip(self.answered if self.answered is not None else self.began)

    def said(self) -> list[str]:
        """Texts of all <Say> that began, also of those that wait music said."""
        return [verb.data.get("text", "") for verb in self.verbs if verb.name == "Say"]

    def reached(self, name: str) -> list[VerbRecord]:
        return [verb for verb in self.verbs if verb.name == name]

    def hooks_of(self, kind: str) -> list[HookRecord]:
        return [hook for hook in self.hooks if hook.kind == kind]

    @property
    def stream(self) -> StreamRecord:
        """The newest media stream. Raises LookupError when there was none."""
        if not self.streams:
            raise LookupError(f"{self.sid} has no media stream; it reached {[verb.name for verb in self.verbs]}")
        return self.streams[-1]


@dataclass(slots=True)
class MessageRecord:
    """`hooks`: of an inbound message the webhook it made; of an outbound one its status callbacks."""

    sid: str
    account_sid: str
    direction: str
    """ "inbound", "outbound-api" or "outbound-reply"."""
    sender: str
    to: str
    body: str = ""
    media: list[tuple[str, str]] = field(default_factory=list)
    """(URL, content type)"""
    params: dict[str, str] = field(default_factory=dict)
    """Of an outbound message as the API was given them."""
    status: str = "queued"
    error_code: int | None = None
    error_message: str | None = None
    segments: int = 1
    when: datetime = field(default_factory=utc_now)
    at: float = 0.0
    statuses: list[tuple[float, str]] = field(default_factory=list)
    hooks: list[HookRecord] = field(default_factory=list)
    service_sid: str = ""

    @property
    def outgoing(self) -> bool:
        return self.direction != "inbound"

    def numbered_media(self) -> Iterator[tuple[int, str, str]]:
        return ((index, url, mime) for index, (url, mime) in enumerate(self.media))


def flat(items: Any) -> dict[str, str]:
    """Form items, repeated names joined by a blank, as records keep them."""
    found: dict[str, str] = {}
    for name, value in items:
        found[name] = f"{found[name]} {value}" if name in found else str(value)
    return found
