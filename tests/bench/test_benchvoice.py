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
def test_a_cell_runs_to_its_end_and_writes_its_figures(tmp_path: Path) -> None:
    path = tmp_path / "figures.json"
    done = benchvoice("--cell", "fake-segment", "--n", "2", "--json", str(path))
    assert done.returncode == 0, done.stdout + done.stderr
    figures = json.loads(path.read_text())
    assert figures["problems"] == []
    assert [turn["clip"] for turn in figures["turns"]] == ["q01", "q02"]
    assert all(turn["heard"].startswith("I spoke for") for turn in figures["turns"])
    assert figures["missed_turns"] == {"count": 0, "of": 2}
    assert figures["v2v_ms"]["n"] == 2
    assert list(figures["spans_ms"])[-1] == "wire"
    assert figures["cost"]["rss_mb"] > 0
    assert "voice to voice" in done.stdout
    assert figures["corpus"] == "main"
    # One line a clip while it runs.
    assert "   1 of 2  q01  " in done.stderr
    assert "   2 of 2  q02  " in done.stderr


def test_nothing_to_measure_is_refused() -> None:
    done = benchvoice("--cell", "fake-segment", "--n", "0")
    assert done.returncode == 1
    assert "--n must be 1 or more." in done.stderr
