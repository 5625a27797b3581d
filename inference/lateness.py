"""How long the caller waited for an answer: told to the web, and a filler where it is really long."""

from __future__ import annotations

import asyncio
import logging

from inference import metrics
from inference.draft import Draft
from inference.events import Timing
from inference.reply import FILLER, Clock
from inference.speaking import Speaking
from inference.used import Meter

log = logging.getLogger(__name__)

FILLER_PATIENCE = 0.25
"""Seconds more that a late answer has when its first token is there: its first words are about to come."""


async def fill_in(draft: Draft, seconds: float, speaking: Speaking, clock: Clock) -> None:
    """An answer that is really late gets a filler in front; one whose first words are there gets its chance.

    `seconds` after the caller's last sound it is late; 0: never.
    """
    if not seconds or not speaking.filler() or draft.reply.end:
        return
    await asyncio.sleep(max(0.0, draft.marks.start + seconds - clock()))
    if "first_token" in draft.marks.at:
        await asyncio.sleep(FILLER_PATIENCE)
    if draft.reply.sent == 0 and not draft.reply.end:
        speaking.fill(draft)
        draft.marks.mark(FILLER, clock())
        log.warning("Turn %s: no answer within %.0f ms, a filler was said", draft.reply.turn, seconds * 1000)


def timing_of(draft: Draft, wasted: int, meter: Meter) -> Timing:
    """The waterfall of `draft`, counted in the metrics too. `wasted`: drafts dropped since the turn before."""
    thought, spans = draft.thought, draft.marks.spans()
    metrics.reply_spans(spans)
    metrics.reply_tokens(thought.prompt_tokens, thought.cached_tokens, thought.reply_tokens)
    if thought.prompt_tokens:
        meter.answered("chat")
    if draft.reply.sent:
        meter.answered("synthesizer")
    draft.reply.accounted = True
    return Timing(
        draft.reply.turn,
        spans,
        speech_end=draft.marks.speech_end,
        prompt_tokens=thought.prompt_tokens,
        cached_tokens=thought.cached_tokens,
        reply_tokens=thought.reply_tokens,
        guesses_wasted=wasted,
        filler=FILLER in draft.marks.at,
        used=meter.take("chat", "synthesizer"),
    )
