"""All that `make bench` measures: which runs there are, where their figures wait, the page made from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import Struct

from channels_io.bench.accuracy import AccuracyFigures
from channels_io.bench.document import CURVE, Facts, curve, document
from channels_io.bench.figures import Figures
from channels_io.bench.goals import Results, rows
from channels_io.bench.load import LoadFigures
from channels_io.bench.machine import Machine
from channels_io.bench.peers.report import Peers
from channels_io.bench.plans import Cell, CorpusChoice, Wire

PAGE, DATA, NOTES = "benchmarks.md", "benchmarks.json", "benchmarks.notes.md"


@dataclass(frozen=True, slots=True)
class Run:
    name: str
    cell: Cell
    corpus: CorpusChoice = "main"
    wire: Wire = "browser"


RUNS = (
    Run("real", "real"),
    Run("barge-in", "barge-in"),
    Run("flow", "flow"),
    Run("phone", "real", wire="twilio"),
    Run("phone-barge-in", "barge-in", wire="twilio"),
    Run("fake-segment", "fake-segment"),
    Run("fake-stream", "fake-stream"),
    Run("load", "load"),
    Run("accuracy", "accuracy"),
    Run("fresh", "real", "fresh"),
)
"""The one that needs the quietest machine first."""


class RunFacts(Struct, frozen=True):
    """What stands in each file of figures beside them."""

    at: str = ""
    limit: int | None = None
    machine: Machine = Machine()


Found = TypeVar("Found")


class Kept:
    """The figures of the runs that were made, a JSON file each."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, name: str) -> Path:
        return self.folder / f"{name}.json"

    def facts(self, name: str) -> RunFacts | None:
        """None when the run was not made, or by a version that wrote something else."""
        return self._read(name, RunFacts)

    def is_done(self, name: str, commit: str, limit: int | None) -> bool:
        """Whether this source was measured like this already; sources without a commit are measured anew."""
        facts = self.facts(name)
        return facts is not None and bool(commit) and (facts.machine.commit, facts.limit) == (commit, limit)

    def results(self) -> Results:
        return Results(
            real=self._read("real", Figures),
            fresh=self._read("fresh", Figures),
            phone=self._read("phone", Figures),
            phone_barge_in=self._read("phone-barge-in", Figures),
            barge_in=self._read("barge-in", Figures),
            flow=self._read("flow", Figures),
            fake_segment=self._read("fake-segment", Figures),
            fake_stream=self._read("fake-stream", Figures),
            load=self._read("load", LoadFigures),
            accuracy=self._read("accuracy", AccuracyFigures),
            peers=self._read("peers", Peers),
        )

    def _read(self, name: str, kind: type[Found]) -> Found | None:
        try:
            return msgspec.json.decode(self.path(name).read_bytes(), type=kind)
        except (OSError, msgspec.DecodeError):
            return None


def write_page(kept: Kept, docs: Path) -> Path:
    """`benchmarks.md`, its data and its curve in `docs`, from all runs that were made. Returns the page."""
    made = {run.name: found for run in RUNS if (found := kept.facts(run.name)) is not None}
    results = kept.results()
    facts = _facts(made)
    (docs / CURVE).parent.mkdir(parents=True, exist_ok=True)
    if results.load is not None and results.load.steps:
        (docs / CURVE).write_text(curve(results.load), encoding="utf-8")
    notes = docs / NOTES
    page = docs / PAGE
    page.write_text(
        document(results, facts, notes.read_text(encoding="utf-8") if notes.exists() else ""), encoding="utf-8"
    )
    data = {"facts": facts, "goals": rows(results), "cells": _without_turns(results)}
    (docs / DATA).write_bytes(msgspec.json.format(msgspec.json.encode(data), indent=1) + b"\n")
    return page


def _facts(made: Mapping[str, RunFacts]) -> Facts:
    newest = max(made.values(), key=lambda facts: facts.at, default=RunFacts())
    return Facts(
        machine=newest.machine,
        at={name: facts.at for name, facts in made.items()},
        commits={name: facts.machine.commit for name, facts in made.items()},
        limited=tuple(name for name, facts in made.items() if facts.limit is not None),
    )


def _without_turns(results: Results) -> dict[str, object]:
    """The cells without what each single turn said: that is in the kept files."""
    cells: dict[str, object] = {}
    for name in results.__struct_fields__:
        figures = getattr(results, name)
        if figures is None:
            continue
        data = msgspec.to_builtins(figures)
        if isinstance(figures, Peers):
            data["stacks"] = {stack: _without(found, "turns") for stack, found in data["stacks"].items()}
        cells[name] = _without(data, "turns")
    return cells


def _without(data: Mapping[str, object], key: str) -> dict[str, object]:
    return {name: value for name, value in data.items() if name != key}
