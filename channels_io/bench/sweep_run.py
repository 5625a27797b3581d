"""`manage.py benchvoice --sweep`: evidence, replay, and the figures as table, JSON and picture."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec

from channels_io.bench.evidence import evidence
from channels_io.bench.plans import CorpusChoice, corpora_of
from channels_io.bench.sweep import Point, sweep, sweep_table
from channels_io.bench.sweep_plot import sweep_svg


def run_sweep(
    choice: CorpusChoice, folder: Path, say: Callable[[str], None], json: Path | None = None, plot: Path | None = None
) -> str:
    """The table. `folder` keeps the evidence; the first run of a corpus loads the default engines (minutes)."""
    found: dict[str, list[Point]] = {name: sweep(evidence(name, folder, say)) for name in corpora_of(choice)}
    if json is not None:
        json.write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=1) + b"\n")
    if plot is not None:
        plot.write_text(sweep_svg(found), encoding="utf-8")
    return "\n\n".join(f"{name}\n{sweep_table(points)}" for name, points in found.items())
