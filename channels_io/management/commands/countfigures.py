"""Count the figures of analytics anew, from the record."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from channels_io.analytics.rolling import LONGEST, count_workspace
from parley.accounts.models import Workspace


class Command(BaseCommand):
    help = "Counts the figures of the analytics page anew, day by day. What is counted twice is the same as once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--days", type=int, default=90, help=f"so many days back, at most {LONGEST}")

    def handle(self, *args: Any, **options: Any) -> None:
        for workspace in Workspace.objects.order_by("pk"):
            rows = count_workspace(workspace, timezone.now(), days=options["days"])
            self.stdout.write(f"{workspace.slug}: {rows} rows")
