from __future__ import annotations

import asyncio
import os
import platform
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from django.core.management.base import BaseCommand, CommandError

from agents.models import Agent
from channels_io.bench import plans
from channels_io.bench.cost import Usage, usage
from channels_io.bench.driver import CallPlan, Plan
from channels_io.bench.figures import Cost, LoadStep, distribution, figures_of, rss_per_extra_call
from channels_io.bench.plans import CELLS, CHOICES, Cell, CorpusChoice, Draft
from channels_io.bench.records import RunRecord, decode_run
from channels_io.bench.report import load_table, table
from channels_io.tickets import ANY_ORIGIN, Ticket, issue_ticket
from parley.stack.errors import StackError
from parley.stack.pipes import communicate
from parley.stack.report import make_report
from parley.stack.stack import Stack, StackOptions

ROOT = Path(__file__).resolve().parents[3]
WORKSPACE = "demo"
TICKET_SECONDS = 4 * 3600
SECONDS_PER_CALL = 240


class Command(BaseCommand):
    help = (
        "Measure voice-to-voice from outside: a driver process plays callers on the browser's socket. Without --url it "
        "starts a stack of its own (spare ports, private folder) for the cell and stops it afterwards. Let nothing else "
        "run on the machine."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--cell", choices=CELLS, default="real")
        parser.add_argument(
            "--set",
            choices=CHOICES,
            default="main",
            dest="corpus",
            help="main: what turn-taking was tuned on; fresh: held out, other speakers and rooms",
        )
        parser.add_argument("--n", type=int, help="at most so many clips of each kind (load: at most so many calls)")
        parser.add_argument("--json", type=Path, help="write all figures and turns to this file")
        parser.add_argument("--url", help="measure a server that runs, e.g. ws://127.0.0.1:8000")
        parser.add_argument(
            "--pids", default="", help="with --url: process ids of web and worker, comma-separated, for cost figures"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        cell: Cell = options["cell"]
        corpus: CorpusChoice = options["corpus"]
        if options["n"] is not None and options["n"] < 1:
            raise CommandError("--n must be 1 or more.")
        if options["url"] is None:
            path = options["json"] and options["json"].absolute()
            sys.exit(asyncio.run(_in_own_stack(cell, corpus, options["n"], path)))
        pids = [int(word) for word in options["pids"].split(",") if word.strip().isdigit()]
        bench = Bench(options["url"], pids, corpus, self._progress)
        if cell == "load":
            text, result = bench.load(options["n"])
        else:
            text, result = bench.cell(cell, options["n"])
        self.stdout.write(text)
        if options["json"]:
            options["json"].write_bytes(
                msgspec.json.format(msgspec.json.encode({**_facts(corpus), **result}), indent=1) + b"\n"
            )
            self.stdout.write(f"\nFigures written to {options['json']}")

    def _progress(self, text: str) -> None:
        self.stderr.write(text)
        self.stderr.flush()


class Bench:
    """Measures one running server."""

    def __init__(self, url: str, pids: list[int], corpus: CorpusChoice, say: Callable[[str], None]) -> None:
        self.url = url
        self.pids = pids
        self.corpus = corpus
        self.say = say

    def cell(self, cell: Cell, limit: int | None) -> tuple[str, dict[str, Any]]:
        before = usage(self.pids)
        run = self.drive(plans.drafts(cell, limit, self.corpus))
        figures = figures_of(cell, run, _cost(before, usage(self.pids), run))
        return table(figures), msgspec.to_builtins(figures)

    def load(self, limit: int | None) -> tuple[str, dict[str, Any]]:
        """More and more calls at once, until they add more than the limit to each other's delay."""
        steps: list[LoadStep] = []
        for calls in plans.LOAD_LEVELS:
            if limit is not None and calls > limit:
                break
            self.say(f"{calls} calls at once")
            before = usage(self.pids)
            run = self.drive(plans.load_drafts(calls, self.corpus), at_once=calls)
            cost = _cost(before, usage(self.pids), run)
            steps.append(
                LoadStep(
                    calls=calls,
                    v2v_ms=distribution(turn.v2v_ms for turn in run.turns),
                    cpu_seconds_per_call_minute=cost.cpu_seconds_per_call_minute,
                    rss_mb=cost.rss_mb,
                    missed=sum(turn.missed for turn in run.turns) + len(run.problems),
                    lateness_p99_ms=round(run.lateness_ms.p99, 2),
                )
            )
            added = steps[-1].added_ms(steps[0])
            if added is None or added > plans.ADDED_LIMIT_MS or steps[-1].missed:
                break
        held = [step for step in steps if (step.added_ms(steps[0]) or 0.0) <= plans.ADDED_LIMIT_MS and not step.missed]
        cores = os.cpu_count() or 1
        best = held[-1].calls if held else 0
        per_call = rss_per_extra_call(steps)
        text = (
            f"{load_table(steps)}\n\n{best} calls on {cores} cores ({best / cores:.1f} per core) within "
            f"{plans.ADDED_LIMIT_MS:.0f} ms of added delay at p95; "
            f"{'-' if per_call is None else f'{per_call:.1f}'} MB per extra call"
        )
        return text, {
            "cell": "load",
            "steps": msgspec.to_builtins(steps),
            "calls_per_core": best / cores,
            "rss_per_extra_call_mb": per_call,
        }

    def drive(self, drafts: list[Draft], at_once: int = 1) -> RunRecord:
        """Play these calls from the driver process. Raises CommandError when it cannot."""
        plan = Plan(self.url, tuple(self._with_ticket(draft) for draft in drafts), at_once)
        return asyncio.run(_drive(plan, self.say))

    def _with_ticket(self, draft: Draft) -> CallPlan:
        agent = Agent.objects.filter(workspace__slug=WORKSPACE, slug=draft.agent).select_related("workspace").first()
        if agent is None:
            raise CommandError(f'The workspace "{WORKSPACE}" has no agent "{draft.agent}"; `manage.py up` seeds it.')
        ticket = Ticket(
            workspace=agent.workspace.public_id, kind="browser_voice", agent=agent.public_id, origins=(ANY_ORIGIN,)
        )
        return CallPlan(issue_ticket(ticket, ttl=TICKET_SECONDS), draft.clips, draft.lead, draft.greeting)


async def _drive(plan: Plan, say: Callable[[str], None]) -> RunRecord:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "channels_io.bench.driver",
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "platform")])},
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        async with asyncio.timeout(60 + SECONDS_PER_CALL * len(plan.calls) / plan.at_once):
            out, err = await communicate(process, msgspec.json.encode(plan), on_line=say)
    except TimeoutError as error:
        raise CommandError("The driver did not finish in time; look at the web process's log.") from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        raise CommandError(f"The driver failed: {err.decode(errors='replace').strip()[-800:]}")
    return decode_run(out)


async def _in_own_stack(cell: Cell, corpus: CorpusChoice, limit: int | None, json: Path | None) -> int:
    """Run this command again inside a private stack made for the cell."""
    report = make_report()
    profile = os.environ.get("PARLEY_PROFILE", "default") if cell == "real" else "fake"
    arguments = ["benchvoice", "--cell", cell, "--set", corpus]
    arguments += ["--n", str(limit)] if limit else []
    arguments += ["--json", str(json)] if json else []
    with tempfile.TemporaryDirectory(prefix="parley-bench-") as folder:
        options = StackOptions.private(Path(folder) / "var", profile=profile, env=plans.FAKE_ENGINES.get(cell, {}))
        try:
            async with Stack(options, report) as stack:
                pids = ",".join(str(stack.supervisor.pid(name)) for name in ("web", "worker"))
                report.say(f"Measuring cell {cell}; this takes a while")
                url = stack.web_url.replace("http", "ws", 1)
                code, out, err = await stack.manage(
                    *arguments, "--url", url, "--pids", pids, timeout=3 * 3600, on_line=_show
                )
        except StackError as error:
            raise CommandError(f"{error.message}\n{error.details}".strip()) from error
    sys.stdout.write(out if code == 0 else out + err)
    return code


def _show(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def _cost(before: Usage | None, after: Usage | None, run: RunRecord) -> Cost:
    if before is None or after is None or not run.call_seconds:
        return Cost()
    return Cost(
        cpu_seconds_per_call_minute=round((after.cpu_seconds - before.cpu_seconds) * 60 / run.call_seconds, 2),
        rss_mb=round(after.rss_mb, 1),
    )


def _facts(corpus: CorpusChoice) -> dict[str, Any]:
    """What the figures depend on."""
    return {
        "corpus": corpus,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {"cores": os.cpu_count(), "processor": platform.machine(), "load": os.getloadavg()},
        "profile": os.environ.get("PARLEY_PROFILE", "default"),
    }
