"""What a workspace allows to be dialled and spent, as data, and the questions that need no database. Pure.

Amounts are millionths of `Rules.currency`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta, Struct

from channels_io.guards.numbers import Kind, Number

MILLION: Final = 1_000_000
EVERY: Final = "*"
Count = Annotated[int, Meta(ge=0, le=1_000_000)]
Amount = Annotated[int, Meta(ge=0, le=1_000_000 * MILLION)]
Prefix = Annotated[str, Meta(pattern=r"^\+[1-9][0-9]{0,14}\Z")]
Country = Annotated[str, Meta(pattern=r"^(?:[A-Z]{2}|001|\*)\Z")]
WhatName = Literal["sms", "whatsapp", "call"]

ORDINARY: Final[frozenset[Kind]] = frozenset({"fixed", "mobile", "fixed_or_mobile", "toll_free", "voip", "user_id"})
"""Kinds of number that cost what a call costs. All others must be allowed one by one."""

PREMIUM: Final = (
    "+1900", "+1976",  # North America
    "+808", "+870", "+878", "+881", "+882", "+883", "+888", "+979", "+991", "+999",  # satellites, international premium
)  # fmt: skip
"""Refused until a prefix in `Rules.allow` names them."""

ISLANDS: Final = (
    "+1242", "+1246", "+1264", "+1268", "+1284", "+1345", "+1441", "+1473", "+1649", "+1658", "+1664", "+1721", "+1758",
    "+1767", "+1784", "+1809", "+1829", "+1849", "+1868", "+1869", "+1876",
)  # fmt: skip
"""Dear, and they look like numbers of the US. Not among "every country": each must be named itself."""


class Caps(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Most of one kind (calls, or messages). A day of a number is 24 hours, the workspace's is its calendar day."""

    number_hour: Count
    number_day: Count
    agent_hour: Count
    workspace_hour: Count
    workspace_day: Count


class Price(Struct, frozen=True, forbid_unknown_fields=True):
    """Of one message part or one minute. `country` may be EVERY."""

    what: WhatName
    country: Country
    amount: Amount


DEFAULT_PRICES: Final = (Price("sms", EVERY, 80_000), Price("whatsapp", EVERY, 50_000), Price("call", EVERY, 50_000))


class Rules(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`SpendingRule.rules`. The defaults are those of a workspace that never looked at them: careful ones."""

    countries: tuple[Country, ...] | None = None
    """None: the workspace's own, from its time zone. (EVERY,): all. An empty tuple: nobody."""
    kinds: tuple[Kind, ...] = ()
    """Allowed beside the ordinary ones."""
    allow: tuple[Prefix, ...] = ()
    """Allowed whatever else says no. The longest prefix of `allow` and `deny` decides; at equal length `deny`."""
    deny: tuple[Prefix, ...] = ()
    answer_abroad: bool = True
    """Who wrote by WhatsApp within 24 hours is answered in any country."""
    messages: Caps = Caps(number_hour=40, number_day=150, agent_hour=300, workspace_hour=400, workspace_day=2_000)
    calls: Caps = Caps(number_hour=3, number_day=6, agent_hour=40, workspace_hour=60, workspace_day=200)
    calls_at_once: Count = 3
    call_minutes: Annotated[int, Meta(ge=1, le=240)] = 15
    """The longest a call may be: what is reserved for it, and when one whose end nobody told is taken as over."""
    range_numbers: Count = 20
    """Different numbers of one range (its first 7 or 8 digits) within an hour."""
    range_campaign: Count = 300
    """The same, for the lines of campaigns."""
    short_calls: Count = 10
    """Calls of under 20 seconds to one range within an hour."""
    currency: Annotated[str, Meta(pattern=r"^[A-Z]{3}\Z")] = "EUR"
    budget_day: Amount = 10 * MILLION
    budget_month: Amount = 100 * MILLION
    prices: Annotated[tuple[Price, ...], Meta(max_length=600)] = DEFAULT_PRICES


def load_rules(stored: Mapping[str, Any]) -> Rules:
    """Raises msgspec.ValidationError."""
    return msgspec.convert(stored, Rules)


def as_json(rules: Rules) -> dict[str, Any]:
    built: dict[str, Any] = msgspec.to_builtins(rules)
    return built


def countries_of(rules: Rules, home: str) -> tuple[str, ...]:
    """`home`: the workspace's own country, or ""."""
    if rules.countries is not None:
        return rules.countries
    return (home,) if home else ()


def judge(number: Number, rules: Rules, home: str) -> Literal["country_refused", "number_refused"] | None:
    """Why this number is not allowed, whoever asks and however often; None if it is."""
    said = _longest(number, rules)
    if said is not None:
        return None if said else "number_refused"
    if number.kind not in ORDINARY and number.kind not in rules.kinds:
        return "number_refused"
    if _begins(number, PREMIUM):
        return "number_refused"
    countries = countries_of(rules, home)
    if number.country in countries:
        return None
    return None if EVERY in countries and not _begins(number, ISLANDS) else "country_refused"


def price_of(rules: Rules, what: str, country: str) -> int:
    """Of one part or minute; the dearest one known where none is named for this country."""
    table: dict[tuple[str, str], int] = {(price.what, price.country): price.amount for price in rules.prices}
    named = table[what, country] if (what, country) in table else table.get((what, EVERY))
    if named is not None:
        return named
    known = [price.amount for price in (*rules.prices, *DEFAULT_PRICES) if price.what == what]
    return max(known)


def caps_of(rules: Rules, what: str) -> Caps:
    return rules.calls if what == "call" else rules.messages


def _longest(number: Number, rules: Rules) -> bool | None:
    """What the longest prefix that fits says: True allow, False deny; None when there is none."""
    allowed, denied = _fitting(number.text, rules.allow), _fitting(number.text, rules.deny)
    if not allowed and not denied:
        return None
    return allowed > denied


def _fitting(text: str, prefixes: Sequence[str]) -> int:
    return max((len(prefix) for prefix in prefixes if text.startswith(prefix)), default=0)


def _begins(number: Number, prefixes: tuple[str, ...]) -> bool:
    return number.kind != "user_id" and number.text.startswith(prefixes)
