"""One cell against one running server: play its calls, sum them up, put it in words."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import msgspec

from agents.models import Agent
from channels_io.bench import plans
from channels_io.bench.accuracy import AccuracyFigures, accuracy, cuts_heard
from channels_io.bench.errors import MeasureError
from channels_io.bench.figures import LATENESS_LIMIT_MS, Figures, distribution, figures_of, own_lateness_ms
from channels_io.bench.load import LoadFigures, LoadStep, load_figures
from channels_io.bench.measure import WORKSPACE, Measured, Server, measure, measure_phone
from channels_io.bench.plans import Cell, CorpusChoice, Wire
from channels_io.bench.prometheus import deepest, lag_ms
from channels_io.bench.records import CutRecord
from channels_io.bench.report import accuracy_table, load_report, table
from channels_io.models import Turn

AnyFigures = Figures | LoadFigures | AccuracyFigures
LOST_LIMIT = 2
"""So many levels in a row that do not hold end the ramp: one may be the machine's mood."""


class Bench:
    """`limit`: at most so many clips of each kind, or calls at once in the load cell."""

    def __init__(
        self,
        server: Server,
        corpus: CorpusChoice,
        limit: int | None,
        say: Callable[[str], None],
        wire: Wire = "browser",
    ) -> None:
        self._server = server
        self._corpus: CorpusChoice = corpus
        self._limit = limit
        self._say = say
        self._wire = wire

    def measure(self, cell: Cell) -> tuple[str, AnyFigures]:
        """(text for a terminal, figures). Raises MeasureError."""
        if cell == "load":
            load = self._load()
            return load_report(load), load
        if cell == "accuracy":
            found = accuracy(compiled_agents(), self._limit, self._say)
            return accuracy_table(found), found
        figures = self._calls(cell)
        return table(figures), figures

    def _calls(self, cell: Cell) -> Figures:
        drafts = plans.drafts(cell, self._limit, self._corpus)
        if self._wire == "twilio":
            phone = measure_phone(self._server, drafts, self._say)
            figures = figures_of(cell, phone.run, phone.cost, phone.stalls, seconds=phone.seconds)
            return msgspec.structs.replace(figures, cell=f"{cell}, telephone")
        seen = measure(self._server, drafts, plans.AT_ONCE.get(cell, 1), self._say)
        cuts = seen.run.cuts if cell in plans.REAL_CELLS else ()
        if cuts:
            self._say(f"Listening to {len(cuts)} interrupted replies")
        heard = cuts_heard(cuts, transcripts(cuts))
        return figures_of(cell, seen.run, seen.cost, seen.stalls, seconds=seen.seconds, cuts=heard)

    def _load(self) -> LoadFigures:
        """More and more calls at once, until they add more than the limit to each other's delay; then twice as many."""
        steps: list[LoadStep] = []
        lost = 0
        for calls in plans.LOAD_LEVELS:
            if self._limit is not None and calls > self._limit:
                break
            steps.append(self._level(calls))
            lost = 0 if steps[-1].holds(steps[0]) else lost + 1
            if lost == LOST_LIMIT:
                break
        cores = os.cpu_count() or 1
        found = load_figures(steps, cores)
        if not found.held:
            return found
        return load_figures(steps, cores, self._level(2 * found.held))

    def _level(self, calls: int) -> LoadStep:
        self._say(f"{calls} calls at once")
        return load_step(calls, measure(self._server, plans.load_drafts(calls, self._corpus), calls, self._say))


def load_step(calls: int, seen: Measured) -> LoadStep:
    run = seen.run
    first, last = (seen.scrapes[0], seen.scrapes[-1]) if seen.scrapes else (None, None)
    return LoadStep(
        calls=calls,
        v2v_ms=distribution(turn.v2v_ms for turn in run.turns),
        cpu_seconds_per_call_minute=seen.cost.cpu_seconds_per_call_minute,
        rss_mb=seen.cost.rss_mb,
        missed=sum(turn.missed for turn in run.turns) + len(run.problems) - run.refused,
        lateness_p99_ms=round(run.lateness_ms.p99, 2),
        refused=run.refused,
        cores=seen.cores,
        driver_cores=round(run.driver_cpu_seconds / seen.seconds, 2) if seen.seconds else 0.0,
        stalls_p99_ms=round(seen.stalls.lateness_ms.p99, 2),
        void=own_lateness_ms(run.lateness_ms, seen.stalls, run.driver_urgent) >= LATENESS_LIMIT_MS,
        lag_p99_ms=None if first is None or last is None else lag_ms(first, last),
        queues=deepest(seen.scrapes),
    )


def transcripts(cuts: Iterable[CutRecord]) -> dict[tuple[str, int], tuple[str, str]]:
    """(conversation, turn) → (the whole reply, what the transcript says was heard of it), as it was stored."""
    wanted = {cut.conversation for cut in cuts}
    turns = Turn.objects.filter(conversation__public_id__in=wanted, role=Turn.Role.AGENT).select_related("conversation")
    return {(turn.conversation.public_id, turn.number): (turn.full_text or turn.text, turn.text) for turn in turns}


def compiled_agents() -> dict[str, Any]:
    """Slug → the spec that the worker keeps warm, of the demo workspace. Raises MeasureError."""
    path = os.environ.get("PARLEY_AGENTS", "")
    try:
        specs = msgspec.json.decode(Path(path).read_bytes(), type=list[dict[str, Any]])
    except (OSError, msgspec.DecodeError) as error:
        raise MeasureError(
            f"The published agents cannot be read from PARLEY_AGENTS={path!r}; leave --url away and a stack is started."
        ) from error
    slugs = dict(Agent.objects.filter(workspace__slug=WORKSPACE).values_list("public_id", "slug"))
    return {slugs[spec["agent"]]: spec for spec in specs if spec.get("agent") in slugs}
