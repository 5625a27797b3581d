"""What the parts of a conversation are reckoned at, as data. Pure.

Amounts are millionths of the workspace's currency (`guards.rules.Rules.currency`). All defaults are 0: what runs on a
machine of one's own has no price by the minute. Somebody whose GPU costs 0.80 an hour writes that as `gpu_hour`; whoever
has models hosted elsewhere writes that provider's prices. What a carrier charges for what we send and dial is known from
`Spending`; of calls that come in, `carrier_minute` is the price.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct

from channels_io.guards.rules import MILLION

Amount = Annotated[int, Meta(ge=0, le=1_000_000 * MILLION)]


class Prices(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`PriceList.prices`."""

    asr_minute: Amount = 0
    """A minute in which the caller speaks."""
    llm_prompt: Amount = 0
    """A million tokens that were read anew."""
    llm_cached: Amount = 0
    """A million tokens that came from the cache."""
    llm_reply: Amount = 0
    """A million tokens that were written."""
    tts_characters: Amount = 0
    """A million characters that were spoken."""
    tts_minute: Amount = 0
    """A minute in which the agent speaks."""
    carrier_minute: Amount = 0
    """A begun minute of a call that comes in."""
    gpu_hour: Amount = 0
    """An hour of calls: what the machine costs, shared by the calls that it carries at once."""


EXAMPLE: Final = Prices(
    asr_minute=4_300, llm_prompt=150_000, llm_cached=75_000, llm_reply=600_000, tts_characters=15 * MILLION
)
"""Everything hosted elsewhere, at usual list prices in a currency like the dollar: for the page to show."""


def load_prices(stored: Mapping[str, Any]) -> Prices:
    """Raises msgspec.ValidationError."""
    return msgspec.convert(stored, Prices)


def as_json(prices: Prices) -> dict[str, Any]:
    built: dict[str, Any] = msgspec.to_builtins(prices)
    return built
