"""Every limit of a live leg, in one place. Seconds unless the name says otherwise."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    call: float = 3600.0
    """A voice leg's length; it ends with a spoken goodbye."""
    chat: float = 24 * 3600.0
    silent_voice: float = 30.0
    """A voice socket that brings nothing at all, not even a ping, is dead."""
    silent_text: float = 900.0
    """A text leg without a message; the page opens a new one with the next message."""
    silent_by_hand: float = 4.0
    """So many times as long while a person talks to the caller."""
    person_away: float = 1.0
    """A person who talks and whose browser has not been there for so long: the caller hears a sentence."""
    person_grace: float = 8.0
    """And after so long the agent goes on."""
    first_worker: float = 3.0
    """How long a new leg looks for a worker before it is refused."""
    queue_when_full: bool = False
    """Wait for a slot that long too: messages are never refused for load, calls are."""
    queue: float = 0.0
    """How long a caller whom no worker has room for may wait in line; 0 = refused at once."""
    comfort: float = 15.0
    """Between two sentences that say the caller is not forgotten."""
    worker_away: float = 120.0
    """How long a leg outlives its worker."""
    say_again: float = 15.0
    """Between two apologies while the worker stays away."""
    stalled_reply: float = 12.0
    """A caller's turn without any sign of an answer: the worker counts as lost. Longer than it waits for its own engines."""
    playback_every: float = 0.2
    clear_report: float = 0.15
    """How long a cut waits for the player's own report of where it stopped."""
    hold: float = 3.0
    """How long a reply is held without the worker saying what came of it; then it goes on."""
    hang_up_settle: float = 0.3
    """How long a hang-up waits for the worker's last state."""
    goodbye: float = 10.0
    """Longest that a closing leg waits for its last sentence to be played."""
    backlog_bytes: int = 1 << 20
    """A caller that reads so slowly that more than this waits is closed."""
    unplayed: float = 22.0
    """The same, as seconds of audio sent but not reported played (1 MiB at 24 kHz)."""
    input_burst: float = 2.0
    """Seconds of caller audio that may come at once, beyond twice real time."""
    pending_texts: int = 50
    send: float = 5.0
    """Longest that one write to the caller may block."""

    def silent(self, *, voice: bool, by_hand: bool) -> float:
        """How long a leg without a sign of the caller's side stays open."""
        return (self.silent_voice if voice else self.silent_text) * (self.silent_by_hand if by_hand else 1.0)


TEXT_LIMITS = Limits(first_worker=20.0, queue_when_full=True, stalled_reply=45.0)
