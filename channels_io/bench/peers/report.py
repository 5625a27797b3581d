"""The comparison as one struct and as a Markdown table. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import Struct

from channels_io.bench.figures import Distribution, Figures, Share
from channels_io.bench.machine import Machine
from channels_io.bench.peers.driver import PARLEY

GOAL_P50 = 0.3
GOAL_P95 = 0.4


class Ratio(Struct, frozen=True):
    """Parley's figure over the lowest of the peer's settings; None where one of them is missing."""

    percentile: str
    parley_ms: float | None
    best_ms: float | None
    best: str
    """The setting that reached it."""
    value: float | None
    goal: float

    @property
    def reached(self) -> bool:
        return self.value is not None and self.value <= self.goal


class Peers(Struct, frozen=True):
    """One run of the comparison, as it is kept."""

    stacks: dict[str, Figures]
    """Setting of the peer, or Parley → what it reached."""
    at: str = ""
    machine: Machine = Machine()
    load: tuple[float, ...] = ()
    """Of the machine, at the end."""

    @property
    def ratios(self) -> tuple[Ratio, ...]:
        return ratios(self.stacks)


def ratios(figures: Mapping[str, Figures]) -> tuple[Ratio, ...]:
    """Against the best p50 and the best p95, even when two different settings hold them."""
    return (_ratio(figures, "p50", GOAL_P50), _ratio(figures, "p95", GOAL_P95))


def _ratio(figures: Mapping[str, Figures], percentile: str, goal: float) -> Ratio:
    def of(name: str) -> float | None:
        value: float | None = getattr(figures[name].v2v_ms, percentile)
        return value

    peers = {name: value for name in figures if name != PARLEY and (value := of(name)) is not None}
    best = min(peers, key=lambda name: peers[name], default="")
    ours = of(PARLEY) if PARLEY in figures else None
    theirs = peers.get(best)
    value = round(ours / theirs, 3) if ours is not None and theirs else None
    return Ratio(percentile, ours, theirs, best, value, goal)


def markdown(figures: Mapping[str, Figures]) -> str:
    """One column a stack, Parley last; then the ratios, and what makes a column worthless."""
    names = [*(name for name in figures if name != PARLEY), *([PARLEY] if PARLEY in figures else [])]
    rows: list[tuple[str, Callable[[Figures], str]]] = [
        ("voice to voice p50 / p95, ms", lambda each: _pair(each.v2v_ms)),
        ("first turn of a call p50 / p95, ms", lambda each: _pair(each.first_turn_ms)),
        ("later turns p50 / p95, ms", lambda each: _pair(each.later_turns_ms)),
        ("slowest turn, ms", lambda each: _ms(each.v2v_ms.max)),
        ("false cut-offs on mid-sentence pauses", lambda each: _share(each.false_cut_offs)),
        ("other cut-offs", lambda each: _share(each.other_cut_offs)),
        ("missed turns", lambda each: _share(each.missed_turns)),
        ("barge-in silent p50 / p95, ms", lambda each: _pair(each.silent_ms)),
        ("barge-ins ignored", lambda each: _share(each.barge_ins_ignored)),
        ("right answers", lambda each: _share(each.right_answers)),
        ("driver lateness p99, ms", lambda each: f"{each.lateness_ms.p99:.1f}{' (**void**)' if each.void else ''}"),
    ]
    lines = ["| | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    lines += [f"| {title} | " + " | ".join(cell(figures[name]) for name in names) + " |" for title, cell in rows]
    lines.append("")
    for ratio in ratios(figures):
        lines.append(_sentence(ratio))
    lines += [f"Problem ({name}): {problem}" for name in names for problem in figures[name].problems]
    return "\n".join(lines) + "\n"


def _sentence(ratio: Ratio) -> str:
    if ratio.value is None:
        return f"- {ratio.percentile}: not comparable, a column has no figure."
    verdict = "reached" if ratio.reached else "missed"
    return (
        f"- {ratio.percentile}: {ratio.value:.2f} × the best of the peer ({ratio.best}, {_ms(ratio.best_ms)} ms); "
        f"goal {ratio.goal:.1f} ×: {verdict}."
    )


def _pair(values: Distribution) -> str:
    return "-" if not values.n else f"{_ms(values.p50)} / {_ms(values.p95)} ({values.n})"


def _ms(value: float | None) -> str:
    return "-" if value is None else f"{value:,.0f}"


def _share(share: Share) -> str:
    return "-" if not share.of else f"{share.count} of {share.of}"
