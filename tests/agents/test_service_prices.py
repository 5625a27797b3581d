from __future__ import annotations

import pytest

from agents.service_prices import ServicePrices, as_json, load_service_prices, micros, plain


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("0.15", 150_000),
        (" 0,15 ", 150_000),
        ("15", 15_000_000),
        ("0", 0),
        ("0.000001", 1),
        ("1000000", 1_000_000_000_000),
        ("0.0000001", None),
        ("1000001", None),
        ("-1", None),
        ("", None),
        ("free", None),
        ("NaN", None),
        ("1e-99999999", None),
    ],
)
def test_amounts_as_people_write_them(text: str, amount: int | None) -> None:
    assert micros(text) == amount
    if amount is not None:
        assert micros(plain(amount)) == amount


def test_what_is_kept_is_only_what_is_set_and_damage_is_free() -> None:
    prices = ServicePrices(llm_prompt=150_000, llm_cached=0)
    assert as_json(prices) == {"llm_prompt": 150_000, "llm_cached": 0}
    assert load_service_prices(as_json(prices)) == prices
    assert (prices.cached, ServicePrices(llm_prompt=7).cached) == (0, 7)
    for damaged in ({"llm_prompt": "dear"}, {"asr_minute": -1}, {"unheard_of": 1}):
        assert load_service_prices(damaged) == ServicePrices()
    assert ServicePrices().free and not prices.free
