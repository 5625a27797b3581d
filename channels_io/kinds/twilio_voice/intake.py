"""What a media socket brings once its call is known, checked: sizes, events, and the pace of live speech. Never waits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from channels_io.base import CloseCode
from channels_io.kinds.twilio_voice.codec import RATE, Connected, DtmfFrame, Mark, Media, Start, Stop, decode
from channels_io.live.inbox import Inbox
from channels_io.live.messages import CallerAudio, Dtmf, Hangup, Refused
from inference.errors import ProtocolError

PACE: Final = 2.0
"""Times real time, and a burst beyond: more is no telephone."""
BURST_SECONDS: Final = 3.0
MOST_FRAMES: Final = 200
"""Frames of any kind a second, and as many at once: Twilio sends 50 with sound."""


class StreamIntake:
    """`started` and `now` are the loop's clock, in seconds."""

    def __init__(self, inbox: Inbox, mark_came_back: Callable[[str], None], started: float) -> None:
        self._inbox = inbox
        self._mark_came_back = mark_came_back
        self._started = started
        self._samples = 0
        self._frames = 0
        self._closed = False
        self.heard_at = started
        """When sound last came."""

    def feed(self, text: str | None, now: float) -> None:
        """Take one frame; None is a binary one, which Twilio never sends. What breaks the rules ends the call's stream."""
        if self._closed:
            return
        self._frames += 1
        if self._frames > MOST_FRAMES * (now - self._started) + MOST_FRAMES:
            self._refuse(CloseCode.TOO_LARGE, "flood", "Too many frames at once.")
            return
        try:
            if text is None:
                raise ProtocolError("Frames are text.")
            self._take(text, now)
        except ProtocolError as error:
            code = CloseCode.TOO_LARGE if error.code == "too_large" else CloseCode.PROTOCOL
            self._refuse(code, error.code, error.message)

    def _take(self, text: str, now: float) -> None:
        match decode(text):
            case Media() as media:
                self._take_sound(media.pcm, now)
            case Mark(mark=mark):
                self._mark_came_back(mark.name)
            case DtmfFrame() as key:
                self._put(key.pressed)
            case Stop():
                self._closed = True
                self._inbox.put(Hangup())
            case Connected() | Start():
                raise ProtocolError("A stream begins once.")

    def _take_sound(self, pcm: bytes, now: float) -> None:
        self._samples += len(pcm) // 2
        if self._samples / RATE > PACE * (now - self._started) + BURST_SECONDS:
            self._refuse(CloseCode.TOO_LARGE, "too_fast", "Sound comes faster than it can be spoken.")
            return
        self.heard_at = now
        self._put(CallerAudio(pcm, now))

    def _put(self, message: CallerAudio | Dtmf) -> None:
        if not self._inbox.put(message):
            self._refuse(CloseCode.TOO_LARGE, "flood", "Too many messages at once.")

    def _refuse(self, close_code: CloseCode, code: str, message: str) -> None:
        self._closed = True
        self._inbox.put(Refused(close_code, code, message))
