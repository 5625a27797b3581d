"""What a service takes for its work, as data. Pure.

Amounts are millionths of the workspace's currency. A service that is free, or a machine of one's own, has none.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct

MILLION: Final = 1_000_000
MOST: Final = 1_000_000
"""Units of the currency."""

Amount = Annotated[int, Meta(ge=0, le=MOST * MILLION)]


class ServicePrices(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """`Provider.prices`."""

    llm_prompt: Amount = 0
    """A million tokens that it reads."""
    llm_cached: Amount | None = None
    """A million of those that came from its cache; None: no less than the others."""
    llm_reply: Amount = 0
    """A million tokens that it writes."""
    asr_minute: Amount = 0
    """A minute of sound that it is sent."""
    tts_characters: Amount = 0
    """A million characters that it speaks."""

    @property
    def cached(self) -> int:
        return self.llm_prompt if self.llm_cached is None else self.llm_cached

    @property
    def free(self) -> bool:
        return self == ServicePrices() or not any(msgspec.structs.astuple(self))


def load_service_prices(stored: Mapping[str, Any]) -> ServicePrices:
    """What is stored and not understood counts as nothing: a wrong price is worse than none."""
    try:
        return msgspec.convert(stored, ServicePrices)
    except msgspec.ValidationError:
        return ServicePrices()


def as_json(prices: ServicePrices) -> dict[str, Any]:
    built: dict[str, Any] = msgspec.to_builtins(prices)
    return built


def micros(text: str) -> int | None:
    """ "0.15" or "0,15" → 150000; None for what is no amount of at least 0 with at most six places."""
    try:
        amount = Decimal(text.strip().replace(",", "."))
    except InvalidOperation:
        return None
    if not amount.is_finite() or not 0 <= amount <= MOST:
        return None
    whole = int(amount * MILLION)
    return whole if Decimal(whole) / MILLION == amount else None


def plain(amount: int | None) -> str:
    """4300 → "0.0043"; None → ""."""
    if amount is None:
        return ""
    text = f"{Decimal(amount) / MILLION:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
