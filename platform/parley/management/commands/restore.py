from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from parley.backup.errors import BackupError
from parley.backup.place import this_installation
from parley.backup.work import Restored, attempt, bring_back


class Command(BaseCommand):
    help = (
        "Bring a backup back: into an empty database, or with --replace in the place of what is there. Stop web, Celery "
        "and beat first, and run `manage.py migrate` afterwards where the backup is of an older version."
    )
    # They look at tables, which need not be there yet.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--replace", action="store_true", help="what is in the database is dropped")
        parser.add_argument("--with-keys", action="store_true", help="take the keys of the backup too")
        parser.add_argument("--try", dest="trial", action="store_true", help="only try it, in a database of its own")

    def handle(self, *args: Any, **options: Any) -> None:
        place = this_installation()
        try:
            if options["trial"]:
                self._say(attempt(place, options["file"]), "Tried")
                return
            restored = bring_back(place, options["file"], replace=options["replace"], with_keys=options["with_keys"])
        except BackupError as error:
            raise CommandError(error.message) from error
        self._say(restored, "Brought back")

    def _say(self, restored: Restored, what: str) -> None:
        self.stdout.write(
            f"{what}: the backup of {restored.made}, {restored.rows} rows in {restored.tables} tables, "
            f"{restored.recordings} recordings."
        )
        if restored.unreadable:
            self.stdout.write(
                "The sealed secrets in it belong to other keys: set PARLEY_SEALING_KEYS (or bring var/secrets/sealing_key) "
                "of the installation it was made from."
            )
