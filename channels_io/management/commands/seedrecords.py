from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from channels_io.models import Conversation
from channels_io.seeding.records import seed_records
from parley.accounts.models import Membership, Role, User, Workspace


class Command(BaseCommand):
    help = (
        "Fills a workspace of its own with invented conversations of the last months, with turns, timings, hand-offs, "
        "tags, summaries and costs: to try the pages with much data, and to measure them (manage.py measurepages)."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--n", type=int, default=50_000, help="conversations; they come on top of those there are")
        parser.add_argument("--workspace", default="seeded", help="short name; made when there is none")
        parser.add_argument("--member", default="", help="e-mail of a person who is to own the workspace")
        parser.add_argument("--days", type=int, default=90, help="they lie between now and so many days ago")
        parser.add_argument("--seed", type=int, default=7, help="the same number gives the same words")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["n"] < 1 or options["days"] < 1:
            raise CommandError("--n and --days must be at least 1.")
        slug = options["workspace"]
        workspace, made = Workspace.objects.get_or_create(slug=slug, defaults={"name": slug.title()})
        if (
            not made
            and Conversation.objects.of(workspace)
            .exclude(contact__identities__value__startswith="v_seed")
            .exclude(contact__identities__value__startswith="+1555")
            .exists()
        ):
            raise CommandError(f"The workspace {slug} has conversations of its own. Name another one with --workspace.")
        if options["member"]:
            user = User.objects.filter(email=options["member"].strip().lower()).first()
            if user is None:
                raise CommandError(f"Nobody signs in with {options['member']}.")
            Membership.objects.get_or_create(workspace=workspace, user=user, defaults={"role": Role.OWNER})
        began = time.monotonic()
        seed_records(workspace, options["n"], days=options["days"], seed=options["seed"], told=self._tell)
        seconds = time.monotonic() - began
        self.stdout.write(f"\n{options['n']} conversations in {seconds:.0f} s, in the workspace {workspace.slug}.")

    def _tell(self, done: int) -> None:
        self.stdout.write(f"\r{done}", ending="")
        self.stdout.flush()
