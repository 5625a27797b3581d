"""What one person says into their telephone: 20 ms frames without end, room tone where they are silent. Pure."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from channels_io.simulators.twilio.media import Clip, Frame, room
from channels_io.simulators.twilio.records import SpokenRecord


@dataclass(slots=True)
class Mouth:
    """`next` is asked for every frame with the moment when it is due."""

    tone: tuple[Frame, ...] = field(default_factory=room)
    """What the room sounds like, again and again."""
    _queue: deque[tuple[Clip, SpokenRecord]] = field(default_factory=deque)
    _index: int = 0
    _handed: int = 0
    finished: list[tuple[Clip, SpokenRecord]] = field(default_factory=list)
    """Said since it was last looked at; the reader empties it."""

    def say(self, clip: Clip) -> SpokenRecord:
        record = SpokenRecord(text=clip.text)
        self._queue.append((clip, record))
        return record

    @property
    def busy(self) -> bool:
        return bool(self._queue)

    def next(self, due: float) -> Frame:
        self._handed += 1
        if not self._queue:
            return self.tone[self._handed % len(self.tone)]
        clip, record = self._queue[0]
        index = self._index
        if index == clip.first or (index == 0 and clip.first < 0):
            record.began = due
        if index == clip.last or (index == len(clip.frames) - 1 and record.ended is None):
            record.ended = due
        self._index += 1
        if self._index >= len(clip.frames):
            self._queue.popleft()
            self._index = 0
            self.finished.append((clip, record))
        return clip.frames[index]
