from __future__ import annotations

import os
from pathlib import Path

from inference.engines.kept_files import KeptFiles


def _file(folder: Path, name: str, size: int) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_bytes(name.encode()[:1] * size)
    return path


def test_what_was_kept_is_fetched_after_a_restart(tmp_path: Path) -> None:
    KeptFiles(tmp_path / "kept").keep(_file(tmp_path / "one", "head-a", 100))
    into = tmp_path / "two"
    into.mkdir()
    kept = KeptFiles(tmp_path / "kept")
    assert kept.fetch("head-a", into)
    assert (into / "head-a").read_bytes() == b"h" * 100
    assert not kept.fetch("head-b", into)
    kept.drop("head-a")
    assert not kept.fetch("head-a", into)


def test_over_budget_the_oldest_goes_and_no_part_is_left(tmp_path: Path) -> None:
    kept = KeptFiles(tmp_path / "kept", budget=250)
    for age, name in ((300, "a"), (200, "b")):
        kept.keep(_file(tmp_path / "source", name, 100))
        os.utime(tmp_path / "kept" / name, (1_000_000 - age, 1_000_000 - age))
    kept.keep(_file(tmp_path / "source", "c", 100))
    assert sorted(path.name for path in (tmp_path / "kept").iterdir()) == ["b", "c"]


def test_without_a_folder_nothing_is_kept(tmp_path: Path) -> None:
    kept = KeptFiles(None)
    kept.keep(_file(tmp_path, "a", 1))
    kept.drop("a")
    assert not kept.fetch("a", tmp_path)
