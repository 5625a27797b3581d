"""Conferences and queues: where several telephones meet or wait."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from channels_io.simulators.twilio.media import Frame
from channels_io.simulators.twilio.phone import Phone
from channels_io.simulators.twilio.records import utc_now


@dataclass(slots=True, eq=False)
class Member:
    """A telephone in a room. `starts`, `ends`: the conference begins when it comes, is over when it goes."""

    phone: Phone
    muted: bool = False
    hold: bool = False
    starts: bool = True
    ends: bool = False
    coaching: str = ""
    """Heard by the call of this sid only."""
    label: str = ""
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    when: datetime = field(default_factory=utc_now)
    room: Room | None = None

    async def sound(self, frame: Frame, due: float) -> None:
        room = self.room
        if room is None or not room.started or self.muted or self.hold:
            return
        for other in room.members.values():
            if other is self or other.hold:
                continue
            if self.coaching and other.phone.record.sid != self.coaching:
                continue
            other.phone.ear.overlay(frame.ulaw, due)

    async def key(self, digit: str) -> None:
        """Heard as a tone only."""


@dataclass(slots=True, eq=False)
class Room:
    """`status`: "init" until somebody who starts it is in, "in-progress", "completed". `told`: (event, member) of each change."""

    sid: str
    name: str
    told: Callable[[Room, str, Member | None], None]
    status: str = "init"
    members: dict[str, Member] = field(default_factory=dict)
    """By call sid."""
    when: datetime = field(default_factory=utc_now)
    when_ended: datetime | None = None
    sequence: int = 0
    history: list[tuple[str, str]] = field(default_factory=list)
    """(event, call sid) of all that happened."""

    @property
    def started(self) -> bool:
        return self.status == "in-progress"

    def join(self, member: Member) -> None:
        member.room = self
        self.members[member.phone.record.sid] = member
        member.phone.taps.append(member)
        self._tell("participant-join", member)
        if self.status == "init" and member.starts:
            self.status = "in-progress"
            self._tell("conference-start", member)

    def leave(self, member: Member) -> None:
        if self.members.pop(member.phone.record.sid, None) is None:
            return
        if member in member.phone.taps:
            member.phone.taps.remove(member)
        member.gone.set()
        self._tell("participant-leave", member)
        if member.ends or not self.members:
            self.close()

    def change(self, member: Member, *, muted: bool | None = None, hold: bool | None = None) -> None:
        if muted is not None and muted != member.muted:
            member.muted = muted
            self._tell("participant-mute" if muted else "participant-unmute", member)
        if hold is not None and hold != member.hold:
            member.hold = hold
            self._tell("participant-hold" if hold else "participant-unhold", member)

    def close(self) -> None:
        """Everybody is out; it is over."""
        if self.status == "completed":
            return
        self.status = "completed"
        self.when_ended = utc_now()
        for member in tuple(self.members.values()):
            self.leave(member)
        self._tell("conference-end", None)

    def _tell(self, event: str, member: Member | None) -> None:
        self.history.append((event, member.phone.record.sid if member else ""))
        self.told(self, event, member)
        self.sequence += 1


@dataclass(slots=True, eq=False)
class Waiting:
    """A call in a queue. `called`: set with the telephone that it is put through to, or None when it leaves."""

    phone: Phone
    called: asyncio.Future[Phone | None]
    since: float
    parted: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when that conversation is over."""
    when: datetime = field(default_factory=utc_now)


@dataclass(slots=True, eq=False)
class Queue:
    sid: str
    name: str
    waiting: list[Waiting] = field(default_factory=list)
    when: datetime = field(default_factory=utc_now)
