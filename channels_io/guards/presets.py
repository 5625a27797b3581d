"""Sets of limits to start from. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from channels_io.guards.rules import MILLION, Caps, Rules

CAREFUL: Final = Rules()

PRESETS: Final[Mapping[str, Rules]] = {
    "careful": CAREFUL,
    "steady": msgspec.structs.replace(
        CAREFUL,
        messages=Caps(number_hour=60, number_day=300, agent_hour=1_500, workspace_hour=2_000, workspace_day=10_000),
        calls=Caps(number_hour=4, number_day=8, agent_hour=200, workspace_hour=300, workspace_day=1_500),
        calls_at_once=10,
        range_numbers=40,
        range_campaign=1_000,
        short_calls=25,
        budget_day=100 * MILLION,
        budget_month=1_000 * MILLION,
    ),
    "busy": msgspec.structs.replace(
        CAREFUL,
        messages=Caps(number_hour=120, number_day=600, agent_hour=10_000, workspace_hour=15_000, workspace_day=100_000),
        calls=Caps(number_hour=5, number_day=10, agent_hour=1_500, workspace_hour=2_000, workspace_day=12_000),
        calls_at_once=50,
        range_numbers=100,
        range_campaign=5_000,
        short_calls=80,
        budget_day=1_000 * MILLION,
        budget_month=15_000 * MILLION,
    ),
}
"""Only limits differ: countries, prefixes and prices stay the workspace's own."""

LIMITS: Final = (
    "messages", "calls", "calls_at_once", "range_numbers", "range_campaign", "short_calls", "budget_day", "budget_month",
)  # fmt: skip


def preset_of(rules: Rules) -> str:
    """The preset whose limits these are, or ""."""
    for name, preset in PRESETS.items():
        if all(getattr(rules, limit) == getattr(preset, limit) for limit in LIMITS):
            return name
    return ""
