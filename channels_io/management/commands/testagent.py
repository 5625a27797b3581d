"""`manage.py testagent`: run the test cases of an agent and fail when one does."""

from __future__ import annotations

import asyncio
from argparse import ArgumentParser
from typing import Any

from channels.db import database_sync_to_async
from django.core.management.base import BaseCommand, CommandError

from agents.cases import CaseResult, Difference
from agents.engines import engine_menu
from agents.models import Agent, TestCase
from channels_io.live.opening import NothingToOpen
from channels_io.management.commands.call import find_agent
from channels_io.testbench.run_case import run_case
from parley.accounts.actor import system_actor


class Command(BaseCommand):
    help = "Run an agent's test cases, as the builder keeps them. Needs a running worker. Exit code 1 when one fails."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--agent", required=True, metavar="SLUG")
        parser.add_argument("--workspace", default="", metavar="SLUG")
        parser.add_argument("--case", default="", metavar="NAME", help="only this one")
        parser.add_argument("--published", action="store_true", help="the published version, not the draft")

    def handle(self, **options: Any) -> None:
        agent = find_agent(options["agent"], options["workspace"])
        cases = agent.test_cases.select_related("workspace").order_by("name", "pk")
        if options["case"]:
            cases = cases.filter(name=options["case"])
        found = list(cases)
        if not found:
            raise CommandError("There is no such test case. Keep a conversation in the builder's test panel first.")
        engine_menu()  # The draft may name a model that nobody has asked for since the cache was emptied.
        failed = asyncio.run(self._run(agent, found, "published" if options["published"] else "draft"))
        if failed:
            raise CommandError(f"{failed} of {len(found)} failed.")
        self.stdout.write(self.style.SUCCESS(f"{len(found)} passed."))

    async def _run(self, agent: Agent, cases: list[TestCase], version: str) -> int:
        """How many failed."""
        actor = await database_sync_to_async(lambda: system_actor(agent.workspace))()
        failed = 0
        for case in cases:
            try:
                result = await run_case(actor, case, version=version)
            except NothingToOpen as error:
                raise CommandError(str(error)) from error
            failed += not result.passed
            self._tell(case, result)
        return failed

    def _tell(self, case: TestCase, result: CaseResult) -> None:
        style = self.style.SUCCESS if result.passed else self.style.ERROR
        self.stdout.write(style(f"{'passed' if result.passed else 'FAILED'}  {case.name}"))
        if result.problem:
            self.stdout.write(f"    {result.problem}")
        for step in result.steps:
            for difference in step.differences:
                self.stdout.write(f"    “{step.expected.said or '(opening)'}”: {_words(difference)}")


def _words(difference: Difference) -> str:
    if difference.what == "missing":
        return "the conversation was over before this"
    name = difference.name or difference.what
    return f"{name}: expected “{difference.expected}”, got “{difference.got}”"
