from __future__ import annotations

import json
from argparse import ArgumentParser
from io import StringIO
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import transaction

from agents.reads import published_specs
from agents.seed import seed_demo
from channels_io.actions.close_abandoned_legs import close_abandoned_legs
from channels_io.actions.seed_channels import seed_channels
from parley.accounts.actions.create_operator import create_operator
from parley.accounts.actions.create_workspace import create_workspace
from parley.accounts.models import User, Workspace

# Seeding queues tasks: without the application they would look for a broker of another name.
from parley.celery import app as celery_app

DEMO = "demo"
OPERATOR = "operator@parley.local"


class Command(BaseCommand):
    help = (
        "Migrate, seed the demo workspace, create the first operator, close the calls that a killed server left open "
        "and export the published agents: what `up` runs before it starts anything. May be repeated. The last line "
        "of its output is JSON."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--specs", type=Path, required=True, help="file for the worker's published agents")

    def handle(self, *args: Any, **options: Any) -> None:
        celery_app.set_current()
        call_command("migrate", interactive=False, verbosity=0)
        with transaction.atomic():
            workspace = Workspace.objects.filter(slug=DEMO).first() or create_workspace("Demo", slug=DEMO)
            password = first_operator(workspace)
        seed_demo(workspace)
        seed_channels(workspace)
        close_abandoned_legs()
        call_command("exportspecs", str(options["specs"]), stdout=StringIO())
        result = {"agents": len(published_specs()), "email": OPERATOR if password else "", "password": password}
        self.stdout.write(json.dumps(result))


def first_operator(workspace: Workspace) -> str:
    """Somebody who can sign in to a fresh installation; their password, or "" when there are people already."""
    if User.objects.exists():
        return ""
    return create_operator(OPERATOR, workspace, name="Operator")[1] or ""
