#!/usr/bin/env python3
"""The arithmetic of docs/sizing.md: `python deploy/sizing.py` prints its tables. No figure here was measured on a card.

What is known of a model comes from its published configuration, what is known of a card from its data sheet.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

GB: Final = 1e9
KIB: Final = 1024
USABLE: Final = 0.9
"""Of a card's memory: the rest is the driver's and fragmentation."""
WORKING_GB: Final = 2.0
"""Activations, CUDA graphs and the library itself."""
SPEECH_GB: Final = 4.0
"""Recogniser and voice beside the language model."""
EFFICIENCY: Final = 0.6
"""Share of the data sheet's memory bandwidth that decoding reaches."""
TOKENS: Final = 1_500
"""Of one call beyond the agent's own head, which all of its calls share: 1,200 of history and the turn."""
CLAUSE_MS: Final = 350
TURNS_A_MINUTE: Final = 4
REPLY_TOKENS: Final = 25
CLAUSE_TOKENS: Final = 6
"""Until something can be spoken."""
BUSY: Final = 0.5
"""Share of the time that the language model may be decoding for somebody, so that few have to wait for a step."""


@dataclass(frozen=True, slots=True)
class Model:
    name: str
    parameters: float
    """Billions."""
    layers: int
    kv_heads: int
    head: int
    bytes_a_weight: float

    @property
    def weights_gb(self) -> float:
        return self.parameters * self.bytes_a_weight

    @property
    def kv_kib(self) -> float:
        """Keys and values of one token at 16 bits."""
        return 2 * self.layers * self.kv_heads * self.head * 2 / KIB


@dataclass(frozen=True, slots=True)
class Card:
    name: str
    memory_gb: float
    bandwidth_gb: float
    """A second."""


MODELS: Final = (
    Model("Qwen2.5-1.5B, 16 bits", 1.54, 28, 2, 128, 2),
    Model("Qwen2.5-7B, 8 bits", 7.62, 28, 4, 128, 1),
    Model("Qwen2.5-7B, 4 bits (AWQ)", 7.62, 28, 4, 128, 0.56),
    Model("Llama-3.1-8B, 8 bits", 8.03, 32, 8, 128, 1),
    Model("Qwen2.5-14B, 4 bits (AWQ)", 14.8, 48, 8, 128, 0.56),
    Model("Qwen2.5-32B, 4 bits (AWQ)", 32.8, 64, 8, 128, 0.56),
)
CARDS: Final = (
    Card("L4", 24, 300),
    Card("A10G", 24, 600),
    Card("L40S", 48, 864),
    Card("A100 80 GB", 80, 2_039),
    Card("H100 SXM", 80, 3_350),
)


def free_gb(model: Model, card: Card) -> float:
    return card.memory_gb * USABLE - model.weights_gb - WORKING_GB - SPEECH_GB


def calls_by_memory(model: Model, card: Card) -> int:
    return max(0, int(free_gb(model, card) * GB / (TOKENS * model.kv_kib * KIB)))


def step_ms(model: Model, card: Card, streams: int = 1) -> float:
    """A token for each of `streams`: all weights are read once, and each stream's keys and values."""
    read = model.weights_gb + streams * TOKENS * model.kv_kib * KIB / GB
    return 1000 * read / (card.bandwidth_gb * EFFICIENCY)


def calls_by_decoding(model: Model, card: Card) -> int:
    """So many that replies keep the model busy for `BUSY` of the time even if no two were decoded together."""
    seconds = TURNS_A_MINUTE * REPLY_TOKENS * step_ms(model, card) / 1000
    return int(BUSY * 60 / seconds)


def calls_together(model: Model, card: Card) -> int:
    """So many that the first clause still comes within CLAUSE_MS when as many reply at once as do now and then.

    Those who reply at one moment are about Poisson-distributed: the mean and two of its deviations are reckoned with.
    """
    most = 0
    for calls in range(1, calls_by_memory(model, card) + 1):
        mean = calls * TURNS_A_MINUTE * REPLY_TOKENS * step_ms(model, card) / 60_000
        for _ in range(20):  # more streams make longer steps, which make more streams
            step = step_ms(model, card, max(1, round(mean + 2 * math.sqrt(mean))))
            mean = calls * TURNS_A_MINUTE * REPLY_TOKENS * step / 60_000
        if CLAUSE_TOKENS * step > CLAUSE_MS:
            break
        most = calls
    return most


def language_table() -> list[str]:
    lines = [
        "| model | weights | cache a token | card | a token | first clause | calls, one by one | calls, together |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for model in MODELS:
        about = f"| {model.name} | {model.weights_gb:.1f} GB | {model.kv_kib:.0f} KiB"
        for card in CARDS:
            if calls_by_memory(model, card) < 1:
                lines.append(f"{about} | {card.name} | does not fit | | | |")
                continue
            step = step_ms(model, card)
            lines.append(
                f"{about} | {card.name} | {step:.0f} ms | {CLAUSE_TOKENS * step:.0f} ms | "
                f"{min(calls_by_decoding(model, card), calls_by_memory(model, card))} | {calls_together(model, card)} |"
            )
    return lines


def voice_calls(factor: float, speaks: float = 0.4, busy: float = 0.7) -> float:
    """Calls that one voice serves when a second of sound takes `factor` seconds and one is made at a time."""
    return busy / (speaks * factor)


def voice_table() -> list[str]:
    lines = ["| a second of sound takes | calls a voice serves |", "|---|---|"]
    return lines + [f"| {factor:g} s | {voice_calls(factor):.0f} |" for factor in (0.01, 0.05, 0.1, 0.2, 0.4)]


def cost(hour: float, calls: int, used: float) -> float:
    """Of one minute of one call, when the machine costs `hour` and is `used` of its calls on average."""
    return hour / 60 / (calls * used)


def cost_table(hour: float = 1.0) -> list[str]:
    lines = ["| calls at once | used 100 % | used 50 % | used 20 % |", "|---|---|---|---|"]
    return lines + [
        f"| {calls} | " + " | ".join(f"{cost(hour, calls, used):.4f}" for used in (1.0, 0.5, 0.2)) + " |"
        for calls in (2, 8, 20, 50, 100)
    ]


TABLES: Final = {"language": language_table, "voice": voice_table, "cost": cost_table}


def filled(text: str) -> str:
    """`text` with what stands between `<!-- NAME -->` and `<!-- end -->` replaced by the table of that name."""
    for name, table in TABLES.items():
        head, mark, rest = text.partition(f"<!-- {name} -->\n")
        if mark:
            text = head + mark + "\n".join(table()) + "\n" + rest[rest.index("<!-- end -->") :]
    return text


def main(arguments: Sequence[str]) -> int:
    """With a file: its tables are written anew."""
    if arguments:
        path = Path(arguments[0])
        path.write_text(filled(path.read_text(encoding="utf-8")), encoding="utf-8")
        return 0
    for name, table in TABLES.items():
        sys.stdout.write(f"{name}\n" + "\n".join(table()) + "\n\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
