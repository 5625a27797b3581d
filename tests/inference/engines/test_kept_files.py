from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

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
    kept.put("a", b"state")
    assert kept.get("a") == b""
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_what_was_put_is_got_after_a_restart(tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    KeptFiles(folder).put("head-a", b"state" * 100)
    kept = KeptFiles(folder)
    assert kept.get("head-a") == b"state" * 100
    assert kept.get("head-b") == b""
    assert [path.name for path in folder.iterdir()] == ["head-a"]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    kept.drop("head-a")
    assert kept.get("head-a") == b""


def test_putting_makes_room_and_getting_makes_young(tmp_path: Path) -> None:
    kept = KeptFiles(tmp_path / "kept", budget=350)
    for age, name in ((300, "a"), (200, "b")):
        kept.put(name, b"x" * 100)
        os.utime(tmp_path / "kept" / name, (1_000_000 - age, 1_000_000 - age))
    kept.get("a")
    kept.put("c", b"x" * 100)
    assert sorted(path.name for path in (tmp_path / "kept").iterdir()) == ["a", "c"]


@pytest.mark.parametrize("damage", [b"", b"short", b"\0" * 532])
def test_what_was_damaged_on_disk_is_not_given(tmp_path: Path, damage: bytes) -> None:
    kept = KeptFiles(tmp_path / "kept")
    kept.put("head-a", b"state" * 100)
    (tmp_path / "kept" / "head-a").write_bytes(damage)
    assert kept.get("head-a") == b""
    kept.put("head-a", b"anew")
    assert kept.get("head-a") == b"anew"


def test_one_bit_that_fell_over_is_damage(tmp_path: Path) -> None:
    kept = KeptFiles(tmp_path / "kept")
    kept.put("head-a", b"state" * 100)
    stored = bytearray((tmp_path / "kept" / "head-a").read_bytes())
    stored[-7] ^= 4
    (tmp_path / "kept" / "head-a").write_bytes(stored)
    assert kept.get("head-a") == b""
