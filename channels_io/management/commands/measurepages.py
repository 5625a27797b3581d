from __future__ import annotations

import json
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from channels_io.models import Conversation, Turn
from channels_io.seeding.page_plan import Plan, page_plans
from parley.accounts.models import Membership, Workspace


class Command(BaseCommand):
    help = (
        "Asks for the pages of a seeded workspace (manage.py seedrecords) through Django's own handler, without a network, "
        "and prints how long they take. Exit code 1 when a p95 is above the goal."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--workspace", default="seeded", help="short name")
        parser.add_argument("--n", type=int, default=100, help="requests for each page, after two that do not count")
        parser.add_argument("--goal", type=float, default=200.0, help="ms")
        parser.add_argument("--only", default="", help="pages whose name holds this")
        parser.add_argument("--json", type=Path, help="write the figures to this file")

    def handle(self, *args: Any, **options: Any) -> None:
        workspace = Workspace.objects.filter(slug=options["workspace"]).first()
        if workspace is None:
            raise CommandError(f"There is no workspace {options['workspace']}. Make one: manage.py seedrecords.")
        membership = Membership.objects.filter(workspace=workspace).select_related("user").order_by("pk").first()
        if membership is None:
            raise CommandError("Nobody is a member of this workspace.")
        client = Client(SERVER_NAME="localhost")
        client.force_login(membership.user, backend="django.contrib.auth.backends.ModelBackend")
        talks, turns = Conversation.objects.of(workspace).count(), Turn.objects.of(workspace).count()
        self.stdout.write(f"{talks} conversations, {turns} turns, {options['n']} requests a page\n")
        figures = [
            _measure(client, plan, options["n"])
            for plan in page_plans(workspace, membership)
            if options["only"] in plan.name
        ]
        width = max((len(each["name"]) for each in figures), default=0)
        for each in figures:
            late = "  <- above the goal" if each["p95"] > options["goal"] else ""
            self.stdout.write(
                f"{each['name']:<{width}}  p50 {each['p50']:6.0f} ms  p95 {each['p95']:6.0f} ms  "
                f"worst {each['worst']:6.0f} ms  own cpu p50 {each['cpu']:4.0f} ms  {each['queries']:3d} queries{late}"
            )
        if options["json"]:
            options["json"].write_text(json.dumps(figures, indent=2) + "\n")
        if any(each["p95"] > options["goal"] for each in figures):
            raise CommandError(f"Some pages take longer than {options['goal']:.0f} ms.")


def _measure(client: Client, plan: Plan, count: int) -> dict[str, Any]:
    """Another address each time, as long as the plan has some."""
    addresses = plan.addresses
    with CaptureQueriesContext(connection) as captured:
        _ask(client, addresses[0])
    queries = len(captured)
    _ask(client, addresses[-1])
    asked = [_ask(client, addresses[number % len(addresses)]) for number in range(count)]
    times, processor = sorted(took for took, _ in asked), sorted(used for _, used in asked)
    return {
        "name": plan.name,
        "p50": times[len(times) // 2],
        "p95": times[min(len(times) - 1, len(times) * 95 // 100)],
        "worst": times[-1],
        "cpu": processor[len(processor) // 2],
        "queries": queries,
    }


def _ask(client: Client, address: str) -> tuple[float, float]:
    """Milliseconds: all of it, and what this process computed (without PostgreSQL, and whatever else the machine does)."""
    began, computed = time.perf_counter(), time.process_time()
    response = client.get(address)
    took, used = (time.perf_counter() - began) * 1000, (time.process_time() - computed) * 1000
    if response.status_code != 200:
        raise CommandError(f"{address} answers {response.status_code}.")
    return took, used
