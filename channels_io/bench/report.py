"""The figures as text a terminal and a log can hold."""

from __future__ import annotations

from collections.abc import Sequence

from channels_io.bench.accuracy import AccuracyFigures
from channels_io.bench.figures import LATENESS_LIMIT_MS, Distribution, Figures, Share
from channels_io.bench.load import ADDED_LIMIT_MS, LoadFigures, LoadStep

_COLUMNS = ("n", "min", "p50", "p90", "p95", "p99", "max")


def table(figures: Figures) -> str:
    lines = [f"cell {figures.cell}: {len(figures.turns)} turns, {figures.call_seconds:.0f} s of calls", ""]
    if figures.void:
        lines += [
            f"VOID: the driver sent frames {figures.lateness_ms.p99:.2f} ms late at p99, {LATENESS_LIMIT_MS:.0f} ms or more "
            f"beyond an idle process beside it ({figures.stalls.lateness_ms.p99:.2f} ms).",
            "The machine was too busy to be measured; stop what else runs on it and measure again.",
            "",
        ]
    lines.append(f"{'milliseconds':<24}" + "".join(f"{name:>9}" for name in _COLUMNS))
    lines.append(_row("voice to voice", figures.v2v_ms))
    lines.append(_row("  first turn of a call", figures.first_turn_ms))
    lines.append(_row("  later turns", figures.later_turns_ms))
    lines.append(_row("  fifth turn", figures.fifth_turn_ms))
    lines += [_row(f"  span {name}", values) for name, values in figures.spans_ms.items()]
    lines.append(_row("span sum vs outside", figures.span_sum_error_ms))
    lines.append(_row("connect to greeting", figures.greeting_ms))
    lines.append(_row("without a model", figures.fixed_ms))
    lines.append(_row("choice of the model", figures.chosen_ms))
    lines.append(_row("barge-in: ducked", figures.ducked_ms))
    lines.append(_row("barge-in: silent", figures.silent_ms))
    lines.append("")
    lines.append(_share("false cut-offs", figures.false_cut_offs))
    lines.append(_share("other cut-offs", figures.other_cut_offs))
    lines.append(_share("begun with a filler", figures.fillers))
    lines.append(_share("missed turns", figures.missed_turns))
    lines.append(_share("barge-ins ignored", figures.barge_ins_ignored))
    lines.append(_share("false stops", figures.false_stops))
    lines.append(_share("right answers", figures.right_answers))
    lines.append(_share("spans add up", figures.spans_add_up))
    lines.append(_share("prompt tokens cached", Share(figures.cached_tokens, figures.prompt_tokens)))
    lines.append(_share("turns well cached", figures.well_cached))
    lines.append(_share("cut within one word", Share(sum(cut.right for cut in figures.cuts), len(figures.cuts))))
    lines.append(_number("CPU-s per call minute", figures.cost.cpu_seconds_per_call_minute))
    lines.append(_number("server memory, MB", figures.cost.rss_mb))
    lines.append(_number("MB per extra call", figures.cost.rss_per_extra_call_mb))
    late = figures.lateness_ms
    lines.append(f"{'driver lateness, ms':<24}     p50 {late.p50:.2f}, p99 {late.p99:.2f}, max {late.max:.2f}")
    idle = figures.stalls.lateness_ms
    lines.append(
        f"{'idle process, ms':<24}     p50 {idle.p50:.2f}, p99 {idle.p99:.2f}, max {idle.max:.2f}; "
        f"{figures.stalls.steal_seconds:.1f} s of processor taken by the host; driver used {figures.driver_cores:.2f} cores"
    )
    if figures.skipped:
        lines.append(f"skipped, no agent speech to fall into: {', '.join(figures.skipped)}")
    if figures.not_played:
        lines.append(f"NOT PLAYED, their call broke: {', '.join(figures.not_played)}")
    lines += [f"problem: {problem}" for problem in figures.problems]
    return "\n".join(lines)


def load_report(figures: LoadFigures) -> str:
    per_call = figures.rss_per_extra_call_mb
    lines = [
        load_table([*figures.steps, *([figures.overload] if figures.overload else [])]),
        "",
        f"{figures.held} calls on {figures.cores} cores ({figures.calls_per_core:.1f} per core) within "
        f"{ADDED_LIMIT_MS:.0f} ms of added delay at p95; {_cell(per_call)} MB per extra call",
    ]
    if figures.overload is not None:
        harm = "unharmed" if figures.unharmed else "harmed"
        lines.append(f"{figures.overload.calls} calls: {figures.overload.refused} refused, those taken {harm}")
    return "\n".join(lines)


def load_table(steps: Sequence[LoadStep]) -> str:
    header = (
        "calls", "turns", "p50 ms", "p95 ms", "added p95", "missed", "refused", "cores", "driver's", "MB", "lag ms", "late p99", "idle p99",
    )  # fmt: skip
    lines = ["".join(f"{name:>11}" for name in header)]
    for step in steps:
        values = (
            step.calls, step.v2v_ms.n, step.v2v_ms.p50, step.v2v_ms.p95, step.added_ms(steps[0]), step.missed, step.refused,
            step.cores, step.driver_cores, step.rss_mb, step.lag_p99_ms, step.lateness_p99_ms, step.stalls_p99_ms,
        )  # fmt: skip
        lines.append("".join(f"{_cell(value):>11}" for value in values) + ("  VOID" if step.void else ""))
    return "\n".join(lines)


def accuracy_table(figures: AccuracyFigures) -> str:
    lines = [f"{'word error rate':<24}{'clips':>9}{'short':>9}{'whole':>9}"]
    lines += [
        f"{name:<24}{each.clips:>9}{_cell(each.short.percent):>9}{_cell(each.full.percent):>9}"
        for name, each in figures.windows.items()
    ]
    lines += [
        f"{'all':<24}{'':>9}{_cell(figures.short.percent):>9}{_cell(figures.full.percent):>9}",
        "",
        _share("right answers", figures.right),
        *(f"wrong: {each.question} -> {each.said}" for each in figures.answers if not each.right),
    ]
    return "\n".join(lines)


def _row(name: str, values: Distribution) -> str:
    return f"{name:<24}" + "".join(f"{_cell(getattr(values, column)):>9}" for column in _COLUMNS)


def _share(name: str, share: Share) -> str:
    percent = "" if share.percent is None else f"  ({share.percent:.1f} %)"
    return f"{name:<24}{share.count:>9} of {share.of}{percent}"


def _number(name: str, value: float | None) -> str:
    return f"{name:<24}{_cell(value):>9}"


def _cell(value: float | int | None) -> str:
    if value is None:
        return "-"
    return str(value) if isinstance(value, int) else f"{value:.1f}"
