from __future__ import annotations

import os
import tempfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import msgspec
from django.core.management.base import BaseCommand, CommandError

from agents.reads import published_specs


class Command(BaseCommand):
    help = "Write every published agent's spec to a JSON file, which a worker reads before it is ready."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path, help="file to write; replaced as a whole")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["path"]
        specs = published_specs()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, msgspec.json.encode(specs, order="deterministic"))
        except OSError as error:
            raise CommandError(f"Cannot write {path}: {error.strerror}. Give a path that can be written.") from error
        self.stdout.write(f"{len(specs)} published agents written to {path}")


def write_whole(path: Path, data: bytes) -> None:
    """Replace the file at once: a reader never sees half of it."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        file.write(data)
    os.replace(file.name, path)
