"""From wire messages to entries of the record: who said what, as heard. Pure; `emit` takes entries.

A clause's text comes before its audio, so its place in the reply is known here: what was heard of
a reply can be told even when the worker that would say so is gone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from channels_io.entries import AgentTurn, CallerTurn, Entry, EventEntry, StateSnapshot, TurnTiming, TurnUse
from channels_io.live.waterfall import Measured
from inference.events import ConversationState, Heard, State
from inference.used import Use, together

Side = Literal["caller", "agent", "human"]


@dataclass(slots=True)
class _Reply:
    clauses: list[tuple[int, str]] = field(default_factory=list)
    """(first sample, words) in the order spoken."""
    given: int = 0
    started_ms: int = 0
    ended_ms: int = 0
    whole: str = ""
    settled: bool = False

    @property
    def written(self) -> str:
        return self.whole or "".join(text for _, text in self.clauses).strip()


class Transcript:
    """`now_ms` is the offset in the leg. `media` "text": what was sent was read."""

    def __init__(
        self, emit: Callable[[Entry], None], now_ms: Callable[[], int], media: Literal["voice", "text"]
    ) -> None:
        self._emit = emit
        self._now_ms = now_ms
        self._media: Literal["voice", "text"] = media
        self._seq = 0
        self._replies: dict[int, _Reply] = {}
        self._heard: set[int] = set()
        """Turns of the caller that are in the record."""
        self._used: dict[tuple[int, Side], tuple[Use, ...]] = {}
        self._unplaced: tuple[Use, ...] = ()
        """What was used for a turn that is in no record: it goes with the next."""

    def heard(self, heard: Heard, started_ms: int, ended_ms: int, message_id: str = "") -> None:
        """`message_id`: the caller's own name for it, if there is one."""
        if not message_id:  # One that is named may have been written by another leg.
            self._heard.add(heard.turn)
        self._emit(
            CallerTurn(
                seq=self._next(),
                number=heard.turn,
                text=heard.text,
                source=heard.source,
                message_id=message_id,
                started_ms=started_ms,
                ended_ms=ended_ms,
                language=heard.language,
                language_probability=heard.language_probability,
            )
        )

    def reply_text(self, turn: int, text: str) -> None:
        reply = self._reply(turn)
        reply.clauses.append((reply.given, text))

    def reply_given(self, turn: int, samples: int) -> None:
        """The worker sent that much more audio of reply `turn`."""
        self._reply(turn).given += samples

    def reply_played(self, turn: int, started_ms: int, ended_ms: int) -> None:
        """A frame of reply `turn` sounds from `started_ms` to `ended_ms`."""
        reply = self._reply(turn)
        reply.started_ms = reply.started_ms or started_ms
        reply.ended_ms = ended_ms

    def reply_held(self, turn: int, at_ms: int) -> None:
        """What sounds of reply `turn` ends here for now."""
        reply = self._reply(turn)
        reply.ended_ms = min(reply.ended_ms, at_ms)

    def reply_done(self, turn: int, text: str) -> None:
        reply = self._reply(turn)
        reply.whole = text or reply.written
        if reply.whole and not reply.settled:
            self._agent_turn(turn, reply.whole, cut=False)

    def line_said(self, turn: int, text: str) -> None:
        """The web said a sentence of its own."""
        self._reply(turn).whole = text
        self._agent_turn(turn, text, cut=False)
        self._reply(turn).settled = True

    def person_said(self, turn: int, text: str, by: str, started_ms: int, ended_ms: int) -> None:
        """A person of the team (`by`: public id) said it to the caller."""
        self._emit(
            AgentTurn(
                seq=self._next(),
                number=turn,
                text=text,
                source=self._media,
                role="human",
                by=by,
                started_ms=started_ms,
                ended_ms=ended_ms,
            )
        )

    def state(self, state: State) -> None:
        """Keep the snapshot; settle the reply that it says was heard."""
        if state.reply_turn or state.heard or state.cut:
            self._settle(state.reply_turn, state.heard, cut=state.cut)
        self.snapshot(state.snapshot)

    def snapshot(self, state: ConversationState) -> None:
        self._emit(StateSnapshot(seq=self._next(), state=state))

    def break_off(self, turn: int, played: int) -> str:
        """Reply `turn` ends here, unsettled by any worker; the words heard of it."""
        reply = self._replies.get(turn)
        if reply is None or reply.settled or not reply.written:
            return ""
        heard = self.heard_of(turn, played)
        self._settle(turn, heard, cut=len(heard) < len(reply.written))
        return heard

    def heard_of(self, turn: int, played: int) -> str:
        """The words of reply `turn` that lie in its first `played` samples, to a word or so."""
        reply = self._reply(turn)
        if self._media == "text" or (reply.whole and played >= reply.given):
            return reply.written
        words: list[str] = []
        for index, (start, text) in enumerate(reply.clauses):
            end = reply.clauses[index + 1][0] if index + 1 < len(reply.clauses) else reply.given
            if played >= end > start:
                words.append(text)
            elif played > start:
                words.append(_share(text, (played - start) / (end - start)))
        return "".join(words).strip()

    def timing(self, measured: Measured) -> None:
        self._emit(
            TurnTiming(
                seq=self._next(),
                number=measured.turn,
                v2v_ms=measured.v2v_ms,
                spans=measured.spans,
                prompt_tokens=measured.prompt_tokens,
                cached_tokens=measured.cached_tokens,
                reply_tokens=measured.reply_tokens,
                guesses_wasted=measured.guesses_wasted,
                filler=measured.filler,
            )
        )

    def used(self, turn: int, side: Side, uses: Sequence[Use]) -> None:
        """Engines did this for `side` of the turn. An answer that nobody heard goes with the words that it answers."""
        if not uses:
            return
        answers = side == "agent" and turn in self._replies and bool(self._replies[turn].written)
        if not answers and side != "human":
            side = "agent" if (turn, "agent") in self._used else "caller"
            if side == "caller" and turn not in self._heard:
                self._unplaced = together((*self._unplaced, *uses))
                return
        key: tuple[int, Side] = (turn, side)
        self._used[key] = together((*self._used.get(key, ()), *self._unplaced, *uses))
        self._unplaced = ()
        self._emit(TurnUse(seq=self._next(), number=turn, role=side, used=self._used[key]))

    def event(self, kind: str, data: Mapping[str, Any] | None = None) -> None:
        self._emit(EventEntry(seq=self._next(), kind=kind, data=data or {}, at_ms=self._now_ms()))

    def _settle(self, turn: int, heard: str, *, cut: bool) -> None:
        reply = self._reply(turn)
        if not reply.written and not heard:
            return
        # An interruption that came after the last word was heard cut nothing.
        self._agent_turn(turn, heard, cut=cut and heard != reply.written)
        reply.settled = True
        for old in [number for number, known in self._replies.items() if number < turn and known.settled]:
            del self._replies[old]

    def _agent_turn(self, turn: int, text: str, *, cut: bool) -> None:
        reply = self._reply(turn)
        now = self._now_ms()
        self._emit(
            AgentTurn(
                seq=self._next(),
                number=turn,
                text=text,
                full_text=reply.written,
                cut=cut,
                source=self._media,
                started_ms=reply.started_ms or now,
                ended_ms=min(reply.ended_ms, now) if cut and reply.ended_ms else reply.ended_ms or now,
            )
        )

    def _reply(self, turn: int) -> _Reply:
        return self._replies.setdefault(turn, _Reply())

    def _next(self) -> int:
        self._seq += 1
        return self._seq


def _share(text: str, share: float) -> str:
    """The leading words of `text` that make up `share` of its letters, the white space kept."""
    letters = int(len(text) * share)
    if letters >= len(text) or text[letters].isspace():
        return text[:letters]
    cut = text.rfind(" ", 0, letters)
    return text[: cut + 1] if cut >= 0 else ""
