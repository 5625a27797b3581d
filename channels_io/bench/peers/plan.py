"""Which calls the comparison makes: the same for every stack, the stacks taking turns."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle, islice

from channels_io.bench.corpus import Clip, clips_of
from channels_io.bench.peers.driver import PeerPlan
from channels_io.bench.plans import INTO_SPEECH_PER_CALL, LEAD, TURNS_PER_CALL, Draft

AGENT = "reception"
SETTINGS = ("shipped", "tuned", "hasty")
"""Of the peer; deploy/bench_peers/pipecat_server.py says what each of them is."""


def drafts(turns: int, pauses: int, barge_ins: int) -> list[Draft]:
    """Calls of up to five turns with `turns` questions and `pauses` sentences with a pause, then the barge-ins.

    More than the corpus holds: it begins again.
    """
    calls = [
        Draft(AGENT, names)
        for names in [
            *_groups(_some("question", turns), TURNS_PER_CALL),
            *_groups(_some("pause", pauses), TURNS_PER_CALL),
        ]
    ]
    return calls + [Draft(AGENT, names, LEAD) for names in _groups(_some("barge_in", barge_ins), INTO_SPEECH_PER_CALL)]


def alternate(calls: Sequence[Draft], stacks: Sequence[PeerPlan]) -> tuple[PeerPlan, ...]:
    """Every call to every stack: A B C, then C B A, so that none of them always comes first.

    `stacks` are calls without clips, which say how each stack is reached.
    """
    return tuple(
        PeerPlan(stack.stack, stack.url, call.clips, stack.ticket, call.lead)
        for number, call in enumerate(calls)
        for stack in (stacks if number % 2 == 0 else reversed(stacks))
    )


def _some(kind: str, count: int) -> list[str]:
    clips: list[Clip] = [clip for clip in clips_of("question", "pause", "barge_in") if clip.kind == kind]
    return list(islice(cycle(clip.id for clip in clips if clip.agent == AGENT), count))


def _groups(names: Sequence[str], size: int) -> list[tuple[str, ...]]:
    return [tuple(names[start : start + size]) for start in range(0, len(names), size)]
