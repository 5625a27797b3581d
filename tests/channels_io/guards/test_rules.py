from __future__ import annotations

import msgspec
import pytest

from channels_io.guards.countries import country_name, country_of_zone, names, zones_of_country
from channels_io.guards.numbers import parse_number
from channels_io.guards.presets import PRESETS, preset_of
from channels_io.guards.rules import DEFAULT_PRICES, EVERY, Price, Rules, as_json, judge, load_rules, price_of

IRISH = "+353871234567"


def verdict(text: str, home: str = "IE", **rules: object) -> str | None:
    return judge(parse_number(text), Rules(**rules), home)  # type: ignore[arg-type]


def test_without_rules_only_the_own_country() -> None:
    assert verdict(IRISH) is None
    assert verdict("+447400123456") == "country_refused"
    assert verdict("+12025550123") == "country_refused"
    assert verdict(IRISH, home="") == "country_refused"


PREMIUM = (
    "+19002345678", "+3531570123456", "+449098790000", "+8829990000000", "+88216000000", "+881612345678",
    "+870773123456", "+979123456789", "+883510000000123", "+87812345678901", "+808123456789", "+447012345678",
)  # fmt: skip


@pytest.mark.parametrize("text", PREMIUM)
def test_premium_and_satellites_even_where_every_country_is_allowed(text: str) -> None:
    every = {"countries": (EVERY, "IE", "GB", "US", "001")}
    assert verdict(text, **every) == "number_refused"
    assert verdict(text, **every, allow=(text[:6],)) is None


@pytest.mark.parametrize(("text", "country"), [("+18765230123", "JM"), ("+12423456789", "BS"), ("+18092345678", "DO")])
def test_islands_must_be_named_themselves(text: str, country: str) -> None:
    assert verdict(text, countries=("US",)) == "country_refused"
    assert verdict(text, countries=(EVERY,)) == "country_refused"
    assert verdict(text, countries=(EVERY, country)) is None
    assert verdict(text, countries=(country,)) is None


def test_the_longer_prefix_decides_and_deny_at_equal_length() -> None:
    assert verdict(IRISH, deny=("+35387",)) == "number_refused"
    assert verdict(IRISH, deny=("+35387",), allow=("+353871",)) is None
    assert verdict(IRISH, deny=("+353871",), allow=("+35387",)) == "number_refused"
    assert verdict(IRISH, deny=("+35387",), allow=("+35387",)) == "number_refused"


def test_a_kind_can_be_allowed() -> None:
    assert verdict("+3531850123456") == "number_refused"
    assert verdict("+3531850123456", kinds=("shared_cost",)) is None


def test_nobody_at_all() -> None:
    assert verdict(IRISH, countries=()) == "country_refused"


def test_rules_survive_their_json() -> None:
    rules = Rules(countries=("IE", EVERY), allow=("+3531",), kinds=("premium",), prices=(Price("sms", "IE", 1),))
    assert load_rules(as_json(rules)) == rules
    assert load_rules({}) == Rules()


@pytest.mark.parametrize(
    "stored",
    [
        {"calls_at_once": -1},
        {"countries": ["Ireland"]},
        {"allow": ["353"]},
        {"allow": ["+353\n"]},
        {"unheard_of": 1},
        {"budget_day": "5"},
        {"kinds": ["cheap"]},
        {"messages": {"number_hour": 1}},
    ],
)
def test_what_is_not_understood_is_refused(stored: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        load_rules(stored)


def test_prices_by_country_then_for_all_then_the_dearest() -> None:
    rules = Rules(prices=(Price("sms", "IE", 70_000), Price("sms", EVERY, 90_000), Price("call", "US", 20_000)))
    assert price_of(rules, "sms", "IE") == 70_000
    assert price_of(rules, "sms", "DE") == 90_000
    assert price_of(rules, "call", "DE") == max(20_000, next(p.amount for p in DEFAULT_PRICES if p.what == "call"))


def test_presets_know_themselves() -> None:
    for name, rules in PRESETS.items():
        assert preset_of(rules) == name
        assert load_rules(as_json(rules)) == rules
    assert preset_of(Rules(calls_at_once=7)) == ""


def test_a_zone_names_its_country() -> None:
    assert [country_of_zone(zone) for zone in ("Europe/Dublin", "America/Chicago", "Asia/Kolkata")] == [
        "IE",
        "US",
        "IN",
    ]
    assert [country_of_zone(zone) for zone in ("UTC", "Etc/GMT+1", "US/Pacific", "CET", "")] == [""] * 5
    assert zones_of_country("IE") == ("Europe/Dublin",)
    assert (country_name("GB"), country_name("??")) == ("United Kingdom", "??")
    assert len(names()) > 240
