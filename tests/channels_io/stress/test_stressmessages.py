"""Check 3 in small: 600 messages through every fault. The 10,000 are `manage.py stressmessages`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.servers import LEAVE_TO_US, MARK

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.timeout(480)
def test_nothing_is_lost_doubled_or_disordered(tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    ours = {MARK, *LEAVE_TO_US, "PARLEY_VAR", "DJANGO_SETTINGS_MODULE"}
    done = subprocess.run(
        [
            sys.executable, "manage.py", "stressmessages", "--n", "600", "--people", "40", "--rate", "20", "--freeze", "5",
            "--drain", "180", "--json", str(figures),
        ],
        cwd=ROOT,
        env={**{name: value for name, value in os.environ.items() if name not in ours}, "PARLEY_VAR": str(tmp_path / "var")},
        capture_output=True,
        text=True,
        timeout=420,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    told = json.loads(figures.read_text())
    judged = told["figures"]
    assert (judged["sent"], judged["people"], judged["conversations"]) == (600, 40, 40)
    assert (judged["lost"], judged["double"], judged["disordered"], judged["acked_unstored"]) == ([], [], [], [])
    assert judged["copies"] > 100
    assert len(told["faults"]) == 5
