from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from inference.engines.state_files import StateFiles


def _write(files: StateFiles, name: str, size: int) -> None:
    (files.folder / name).write_bytes(b"x" * size)
    files.added(name)


def test_over_budget_the_least_recently_used_goes(tmp_path: Path) -> None:
    files = StateFiles(tmp_path, budget=250)
    _write(files, "a", 100)
    _write(files, "b", 100)
    files.use("a")
    _write(files, "c", 100)
    assert ("a" in files, "b" in files, "c" in files) == (True, False, True)
    assert sorted(path.name for path in files.folder.iterdir()) == ["a", "c"]


def test_one_file_larger_than_the_budget_is_kept(tmp_path: Path) -> None:
    files = StateFiles(tmp_path, budget=10)
    _write(files, "a", 100)
    assert "a" in files


def test_drop_and_close_leave_nothing(tmp_path: Path) -> None:
    files = StateFiles(tmp_path)
    _write(files, "a", 1)
    files.drop("a")
    files.drop("never there")
    assert "a" not in files
    files.close()
    assert list(tmp_path.iterdir()) == []


def test_the_folder_of_a_dead_process_is_removed_and_that_of_a_living_one_stays(tmp_path: Path) -> None:
    dead = subprocess.run(  # a process id that is certainly over
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True, check=True
    ).stdout.strip()
    orphan = tmp_path / f"parley-kv-{dead}-x"
    alive = tmp_path / f"parley-kv-{os.getpid()}-y"
    orphan.mkdir()
    alive.mkdir()
    StateFiles(tmp_path)
    assert not orphan.exists()
    assert alive.exists()
