from __future__ import annotations

from pathlib import Path

import pytest

from inference import cores as module
from inference.cores import cores, model_threads


@pytest.fixture(autouse=True)
def no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PARLEY_MODEL_THREADS", raising=False)


def quota(folder: Path, text: str) -> Path:
    (folder / "cpu.max").write_text(text)
    return folder / "cpu.max"


def test_a_quota_of_the_container_counts(tmp_path: Path) -> None:
    assert cores(quota(tmp_path, "50000 100000\n")) == 0.5


@pytest.mark.parametrize("text", ["max 100000\n", "", "what?"])
def test_without_a_quota_the_affinity_counts(tmp_path: Path, text: str) -> None:
    assert cores(quota(tmp_path, text)) == cores(tmp_path / "none") >= 1.0


@pytest.mark.parametrize(("available", "threads"), [(0.5, 1), (1.9, 1), (2.0, 2), (64.0, 8)])
def test_a_model_has_a_thread_a_core(monkeypatch: pytest.MonkeyPatch, available: float, threads: int) -> None:
    monkeypatch.setattr(module, "cores", lambda: available)
    assert model_threads() == threads


@pytest.mark.parametrize(("wanted", "threads"), [("1", 1), ("3", 3), ("0", 1), ("all", 2), ("", 2)])
def test_the_operator_may_say_otherwise(monkeypatch: pytest.MonkeyPatch, wanted: str, threads: int) -> None:
    monkeypatch.setattr(module, "cores", lambda: 2.0)
    monkeypatch.setenv("PARLEY_MODEL_THREADS", wanted)
    assert model_threads() == threads
