from __future__ import annotations

from pathlib import Path

import pytest

from inference.catalogue.entries import Resolved, models
from inference.engines.base import Engine, EngineRole
from inference.engines.fake import FakeChat
from inference.extra_engines import ExtraEngines, free_memory, lacks_room, wanted

QWEN = models()["qwen2.5-coder-1.5b"]


def made(role: EngineRole, chosen: Resolved) -> Engine:
    return FakeChat(model=chosen.name)


def test_the_lists_are_read_in_order_and_each_name_once() -> None:
    lists = {"PARLEY_CHAT_MODELS": " a, b ,a,", "PARLEY_SYNTHESIZER_MODELS": "c"}
    assert wanted(lists) == [("chat", "a"), ("chat", "b"), ("synthesizer", "c")]


async def test_a_model_beside_the_default_is_found_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLEY_CHAT_MODELS", "smollm2-135m")
    engines = ExtraEngines(made, free=lambda: None)
    await engines.load()
    found = engines.find("chat", "smollm2-135m")
    assert found is not None
    assert found.info.model == "smollm2-135m"
    assert engines.find("transcriber", "smollm2-135m") is None
    assert [info.model for info in engines.infos()] == ["smollm2-135m"]


async def test_what_there_is_no_memory_for_or_nobody_knows_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLEY_CHAT_MODELS", f"{QWEN.id},nobody-knows,whisper-tiny.en")
    engines = ExtraEngines(made, free=lambda: QWEN.size)
    await engines.load()
    assert engines.infos() == []
    assert "MiB are free" in engines.refused[QWEN.id]
    assert "no model" in engines.refused["nobody-knows"]
    assert "not a chat" in engines.refused["whisper-tiny.en"]


def test_room_is_only_refused_where_it_is_known(tmp_path: Path) -> None:
    chosen = Resolved("chat", "gguf", QWEN.id, QWEN)
    assert lacks_room(chosen, None) == ""
    assert lacks_room(chosen, 4 * QWEN.size) == ""
    assert lacks_room(chosen, QWEN.size) != ""
    meminfo = tmp_path / "meminfo"
    meminfo.write_text("MemTotal: 9 kB\nMemAvailable:    2048 kB\n")
    assert free_memory(meminfo) == 2048 * 1024
    assert free_memory(tmp_path / "none") is None
