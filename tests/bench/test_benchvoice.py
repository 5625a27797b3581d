"""The benchmark from end to end on fake engines: a stack of its own, the driver process, figures. No speed is judged."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from parley.stack.stack import ROOT


def benchvoice(*arguments: str) -> subprocess.CompletedProcess[str]:
    env = {
        name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL", "PARLEY_WORKERS"}
    }
    return subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "benchvoice", *arguments],
        cwd=ROOT, env=env, text=True, capture_output=True, check=False,
    )  # fmt: skip


@pytest.mark.timeout(240)
def test_a_run_comes_to_its_end_and_writes_its_figures_and_the_page(tmp_path: Path) -> None:
    done = benchvoice(
        "--all", "--only", "fake-segment", "--n", "2", "--folder", str(tmp_path / "kept"), "--docs", str(tmp_path)
    )
    assert done.returncode == 0, done.stdout + done.stderr
    figures = json.loads((tmp_path / "kept" / "fake-segment.json").read_text())
    assert figures["problems"] == []
    assert sorted(turn["clip"] for turn in figures["turns"]) == ["q01", "q02"]
    # The fake recogniser understands whole questions.
    assert all(turn["heard"].endswith("?") for turn in figures["turns"])
    assert figures["missed_turns"] == {"count": 0, "of": 2}
    assert figures["v2v_ms"]["n"] == 2
    assert list(figures["spans_ms"])[-1] == "wire"
    assert figures["cost"]["rss_mb"] > 0
    assert figures["stalls"]["lateness_ms"]["frames"] > 100
    assert 0 < figures["driver_cores"] < 1
    assert figures["greeting_ms"]["n"] == 1
    assert (figures["corpus"], figures["limit"]) == ("main", 2)
    assert "voice to voice" in done.stdout
    # One line a clip while it runs.
    assert "   1 of 2  q0" in done.stderr
    assert "   2 of 2  q0" in done.stderr
    page = (tmp_path / "benchmarks.md").read_text()
    assert "### Orchestration alone, segment recognition" in page
    assert "**A short look, not a measurement:** fake-segment" in page
    assert json.loads((tmp_path / "benchmarks.json").read_text())["goals"]


def test_nothing_to_measure_is_refused() -> None:
    done = benchvoice("--cell", "fake-segment", "--n", "0")
    assert done.returncode == 1
    assert "--n must be 1 or more." in done.stderr
