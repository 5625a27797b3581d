"""What a person at a browser may do on one conversation's line, and what of it goes where. Pure: notes and bytes out.

The socket around it is `operator_socket.py`. A viewer without the right to listen is never sent sound, and asks for none;
a microphone counts only while the conversation is this person's.
"""

from __future__ import annotations

from typing import Final
from uuid import uuid4

import msgspec
from msgspec import Struct

from channels_io.live.operator_notes import HereNote, LeftNote, WatchNote
from channels_io.live.operator_voice import MOST_BYTES, RATE, pack_microphone
from channels_io.live.watch_events import Hello, LegEnded, OwnerIs, WatchEvent, decode_event, encode_event
from channels_io.operator_tickets import OperatorTicket
from inference.errors import ProtocolError

AGAIN_SECONDS: Final = 10.0
LOOK_SECONDS: Final = 2.0
"""Between two questions whether a leg runs, while none answers."""
HERE_SECONDS: Final = 0.4
STALLED_SECONDS: Final = 0.3
"""A microphone that was open and brings nothing for so long: its browser is gone, whatever its socket says."""
BURST_SECONDS: Final = 2.0
SLACK: Final = 0.01


class Listen(Struct, frozen=True, tag_field="type", tag="listen"):
    on: bool


class Mute(Struct, frozen=True, tag_field="type", tag="mute"):
    """The microphone is closed on purpose, or open again: nothing, or 20 ms frames, come from now on."""

    on: bool


class Ping(Struct, frozen=True, tag_field="type", tag="ping"):
    pass


Up = Listen | Mute | Ping
_decoder = msgspec.json.Decoder(Up)


class OperatorSeat:
    """Times in seconds, of any one clock."""

    def __init__(self, ticket: OperatorTicket, now: float) -> None:
        self._ticket = ticket
        self.listens = False
        self._live = False
        self._owner: str = "ai"
        self._user = ""
        self.number = 0
        self._asked: float | None = None
        self._here_at = float("-inf")
        self._frame_at: float | None = None
        """The last piece of the microphone; None: it is closed."""
        self._samples = 0
        self._began = now
        self.come_anew()

    def come_anew(self) -> None:
        """Something may have been missed: ask how things stand, under a new name."""
        self.name = uuid4().hex[:12]
        self._live = False
        self._asked = None

    @property
    def owns(self) -> bool:
        """This person talks in the conversation."""
        return self._owner == "human" and self._user == self._ticket.user

    # --- up ---------------------------------------------------------------------------------------

    def take_text(self, text: str) -> Up:
        """Raises ProtocolError."""
        try:
            said: Up = _decoder.decode(text)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            raise ProtocolError(f"Not a message of this socket: {error}") from error
        if isinstance(said, Listen):
            self.listens = said.on and self._ticket.listen
            self._asked = None
        elif isinstance(said, Mute) and said.on:
            self._frame_at = None
        return said

    def take_sound(self, pcm: bytes, now: float) -> bytes | None:
        """What goes to the topic `microphone`; None: it counts for nothing just now. Raises ProtocolError."""
        if len(pcm) > MOST_BYTES or len(pcm) % 2:
            raise ProtocolError("Sound comes as 16-bit mono at 16 kHz, at most 200 ms at once.", code="too_large")
        self._samples += len(pcm) // 2
        if self._samples / RATE > 2 * (now - self._began) + BURST_SECONDS:
            raise ProtocolError("Sound comes faster than it can be spoken.", code="too_fast")
        if not (pcm and self._ticket.speak and self.owns):
            return None
        self._frame_at = now
        return pack_microphone(self.number, pcm)

    # --- down -------------------------------------------------------------------------------------

    def pass_on(self, payload: bytes) -> bytes | None:
        """An event of the leg as this page gets it; None: it is not for it."""
        try:
            event: WatchEvent = decode_event(payload)
        except msgspec.DecodeError:
            return None
        match event:
            case Hello(to=to) if to != self.name:
                return None
            case Hello():
                self._live = True
                self._set_owner(event.owner, event.owner_user.id if event.owner_user else "", event.number)
                return encode_event(msgspec.structs.replace(event, to=""))
            case OwnerIs(owner=owner, user=user, number=number):
                self._set_owner(owner, user.id if user else "", number)
            case LegEnded():
                self.come_anew()
        return payload

    def _set_owner(self, owner: str, user: str, number: int) -> None:
        self._owner, self._user, self.number = owner, user, number
        if not self.owns:
            self._frame_at = None

    # --- time -------------------------------------------------------------------------------------

    def notes(self, now: float) -> list[WatchNote | HereNote]:
        """What is to be said to the leg at this moment; asked every tenth of a second or so."""
        said: list[WatchNote | HereNote] = []
        if self._asked is None or now - self._asked >= (AGAIN_SECONDS if self._live else LOOK_SECONDS):
            self._asked = now
            said.append(WatchNote(self.listens, self.name))
        if self.owns and self._is_there(now) and now - self._here_at > HERE_SECONDS - SLACK:
            self._here_at = now
            said.append(HereNote(self.number))
        return said

    def _is_there(self, now: float) -> bool:
        return self._ticket.speak and (self._frame_at is None or now - self._frame_at < STALLED_SECONDS)

    def goodbye(self) -> LeftNote:
        return LeftNote(self.name)
