"""The score as a table for people and as JSON for programs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from agents.evaluation.score import Scored

Key = Callable[[Scored], str]

GROUPS: tuple[tuple[str, Key], ...] = (
    ("template", lambda scored: scored.template),
    ("node", lambda scored: scored.kind),
    ("utterance", lambda scored: scored.hard or "plain"),
)


def share(right: int, of: int) -> float | None:
    """0 to 1; None of nothing."""
    return right / of if of else None


def summed(found: Sequence[Scored]) -> dict[str, Any]:
    """Counts and shares of some utterances."""
    routed = sum(scored.routed for scored in found)
    slots = sum(scored.slots for scored in found)
    right = sum(scored.slots_right for scored in found)
    return {
        "utterances": len(found),
        "routed": routed,
        "routing": share(routed, len(found)),
        "slots": slots,
        "slots_right": right,
        "slot_share": share(right, slots),
        "failed": sum(bool(scored.problem) for scored in found),
        "in_place": sum(scored.in_place for scored in found),
        "in_place_routed": sum(scored.in_place and scored.routed for scored in found),
    }


def as_json(found: Sequence[Scored], about: dict[str, str]) -> dict[str, Any]:
    """`about`: the model and the day, as given."""
    groups = {
        name: {key: summed([scored for scored in found if of(scored) == key]) for key in sorted({of(s) for s in found})}
        for name, of in GROUPS
    }
    lines = [{**msgspec.to_builtins(scored), "routed": scored.routed} for scored in found]
    return {**about, "all": summed(found), "by": groups, "lines": lines}


def as_text(report: dict[str, Any]) -> str:
    """Tables by template, kind of node and kind of utterance, then what went wrong."""
    parts = [_table(name, {**groups, "all": report["all"]}) for name, groups in report["by"].items()]
    whole = report["all"]
    if whole["in_place"]:
        right = _percent(share(whole["in_place_routed"], whole["in_place"]))
        parts.append(
            f"Where the conversation stood as the script has it, {right} of {whole['in_place']} were routed right."
        )
    if failed := report["all"]["failed"]:
        parts.append(f"{failed} replies failed: an engine broke, or this machine is too busy to measure on.")
    misses = [_miss(line) for line in report["lines"] if not line["routed"] or line["wrong"]]
    if misses:
        parts.append("\n".join(["Not as expected:", *misses]))
    return "\n\n".join(parts)


def _table(title: str, rows: dict[str, dict[str, Any]]) -> str:
    width = max(len(title), *map(len, rows)) + 2
    lines = [f"{title:<{width}}{'utterances':>11}{'routing':>10}{'slots':>8}{'right':>9}"]
    for name, row in rows.items():
        lines.append(
            f"{name:<{width}}{row['utterances']:>11}{_percent(row['routing']):>10}{row['slots']:>8}{_percent(row['slot_share']):>9}"
        )
    return "\n".join(lines)


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value * 100:.1f} %"


def _miss(line: dict[str, Any]) -> str:
    what = []
    if line["expected"] != line["reached"]:
        what.append(f"at {line['reached'] or 'nothing'}, not {line['expected']}")
    what += [f"not through {node}" for node in line["missed"]]
    what += [*line["wrong"]]
    if line["problem"]:
        what.append(line["problem"])
    head = f"  {line['template']} · {line['scene']} · {line['kind']} {line['stood_at']}: “{line['said']}”"
    return f"{head}\n    {'; '.join(what)}\n    said: {line['reply'][:200]}"
