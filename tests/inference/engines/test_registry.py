from __future__ import annotations

from importlib.metadata import EntryPoint
from types import SimpleNamespace

import pytest

from inference.engines import registry
from inference.engines.fake import FakeSynthesizer, FakeTranscriber
from inference.errors import UnknownEngine


@pytest.mark.parametrize("role_and_kind", list(registry.ENGINES))
def test_every_kind_is_made_without_loading_anything(role_and_kind) -> None:
    role, kind = role_and_kind
    engine = registry.create(role, kind, {"model": "m", "capacity": 3})
    # A GGUF file names no library: which one reads it is said by the engine.
    kinds = ("ik_llama", "llama_cpp") if kind == "gguf" else (kind,)
    assert engine.info.kind in kinds
    assert (engine.info.role, engine.info.model) == (role, "m")


def test_settings_reach_the_engine() -> None:
    engine = registry.create("transcriber", "fake", {"mode": "stream"})
    assert isinstance(engine, FakeTranscriber)
    assert engine.delay_ms == 30.0


def test_unknown_kind_names_the_known_ones() -> None:
    with pytest.raises(UnknownEngine, match="no synthesizer engine 'piper'. Known: coqui, fake, hibari"):
        registry.create("synthesizer", "piper", {})


def test_unknown_setting_is_a_clear_refusal() -> None:
    with pytest.raises(UnknownEngine, match="does not take these settings.*colour"):
        registry.create("chat", "fake", {"colour": "red"})


def test_another_package_joins_by_its_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = EntryPoint("synthesizer.mine", "inference.engines.fake:FakeSynthesizer", registry.GROUP)
    asked: list[SimpleNamespace] = []

    def entry_points(**wanted: str) -> list[EntryPoint]:
        asked.append(SimpleNamespace(**wanted))
        return [entry] if wanted["name"] == entry.name else []

    monkeypatch.setattr(registry, "entry_points", entry_points)
    assert isinstance(registry.create("synthesizer", "mine", {}), FakeSynthesizer)
    assert asked == [SimpleNamespace(group="parley.engines", name="synthesizer.mine")]
