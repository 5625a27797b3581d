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

from channels_io.stress.ledger import render
from channels_io.stress.run import Options, Outcome, run
from parley.stack.errors import StackError
from parley.stack.report import make_report

DEFAULT = Options()


class Command(BaseCommand):
    help = (
        "Are messages lost, answered twice or out of order? Signed messages with duplicates and swaps go to a private stack "
        "while its web process and task worker are killed, Valkey is started empty, PostgreSQL is killed and then frozen. "
        "What the carrier's simulator sent and got is the judge. Exit code 1 if anything was lost, doubled or disordered."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--n", type=int, default=DEFAULT.messages, help="messages, their duplicates not counted")
        parser.add_argument("--people", type=int, default=DEFAULT.people, help="each is one conversation")
        parser.add_argument("--rate", type=float, default=DEFAULT.rate, help="messages a second")
        parser.add_argument("--freeze", type=float, default=DEFAULT.freeze_seconds, help="seconds PostgreSQL is frozen")
        parser.add_argument(
            "--drain", type=float, default=DEFAULT.drain_seconds, help="longest wait for the last reply"
        )
        parser.add_argument("--seed", type=int, default=DEFAULT.seed)
        parser.add_argument("--json", type=Path, help="write all figures to this file")
        parser.add_argument("--keep", type=Path, help="folder of the private stack, kept afterwards with its logs")
        parser.add_argument("--inside", nargs="+", help="for its own use, inside the private stack")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["inside"]:
            self.stdout.write(json.dumps(_inside(*options["inside"])))
            return
        if not 1 <= options["people"] <= options["n"] or options["rate"] <= 0:
            raise CommandError("There must be at least one message for each of the people, and a rate above 0.")
        wanted = Options(
            messages=options["n"],
            people=options["people"],
            rate=options["rate"],
            freeze_seconds=options["freeze"],
            drain_seconds=options["drain"],
            seed=options["seed"],
        )
        outcome = self._run(wanted, options["keep"])
        self.stdout.write(render(outcome.figures, outcome.seconds, outcome.faults))
        self.stdout.write(f"last reply {outcome.drained_in:.0f} s after the last message; the sender was late by at most "
                          f"{outcome.lag * 1000:.0f} ms\nthe database says: {outcome.stored}")  # fmt: skip
        for second, milliseconds in sorted(outcome.slow, key=lambda each: -each[1])[:10]:
            self.stdout.write(f"  slow: {milliseconds:.0f} ms at {second:.0f} s")
        if options["json"]:
            told = {**msgspec.to_builtins(outcome), "options": msgspec.to_builtins(wanted)}
            options["json"].write_bytes(msgspec.json.format(msgspec.json.encode(told), indent=1) + b"\n")
        if not outcome.figures.kept:
            sys.exit(1)

    def _run(self, wanted: Options, keep: Path | None) -> Outcome:
        report = make_report()
        with tempfile.TemporaryDirectory(prefix="parley-stress-") as folder:
            try:
                return asyncio.run(run((keep or Path(folder)).absolute(), wanted, report))
            except StackError as error:
                raise CommandError(f"{error.message}\n{error.details}") from error


def _inside(what: str, *arguments: str) -> Any:
    from channels_io.stress import entrance

    match what:
        case "make":
            return entrance.make_entrance(*arguments)
        case "read":
            return entrance.stored()
        case "unsettled":
            return entrance.unsettled()
    raise CommandError(f"There is no {what}.")
