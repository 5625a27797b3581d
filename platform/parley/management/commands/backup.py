from __future__ import annotations

from argparse import ArgumentParser
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from parley.backup.errors import BackupError
from parley.backup.place import this_installation
from parley.backup.work import attempt, make


class Command(BaseCommand):
    help = (
        "Copy database and recordings into one file, while everything runs. With --try the file is brought back into a "
        "database of its own afterwards and counted: a backup that was never restored is a hope."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, help="where the file goes, as parley-<date>.tar")
        parser.add_argument(
            "--with-keys", action="store_true", help="put var/secrets into it: whoever has the file then has the keys"
        )
        parser.add_argument("--try", dest="trial", action="store_true", help="restore it at once, beside the database")
        parser.add_argument(
            "--keep", type=int, metavar="N", help="remove all but the newest N of the folder afterwards"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        folder: Path = options["folder"].expanduser().absolute()
        file = folder / f"parley-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.tar"
        if options["keep"] is not None and options["keep"] < 1:
            raise CommandError("--keep takes a number above 0.")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            made = make(this_installation(), file, with_keys=options["with_keys"])
            self.stdout.write(f"{made.file}: {made.rows} rows, {made.recordings} recordings, {made.size} bytes.")
            if options["trial"]:
                tried = attempt(this_installation(), file)
                self.stdout.write(f"Brought back on trial: {tried.rows} rows in {tried.tables} tables.")
                for line in tried.changed:
                    self.stdout.write(f"  written meanwhile: {line}")
        except BackupError as error:
            raise CommandError(error.message) from error
        if not options["with_keys"]:
            self.stdout.write(
                "The keys (var/secrets, PARLEY_SEALING_KEYS) are not in it: keep a copy of them elsewhere."
            )
        if options["keep"]:
            for old in sorted(folder.glob("parley-????????T??????Z.tar"))[: -options["keep"]]:
                old.unlink()
                self.stdout.write(f"Removed {old.name}.")
