"""What is told of a finished turn beside the record: metrics, a trace, a line in the log."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from channels_io.live.facts import LegFacts
from channels_io.live.waterfall import Measured
from channels_io.waits import bounded
from parley import metrics
from parley.tracing import TurnTrace, TurnTracer

logger = logging.getLogger(__name__)


class TurnObserver:
    """Of one leg. Called after the first sound of a reply has left: nothing here is on its way."""

    def __init__(
        self,
        kind: str,
        facts: LegFacts,
        *,
        budget_ms: float,
        tracer: TurnTracer | None,
        clock: Callable[[], float],
        wall: Callable[[], float] = time.time,
    ) -> None:
        """`clock` is the session's, `wall` that of the world; both in seconds."""
        self._kind = kind
        self._facts = facts
        self._budget_ms = budget_ms
        self._tracer = tracer
        self._clock = clock
        self._wall = wall

    def __call__(self, measured: Measured) -> None:
        missed = measured.missed(self._budget_ms)
        self._count(measured, missed)
        if missed:
            self._log(measured)
        if self._tracer is not None:
            self._tracer.trace(self._trace(measured, missed))

    def _count(self, measured: Measured, missed: bool) -> None:
        kind = self._kind
        for span in measured.spans:
            metrics.WAITS.labels(bounded(span.name)).observe(span.ms / 1000)
        if measured.v2v_ms is not None:
            metrics.V2V.labels(kind).observe(measured.v2v_ms / 1000)
        metrics.BUDGET_MISSED.labels(kind).inc(missed)
        metrics.FILLERS.labels(kind).inc(measured.filler)
        metrics.GUESSES_WASTED.labels(kind).inc(measured.guesses_wasted)

    def _log(self, measured: Measured) -> None:
        longest = max(measured.spans, key=lambda span: span.ms)
        logger.info(
            "Leg %s, turn %d: answered after %.0f ms, the budget is %.0f. Longest wait: %s, %.0f ms.%s",
            self._facts.leg,
            measured.turn,
            measured.wait_ms,
            self._budget_ms,
            longest.name,
            longest.ms,
            " A filler was said first." if measured.filler else "",
        )

    def _trace(self, measured: Measured, missed: bool) -> TurnTrace:
        now = self._clock()
        since = now - (now if measured.ended_at is None else measured.ended_at)
        spec = self._facts.spec
        return TurnTrace(
            waits=[(span.name, span.ms) for span in measured.spans],
            ended=self._wall() - since,
            missed=missed,
            attributes={
                "parley.agent": spec.agent,
                "parley.version": spec.version,
                "parley.channel.kind": self._kind,
                "parley.conversation": self._facts.conversation,
                "parley.leg": self._facts.leg,
                "parley.turn": measured.turn,
                "parley.spoken": measured.v2v_ms is not None,
                "parley.wait_ms": round(measured.wait_ms, 2),
                "parley.tokens.prompt": measured.prompt_tokens,
                "parley.tokens.cached": measured.cached_tokens,
                "parley.tokens.reply": measured.reply_tokens,
                "parley.filler": measured.filler,
                "parley.guesses_wasted": measured.guesses_wasted,
            },
        )
