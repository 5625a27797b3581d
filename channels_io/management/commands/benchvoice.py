from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from argparse import ArgumentParser
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from channels_io.bench import plans
from channels_io.bench.cells import Bench
from channels_io.bench.corpus import CorpusError
from channels_io.bench.errors import MeasureError
from channels_io.bench.machine import machine
from channels_io.bench.measure import Server
from channels_io.bench.plans import CELLS, CHOICES, REAL_CELLS, WIRES, Cell, CorpusChoice, Wire
from channels_io.bench.suite import RUNS, Kept, Run, write_page
from channels_io.bench.sweep_run import run_sweep
from parley.stack.errors import StackError
from parley.stack.report import make_report
from parley.stack.stack import Stack, StackOptions

ROOT = Path(__file__).resolve().parents[3]
CELL_SECONDS = 3 * 3600


class Command(BaseCommand):
    help = (
        "Measure voice-to-voice from outside: a driver process plays callers on the browser's socket. Without --url it "
        "starts a stack of its own (spare ports, private folder) for the cell and stops it afterwards. With --all it "
        "measures everything and writes docs/benchmarks.md. Let nothing else run on the machine."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--cell", choices=CELLS, default="real")
        parser.add_argument("--accuracy", action="store_const", const="accuracy", dest="cell", help="--cell accuracy")
        parser.add_argument(
            "--set",
            choices=CHOICES,
            default="main",
            dest="corpus",
            help="main: what turn-taking was tuned on; fresh: held out, other speakers and rooms",
        )
        parser.add_argument(
            "--wire",
            choices=WIRES,
            default="browser",
            help="twilio: the caller is on a telephone line, 8 kHz µ-law over a simulated carrier; not for load and accuracy",
        )
        parser.add_argument("--n", type=int, help="at most so many clips of each kind (load: at most so many calls)")
        parser.add_argument("--json", type=Path, help="write all figures and turns to this file")
        parser.add_argument("--url", help="measure a server that runs, e.g. ws://127.0.0.1:8000")
        parser.add_argument(
            "--pids", default="", help="with --url: process ids of web and worker, comma-separated, for cost figures"
        )
        parser.add_argument("--all", action="store_true", help="measure everything not yet measured, write the page")
        parser.add_argument(
            "--only",
            action="append",
            choices=[run.name for run in RUNS],
            default=[],
            help="with --all: this run alone, even if it was made already; the page is made from all that there are",
        )
        parser.add_argument("--again", action="store_true", help="with --all: measure everything again")
        parser.add_argument(
            "--folder", type=Path, default=ROOT / "var" / "bench", help="with --all: where the figures of the runs wait"
        )
        parser.add_argument("--docs", type=Path, default=ROOT / "docs", help="with --all: where the page is written")

        parser.add_argument(
            "--sweep", action="store_true", help="compare turn policies on what the default engines hear in the clips"
        )
        parser.add_argument("--plot", type=Path, help="with --sweep: draw dead air against false cut-offs (SVG)")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["sweep"]:
            keep = options["folder"]
            self.stdout.write(run_sweep(options["corpus"], keep, self.stderr.write, options["json"], options["plot"]))
            return
        if options["n"] is not None and options["n"] < 1:
            raise CommandError("--n must be 1 or more.")
        if options["all"]:
            sys.exit(self._all(options))
        wire: Wire = options["wire"]
        if wire != "browser" and options["cell"] in {"load", "accuracy"}:
            raise CommandError(f"--cell {options['cell']} has nothing to do with the wire: leave --wire away.")
        path = options["json"] and options["json"].absolute()
        if options["url"] is None:
            sys.exit(asyncio.run(_in_own_stack(options["cell"], options["corpus"], options["n"], path, wire)))
        self._wire = wire
        self._one(options["cell"], options["corpus"], options["n"], path, options["url"], options["pids"])

    def _one(self, cell: Cell, corpus: CorpusChoice, limit: int | None, path: Path | None, url: str, pids: str) -> None:
        """Measure the server that runs at `url`."""
        worker = settings.PARLEY_WORKERS[0] if settings.PARLEY_WORKERS else ""
        server = Server(
            url,
            tuple(int(word) for word in pids.split(",") if word.strip().isdigit()),
            f"{worker.rstrip('/')}/metrics" if worker else "",
            settings.PARLEY_WORKER_TOKEN,
        )
        try:
            text, figures = Bench(server, corpus, limit, self._progress, self._wire).measure(cell)
        except (MeasureError, CorpusError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(text)
        if path:
            facts = {
                "corpus": corpus,
                "wire": self._wire,
                "limit": limit,
                "at": datetime.now(UTC).isoformat(timespec="seconds"),
                "machine": machine(ROOT),
                "load_average": os.getloadavg(),
                "profile": os.environ.get("PARLEY_PROFILE", "default"),
            }
            data = {**facts, **msgspec.to_builtins(figures)}
            path.write_bytes(msgspec.json.format(msgspec.json.encode(data), indent=1) + b"\n")
            self.stdout.write(f"\nFigures written to {path}")

    def _all(self, options: dict[str, Any]) -> int:
        """Every run that is missing, one after another; then the page. A run that fails does not stop the others."""
        kept = Kept(options["folder"].absolute())
        kept.folder.mkdir(parents=True, exist_ok=True)
        commit, limit = machine(ROOT).commit, options["n"]
        failed = []
        for number, run in enumerate(RUNS, 1):
            if options["only"]:
                if run.name not in options["only"]:
                    continue
            elif not options["again"] and kept.is_done(run.name, commit, limit):
                self.stdout.write(f"{run.name}: measured already at commit {commit}; --again measures it again")
                continue
            self.stdout.write(f"\n{number} of {len(RUNS)}: {run.name}")
            self.stdout.flush()
            if not self._made(run, limit, kept):
                failed.append(run.name)
        page = write_page(kept, options["docs"].absolute())
        self.stdout.write(f"\nWritten: {page}")
        if failed:
            self.stderr.write(
                f"Not measured: {', '.join(failed)}. What went wrong stands above; the next `make bench` tries them again."
            )
        return 1 if failed else 0

    def _made(self, run: Run, limit: int | None, kept: Kept) -> bool:
        part = kept.path(run.name).with_suffix(".part")
        try:
            code = asyncio.run(_in_own_stack(run.cell, run.corpus, limit, part, run.wire))
        except CommandError as error:
            self.stderr.write(str(error))
            return False
        if code == 0 and part.exists():
            # Whole or not at all: what was interrupted is measured again.
            part.replace(kept.path(run.name))
            return True
        return False

    def _progress(self, text: str) -> None:
        self.stderr.write(text)
        self.stderr.flush()


async def _in_own_stack(
    cell: Cell, corpus: CorpusChoice, limit: int | None, json: Path | None, wire: Wire = "browser"
) -> int:
    """Run this command again inside a private stack made for the cell."""
    report = make_report()
    profile = os.environ.get("PARLEY_PROFILE", "default") if cell in REAL_CELLS else "fake"
    arguments = ["benchvoice", "--cell", cell, "--set", corpus, "--wire", wire]
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
                    *arguments, "--url", url, "--pids", pids, timeout=CELL_SECONDS, on_line=_show
                )
        except StackError as error:
            raise CommandError(f"{error.message}\n{error.details}".strip()) from error
        except TimeoutError as error:
            raise CommandError(f"Cell {cell} did not come to its end in three hours. Is the machine free?") from error
    sys.stdout.write(_ended(out if code == 0 else out + err))
    sys.stdout.flush()
    return code


def _ended(text: str) -> str:
    return text if text.endswith("\n") else f"{text}\n"


def _show(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
