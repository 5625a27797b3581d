"""`docs/benchmarks.md` from the figures of the cells and a hand-written part. Pure: structs in, Markdown out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct

from channels_io.bench.accuracy import AccuracyFigures
from channels_io.bench.curve import Panel, svg
from channels_io.bench.figures import LATENESS_LIMIT_MS, Distribution, Figures
from channels_io.bench.goals import Results, Row, rows, said
from channels_io.bench.load import ADDED_LIMIT_MS, LoadFigures, LoadStep
from channels_io.bench.machine import Machine
from channels_io.bench.peers.report import Peers, markdown

CURVE = "images/bench-load.svg"
"""Where the curve of the load cell lies, seen from the document."""
_NAMES = {
    "real": "Default models, one call at a time",
    "fresh": "Default models, held-out clips",
    "barge-in": "Barge-in and back-channels",
    "flow": "The dental template, spoken to",
    "fake-segment": "Orchestration alone, segment recognition",
    "fake-stream": "Orchestration alone, streaming recognition",
}


class Facts(Struct, frozen=True):
    """When, on what and from what source the cells were measured."""

    machine: Machine
    at: dict[str, str]
    """Run → when it was made (ISO 8601)."""
    commits: dict[str, str]
    limited: tuple[str, ...] = ()
    """Runs that were made with `--n`: a look, not a measurement."""


def document(results: Results, facts: Facts, notes: str) -> str:
    """The whole page. `notes` is put in as it is: what was tried where a goal is missed."""
    parts = [
        "# Benchmarks",
        "Written by `make bench`; do not edit. What was tried is in `benchmarks.notes.md`, which is included below.",
        _facts(facts),
        "## Goals",
        _goals(rows(results)),
        notes.strip(),
        "## Cells",
        *(_cell(name, figures) for name, figures in _cells(results)),
    ]
    if results.load is not None:
        parts.append(_load(results.load))
    if results.accuracy is not None:
        parts.append(_accuracy(results.accuracy))
    if results.peers is not None:
        parts.append(_peers(results.peers))
    parts.append(_how())
    return "\n\n".join(part for part in parts if part) + "\n"


def curve(load: LoadFigures) -> str:
    """Delay, processor and memory against calls, as SVG."""
    alone = load.steps[0]
    added = [(step.calls, value) for step in load.steps if (value := step.added_ms(alone)) is not None]
    return svg(
        [
            Panel("Added delay at p95, ms", tuple(added), ADDED_LIMIT_MS),
            Panel("Cores used by the server", tuple((step.calls, step.cores) for step in load.steps), load.cores),
            Panel("Resident memory, MB", tuple((step.calls, step.rss_mb) for step in load.steps if step.rss_mb)),
        ]
    )


def _facts(facts: Facts) -> str:
    machine = facts.machine
    dates = sorted({at[:10] for at in facts.at.values()})
    commits = sorted(set(facts.commits.values()))
    lines = [
        f"{machine.processor}, {machine.cores} cores, {machine.memory_gb:.0f} GB, {machine.kernel}, "
        f"Python {machine.python}. {' to '.join(dict.fromkeys((dates or ['-'])[:1] + dates[-1:]))}, commit {', '.join(commits) or '-'}.",
        ", ".join(f"{name} {version}" for name, version in machine.packages.items()) + "." if machine.packages else "",
    ]
    if facts.limited:
        lines.append(
            f"**A short look, not a measurement:** {', '.join(facts.limited)} played only a few clips (`--n`)."
        )
    return "\n\n".join(line for line in lines if line)


def _goals(found: Sequence[Row]) -> str:
    return _table(
        ("#", "measure", "goal", "reached", "", "what takes the time"),
        ((str(row.number or ""), row.measure, row.goal, row.reached, _verdict(row), row.eater) for row in found),
    )


def _verdict(row: Row) -> str:
    if row.met is None:
        return "open"
    word = "met" if row.met else "**missed**"
    return f"{word} (void)" if row.void else word


def _cells(results: Results) -> list[tuple[str, Figures]]:
    found = {
        "real": results.real,
        "fresh": results.fresh,
        "barge-in": results.barge_in,
        "flow": results.flow,
        "fake-segment": results.fake_segment,
        "fake-stream": results.fake_stream,
    }
    return [(name, figures) for name, figures in found.items() if figures is not None]


def _cell(name: str, figures: Figures) -> str:
    lines = [f"### {_NAMES[name]}", _lateness(figures)]
    times = [
        ("voice to voice", figures.v2v_ms),
        ("first turn of a call", figures.first_turn_ms),
        ("later turns", figures.later_turns_ms),
        ("fifth turn", figures.fifth_turn_ms),
        *((f"span: {span}", values) for span, values in figures.spans_ms.items()),
        ("spans against outside", figures.span_sum_error_ms),
        ("answers without a model, worker's time", figures.fixed_ms),
        ("choices of the model", figures.chosen_ms),
        ("connect to greeting", figures.greeting_ms),
        ("barge-in: ducked", figures.ducked_ms),
        ("barge-in: silent", figures.silent_ms),
    ]
    lines.append(
        _table(
            ("milliseconds", "n", "min", "p50", "p90", "p95", "p99", "max"),
            ((label, str(values.n), *_numbers(values)) for label, values in times if values.n),
            right=7,
        )
    )
    shares = [
        ("false cut-offs", figures.false_cut_offs),
        ("other cut-offs", figures.other_cut_offs),
        ("missed turns", figures.missed_turns),
        ("begun with a filler", figures.fillers),
        ("right answers", figures.right_answers),
        ("turns with ≥ 95 % cached", figures.well_cached),
        ("spans add up within 30 ms", figures.spans_add_up),
        ("barge-ins ignored", figures.barge_ins_ignored),
        ("back-channels that stop the agent", figures.false_stops),
    ]
    facts = [f"{label} {said(share)}" for label, share in shares if share.of]
    if figures.prompt_tokens:
        facts.append(f"prompt tokens cached {100 * figures.cached_tokens / figures.prompt_tokens:.1f} %")
    if figures.cost.cpu_seconds_per_call_minute is not None:
        facts.append(f"{figures.cost.cpu_seconds_per_call_minute:.1f} CPU-s per call minute")
    if figures.cost.rss_mb is not None:
        facts.append(f"server memory {figures.cost.rss_mb:,.0f} MB")
    lines.append("; ".join(facts) + "." if facts else "")
    problems = [*figures.problems, *(f"{clip} had no agent speech to fall into" for clip in figures.skipped)]
    problems += [f"{clip} was not played: its call broke" for clip in figures.not_played]
    lines.append("\n".join(f"- {problem}" for problem in problems))
    return "\n\n".join(line for line in lines if line)


def _lateness(figures: Figures) -> str:
    late, stalls = figures.lateness_ms, figures.stalls
    text = (
        f"Driver lateness p99 {late.p99:.2f} ms, max {late.max:.1f}; an idle process beside it {stalls.lateness_ms.p99:.2f}, "
        f"max {stalls.lateness_ms.max:.1f}; {stalls.steal_seconds:.1f} s of processor taken by the host; "
        f"the driver used {figures.driver_cores:.2f} cores."
    )
    return f"**VOID: the driver was late by its own doing.** {text}" if figures.void else text


def _load(load: LoadFigures) -> str:
    steps = [*load.steps, *([load.overload] if load.overload else [])]
    table = _table(
        ("calls", "turns", "p50 ms", "p95 ms", "added p95", "refused", "missed", "cores", "driver's", "MB", "loop lag p99 ms", "queues", ""),
        (_step(step, load.steps[0]) for step in steps),
        right=11,
    )  # fmt: skip
    per_call = "-" if load.rss_per_extra_call_mb is None else f"{load.rss_per_extra_call_mb:.1f}"
    return "\n\n".join(
        (
            "### Many calls at once, fake engines, real voice detection",
            f"{load.held} calls on {load.cores} cores within {ADDED_LIMIT_MS:.0f} ms of added delay at p95 "
            f"({load.calls_per_core:.1f} per core; the drivers ran on the same cores), {per_call} MB per extra call.",
            f"![Delay, processor and memory against calls]({CURVE})",
            table,
        )
    )


def _step(step: LoadStep, alone: LoadStep) -> tuple[str, ...]:
    numbers = (step.v2v_ms.p50, step.v2v_ms.p95, step.added_ms(alone))
    return (
        str(step.calls), str(step.v2v_ms.n), *(_number(value) for value in numbers), str(step.refused), str(step.missed),
        f"{step.cores:.2f}", f"{step.driver_cores:.2f}", _number(step.rss_mb), _number(step.lag_p99_ms),
        ", ".join(f"{name.removeprefix('parley_')} {depth:g}" for name, depth in step.queues.items()),
        "void" if step.void else "",
    )  # fmt: skip


def _accuracy(figures: AccuracyFigures) -> str:
    table = _table(
        ("clips", "n", "short window", "whole 30 s window"),
        (
            (name, str(each.clips), f"{each.short.percent or 0:.1f} %", f"{each.full.percent or 0:.1f} %")
            for name, each in figures.windows.items()
        ),
        right=3,
    )
    wrong = [f"- {each.agent}: {each.question} → {each.said}" for each in figures.answers if not each.right]
    return "\n\n".join(
        part
        for part in (
            "### Accuracy",
            "Word error rate of the recogniser with the window that the product uses, and with the window it was trained on; "
            "same weights, one beam.",
            table,
            f"Answers of {figures.chat}, typed to the demo agents at temperature 0: {said(figures.right)} hold an expected word.",
            "\n".join(wrong),
        )
        if part
    )


def _peers(peers: Peers) -> str:
    return "\n\n".join(
        (
            "### Beside pipecat",
            "The same caller, clips, prompt and weights, the stacks taking turns call by call (`make bench-peers`, "
            f"{peers.at[:10]}, commit {peers.machine.commit or '-'}). deploy/bench_peers/pipecat_server.py says what each setting is.",
            markdown(peers.stacks).strip(),
        )
    )


def _how() -> str:
    return f"""## How
`make bench` runs every cell in a stack of its own, one after another, and writes this page and `benchmarks.json`. It goes on \
where it was stopped; `make bench ONLY=load` makes one cell again, `make bench CELL=real` prints one without touching this page.

Voice to voice runs from the moment the frame with the caller's last sample above −45 dBFS was due to the arrival of the \
agent's first frame above it: a late driver can only make a figure worse. A process that does nothing but sleep runs beside \
the driver with the same priority. A run is void when the driver's lateness at p99 exceeds that of this idle process by \
{LATENESS_LIMIT_MS:.0f} ms; where both could not run before everything else, the idle process excuses nothing. Void runs are shown as void.

What takes the time: among the turns slower than the goal, the span with the largest median."""


def _table(head: Sequence[str], lines: Iterable[Sequence[str]], right: int = 0) -> str:
    """`right`: how many columns after the first are numbers."""
    rule = ["---" if index == 0 or index > right else "---:" for index in range(len(head))]
    return "\n".join(f"| {' | '.join(_escaped(cell) for cell in line)} |" for line in (head, rule, *lines))


def _escaped(cell: str) -> str:
    return cell.replace("|", "\\|").replace("\n", " ")


def _numbers(values: Distribution) -> tuple[str, ...]:
    return tuple(_number(value) for value in (values.min, values.p50, values.p90, values.p95, values.p99, values.max))


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return ">1,000" if value == float("inf") else f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.1f}"
