"""The tables of docs/sizing.md are the program's, and its arithmetic is right where it can be checked."""

from __future__ import annotations

import runpy
from typing import Any

import pytest

from parley.embedded import ROOT

SIZING: dict[str, Any] = runpy.run_path(str(ROOT / "deploy" / "sizing.py"))
MODELS = {model.name: model for model in SIZING["MODELS"]}
CARDS = {card.name: card for card in SIZING["CARDS"]}
SMALL, SEVEN = MODELS["Qwen2.5-1.5B, 16 bits"], MODELS["Qwen2.5-7B, 8 bits"]


def test_the_page_holds_what_the_program_says() -> None:
    page = (ROOT / "docs" / "sizing.md").read_text()
    assert SIZING["filled"](page) == page
    assert "\n".join(SIZING["cost_table"]()) in page
    assert "Not one figure of this table was measured" in page


def test_the_cache_of_a_token_is_what_was_measured_of_the_default_model() -> None:
    # docs/engines.md: 28.0 KiB a token at 16 bits.
    assert SMALL.kv_kib == 28.0


def test_a_step_reads_the_weights_and_each_streams_cache() -> None:
    alone, many = SIZING["step_ms"](SEVEN, CARDS["L4"]), SIZING["step_ms"](SEVEN, CARDS["L4"], 32)
    assert alone == pytest.approx(1000 * (7.62 + 1500 * 56 * 1024 / 1e9) / 180)
    assert many - alone == pytest.approx(1000 * 31 * 1500 * 56 * 1024 / 1e9 / 180)


@pytest.mark.parametrize("model", MODELS.values(), ids=lambda model: model.name)
@pytest.mark.parametrize("card", CARDS.values(), ids=lambda card: card.name)
def test_no_figure_promises_more_than_the_memory_holds(model: Any, card: Any) -> None:
    most = SIZING["calls_by_memory"](model, card)
    assert SIZING["calls_together"](model, card) <= most
    if most:
        used = model.weights_gb + 6 + most * 1500 * model.kv_kib * 1024 / 1e9
        assert used <= card.memory_gb * 0.9


def test_a_minute_costs_what_the_hour_does_divided() -> None:
    assert SIZING["cost"](0.80, 20, 0.5) == pytest.approx(0.80 / 60 / 10)


def test_a_slower_voice_serves_fewer() -> None:
    assert SIZING["voice_calls"](0.05) == pytest.approx(35)
    assert SIZING["voice_calls"](0.1) == pytest.approx(17.5)
