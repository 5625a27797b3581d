from __future__ import annotations

from pathlib import Path

import pytest

from channels_io.bench import watcher
from channels_io.bench.watcher import steal_seconds


def test_steal_is_read_in_seconds(tmp_path: Path) -> None:
    path = tmp_path / "stat"
    path.write_text("cpu  1 2 3 4 5 6 7 250 0 0\ncpu0 1 2 3 4 5 6 7 125 0 0\n")
    assert steal_seconds(path) == 2.5
    assert steal_seconds(tmp_path / "nothing") == 0.0


def test_the_watcher_counts_until_its_input_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """In virtual time: the third wake-up comes 7 ms late, the next one is due on the old grid."""
    now, wakes = [10.0], []

    def sleep(seconds: float) -> None:
        wakes.append(seconds)
        now[0] += seconds + (0.007 if len(wakes) == 3 else 0.0)

    monkeypatch.setattr("channels_io.bench.watcher.time.sleep", sleep)
    monkeypatch.setattr("channels_io.bench.watcher.time.monotonic", lambda: now[0])
    monkeypatch.setattr(watcher, "hurry", lambda: True)
    monkeypatch.setattr(watcher, "steal_seconds", lambda: now[0])
    monkeypatch.setattr("channels_io.bench.watcher.select.select", lambda *_: ([1] if len(wakes) == 4 else [], [], []))
    stalls = watcher.watch()
    assert stalls.urgent
    assert stalls.lateness_ms.frames == 4
    assert stalls.lateness_ms.max == pytest.approx(7.0)
    # Woken at 67 ms instead of 60, it is due at 80 as before.
    assert wakes == pytest.approx([0.02, 0.02, 0.02, 0.013])
    assert stalls.steal_seconds == pytest.approx(0.08)
