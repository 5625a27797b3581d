"""The agent's side of one conversation, put together: what thinks, walks through the flow, speaks, and gives way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from inference.engine_set import Engines
from inference.events import Open
from inference.flow.steps import Listen
from inference.handoff import Handoff
from inference.judging import Judge
from inference.language_change import LanguageChange
from inference.listening import Listening
from inference.live_state import LiveState
from inference.memory import Memory
from inference.outbox import Outbox
from inference.reading import ReadingAhead
from inference.replier import Replier
from inference.reply import Clock
from inference.serving import Serving
from inference.speaking import Speaking
from inference.take_over import TakeOver
from inference.thinker import FIRST_TOKEN_SECONDS, FIRST_WRITTEN_TOKEN_SECONDS, Thinker
from inference.walk import Walker
from inference.whisper import LATE_SECONDS, LATE_WRITTEN_SECONDS, Whisper


@dataclass(frozen=True, slots=True)
class AgentSide:
    """Its parts, as far as a conversation speaks to them."""

    thinker: Thinker
    handoff: Handoff
    tongue: LanguageChange
    whisper: Whisper
    walker: Walker
    replier: Replier
    take_over: TakeOver


def agent_side(
    opening: Open,
    state: LiveState,
    engines: Engines,
    *,
    memory: Memory,
    judge: Judge,
    outbox: Outbox,
    tasks: asyncio.TaskGroup,
    clock: Clock,
    wall: Callable[[], datetime],
    ears: Listening,
    listening: Callable[[Listen], None],
    hearing: Callable[[], None],
    quiet: Callable[[], None],
    speaking: Callable[[], bool],
) -> AgentSide:
    """`listening`, `hearing`, `quiet`: told how to listen, that it is to be in another language, and when all is said.
    `speaking`: whether the caller does just now."""
    spoken = opening.media.kind == "voice"
    patience = FIRST_TOKEN_SECONDS if spoken else FIRST_WRITTEN_TOKEN_SECONDS
    thinker = Thinker(memory, outbox, clock, patience=patience)
    voice = Speaking(
        state, opening.media, synthesizer=engines.synthesizer, fixed_speech=engines.fixed_speech, clock=clock
    )
    late = LATE_SECONDS if spoken else LATE_WRITTEN_SECONDS
    whisper = Whisper(state, model=engines.chat, speaking=voice, tasks=tasks, late=late)
    serving = Serving(
        opening.spec, engines, listening=ears, memory=memory, judge=judge, whisper=whisper, speaking=voice
    )
    handoff = Handoff(opening, state, thinker=thinker, memory=memory, serving=serving)
    tongue = LanguageChange(state, serving=serving, outbox=outbox, listening=hearing)
    walker = Walker(
        opening,
        state,
        thinker=thinker,
        judge=judge,
        handoff=handoff,
        tongue=tongue,
        speaking=voice,
        whisper=whisper,
        outbox=outbox,
        clock=clock,
        listening=listening,
        wall=wall,
    )
    replier = Replier(
        opening,
        state,
        walker=walker,
        ahead=ReadingAhead(opening.caller, state, walker=walker, thinker=thinker, judge=judge, tasks=tasks),
        memory=memory,
        speaking=voice,
        outbox=outbox,
        tasks=tasks,
        clock=clock,
        quiet=quiet,
        meter=engines.meter,
    )
    take_over = TakeOver(
        opening,
        state,
        replier=replier,
        walker=walker,
        memory=memory,
        judge=judge,
        outbox=outbox,
        tasks=tasks,
        clock=clock,
        speaking=speaking,
    )
    return AgentSide(thinker, handoff, tongue, whisper, walker, replier, take_over)
