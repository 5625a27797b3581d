from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import msgspec
from django.core.management.base import BaseCommand, CommandError

from channels_io.stress.worker_figures import Figures, render
from channels_io.stress.worker_run import Options, run
from parley.stack.errors import StackError
from parley.stack.report import make_report

DEFAULT = Options()


class Command(BaseCommand):
    help = (
        "Are calls dropped when a worker dies or stops? Calls are made to a private stack of one web process and two workers "
        "on fake engines; one worker is killed, then the other is asked to stop. What the callers heard is the judge. "
        "Exit code 1 if a call was dropped, somebody was left in silence, or agents went to workers that do not hold them."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--calls", type=int, default=DEFAULT.calls, help="at the same time")
        parser.add_argument(
            "--seconds", type=float, default=DEFAULT.steady_seconds, help="of talk before, between and after the faults"
        )
        parser.add_argument("--json", type=Path, help="write all figures to this file")
        parser.add_argument("--keep", type=Path, help="folder of the private stack, kept afterwards with its logs")
        parser.add_argument("--inside", nargs="+", help="for its own use, inside the private stack")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["inside"]:
            self.stdout.write(json.dumps(_inside(*options["inside"])))
            return
        if options["calls"] < 2 or options["seconds"] <= 0:
            raise CommandError("There must be at least two calls, and some time for them.")
        figures = self._run(Options(calls=options["calls"], steady_seconds=options["seconds"]), options["keep"])
        self.stdout.write(render(figures))
        if options["json"]:
            options["json"].write_bytes(msgspec.json.format(msgspec.json.encode(figures), indent=1) + b"\n")
        if not figures.kept:
            sys.exit(1)

    def _run(self, wanted: Options, keep: Path | None) -> Figures:
        report = make_report()
        with tempfile.TemporaryDirectory(prefix="parley-stress-") as folder:
            try:
                return asyncio.run(run((keep or Path(folder)).absolute(), wanted, report))
            except StackError as error:
                raise CommandError(f"{error.message}\n{error.details}") from error


def _inside(what: str, *arguments: str) -> Any:
    from channels_io.stress import answering

    match what:
        case "make":
            return answering.make_agents(int(arguments[0]))
        case "tickets":
            return answering.tickets(int(arguments[0]))
    raise CommandError(f"There is no {what}.")
