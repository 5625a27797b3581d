"""`manage.py evalflows`: the scripts of the gallery's templates, said to the real model."""

from __future__ import annotations

import asyncio
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import msgspec
from django.core.management.base import BaseCommand, CommandError

from agents.evaluation.report import as_json, as_text
from agents.evaluation.run import evaluate
from agents.evaluation.score import Scored
from agents.evaluation.script import scripts
from inference.errors import ParleyError


class Command(BaseCommand):
    help = (
        "Walk the gallery's templates with scripted callers and the real language model; print how often it is right."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--template", action="append", default=[], choices=sorted(scripts()), help="only this one")
        parser.add_argument("--fresh", action="store_true", help="the held-out conversations, not those of the gallery")
        parser.add_argument("--scene", default="", help="only conversations whose name holds this")
        parser.add_argument("--profile", default="default", help="the models, as in inference/models.toml")
        parser.add_argument("--json", type=Path, metavar="FILE", help="write the whole report there")
        parser.add_argument("--quiet", action="store_true", help="do not show the conversations while they run")

    def handle(self, **options: Any) -> None:
        asked = options["template"]
        found = scripts(fresh=options["fresh"])
        chosen = {key: script for key, script in found.items() if not asked or key in asked}
        show = None if options["quiet"] else self._show
        try:
            report = asyncio.run(evaluate(chosen, profile=options["profile"], scene=options["scene"], show=show))
        except ParleyError as error:
            raise CommandError(f"{error.message} ({error.code})") from error
        figures = as_json(report.lines, report.about)
        if options["json"]:
            options["json"].write_bytes(msgspec.json.format(msgspec.json.encode(figures)))
        self.stdout.write(as_text(figures))

    def _show(self, scene: list[Scored]) -> None:
        for scored in scene:
            mark = "ok" if scored.routed and not scored.wrong else "NO"
            sys.stderr.write(f"{mark} {scored.reached or '-':<14} {scored.said}\n      → {scored.reply}\n")
