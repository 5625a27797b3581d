"""Which library reads a GGUF file."""

from __future__ import annotations

import logging

import pytest

from inference.engines import ik_library, registry
from inference.engines.gguf import language_model
from inference.errors import UnknownEngine


@pytest.fixture(params=[True, False], ids=["runs", "does not run"])
def runs(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether ik_llama.cpp runs on the machine that the test plays."""
    monkeypatch.setattr(ik_library, "runs_here", lambda: request.param)
    return bool(request.param)


def test_the_faster_one_where_it_runs_and_the_other_elsewhere(runs: bool, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    assert language_model(path="/x.gguf", capacity=2).info.kind == ("ik_llama" if runs else "llama_cpp")
    assert ("more slowly" in caplog.text) != runs


@pytest.mark.parametrize("library", ["ik_llama", "llama_cpp"])
def test_a_library_that_is_named_is_taken(runs: bool, library: str) -> None:
    engine = registry.create("chat", "gguf", {"library": library, "model": "m", "context": 512})
    assert (engine.info.kind, engine.info.model) == (library, "m")


@pytest.mark.parametrize("setting", [{"slots": 2}, {"batch": 64}, {"gpu_layers": 99}, {"state_folder": "/tmp"}])
def test_a_setting_that_only_llama_cpp_has_chooses_it(runs: bool, setting: dict[str, str | int]) -> None:
    assert registry.create("chat", "gguf", setting).info.kind == "llama_cpp"


def test_a_library_or_a_setting_that_is_not_known_is_refused(runs: bool) -> None:
    with pytest.raises(UnknownEngine, match="no library 'vllm' for GGUF files. Known: ik_llama, llama_cpp"):
        registry.create("chat", "gguf", {"library": "vllm"})
    with pytest.raises(UnknownEngine, match="does not take these settings.*colour"):
        registry.create("chat", "gguf", {"colour": "red"})
