from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from agents.actions.rotate_secrets import rotate_secrets


class Command(BaseCommand):
    help = "Encrypt every stored secret under the first key of PARLEY_SEALING_KEYS."

    def handle(self, *args: Any, **options: Any) -> None:
        counts = rotate_secrets()
        self.stdout.write(f"{counts.moved} moved to the first key, {counts.current} were there already")
        if counts.unreadable:
            raise CommandError(
                f"{counts.unreadable} could not be read with any key: put the old key back behind the new one, or enter them again."
            )
