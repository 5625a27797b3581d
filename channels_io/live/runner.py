"""Runs one leg: session and recorder side by side, and the record closed whatever happens."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace

from django.conf import settings

from channels_io.base import Channel
from channels_io.end_reasons import EndReason
from channels_io.live.backstage import Backstage
from channels_io.live.heartbeat import keep_alive
from channels_io.live.hub import hub_of_this_loop
from channels_io.live.limits import Limits
from channels_io.live.lines import SpeechCache
from channels_io.live.live_legs import LIVE_LEGS
from channels_io.live.observer import TurnObserver
from channels_io.live.opening import OpenedLeg
from channels_io.live.owner import StoredOwner
from channels_io.live.recorder import LegRecorder
from channels_io.live.sensitive import sensitive_nodes
from channels_io.live.session import LiveSession
from channels_io.live.toolbox import WorkspaceTools
from channels_io.live.waiting_line import WaitingLine
from channels_io.live.watching import Watch
from channels_io.live.worker import InferenceWorkers, Workers
from channels_io.workers.fleet import FLEET
from parley import metrics
from parley.loop_lag import LOOP_LAG
from parley.tracing import tracer

logger = logging.getLogger(__name__)

SPEECH = SpeechCache()
"""Fixed sentences of this web process."""
WAITING = WaitingLine()
"""Its callers who wait for a free line."""
FLEET.waiting = lambda: len(WAITING)


def configured_workers() -> InferenceWorkers:
    return InferenceWorkers(FLEET, settings.PARLEY_WORKER_TOKEN)


async def run_leg(
    channel: Channel,
    opened: OpenedLeg,
    *,
    workers: Workers | None = None,
    limits: Limits | None = None,
    settled: Callable[[EndReason], EndReason] = lambda reason: reason,
) -> EndReason:
    """Until the leg has ended and its record is written; returns the reason.

    `settled` puts another reason in the session's place, where the channel knows better why it ended.
    """
    state = opened.facts.state
    recorder = LegRecorder(
        opened.leg,
        record_sound=opened.record_sound,
        every_state=opened.facts.test,
        media=channel.media,
        sensitive=sensitive_nodes(opened.facts.spec),
        node=state.node if state is not None else "",
    )
    clock = asyncio.get_running_loop().time
    budget = settings.PARLEY_BUDGET_MS
    limits = replace(limits or Limits(), person_grace=float(settings.PARLEY_PERSON_GRACE_SECONDS))
    if channel.media.kind == "voice":
        limits = replace(limits, queue=float(settings.PARLEY_QUEUE_SECONDS))
    hub = hub_of_this_loop()
    watch = Watch(opened.facts, channel.kind, channel.media, hub, clock)
    session = LiveSession(
        channel,
        opened.facts,
        workers or configured_workers(),
        recorder,
        speech=SPEECH,
        tools=WorkspaceTools(opened.facts),
        limits=limits,
        waiting=WAITING,
        clock=clock,
        observe=TurnObserver(channel.kind, opened.facts, budget_ms=budget, tracer=tracer(), clock=clock),
        backstage=Backstage(hub, watch, StoredOwner(opened.leg.conversation_id)),
    )
    open_legs = metrics.LEGS_OPEN.labels(channel.kind)
    with LIVE_LEGS.running(session), open_legs.track_inprogress(), LOOP_LAG.measured():
        recording = asyncio.create_task(recorder.run())
        living = asyncio.create_task(keep_alive(opened.leg, session.read_owner))
        reason = EndReason.SHUTDOWN
        try:
            reason = settled(await session.run())
        finally:
            recording.cancel()
            try:
                await recorder.finish(reason)
            finally:
                living.cancel()
    return reason
