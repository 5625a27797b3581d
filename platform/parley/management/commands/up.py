from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from parley.stack.errors import StackError
from parley.stack.first_call import AGENT, FirstCall, place_first_call
from parley.stack.report import Report, make_report
from parley.stack.stack import Stack, StackOptions

INTERRUPTED = 130


class Command(BaseCommand):
    help = (
        "Start Parley on this machine: PostgreSQL, Valkey, web, worker, Celery and beat; place a first spoken call; "
        "serve until Ctrl-C."
    )
    # Checks need nothing that runs, but they import every app: `prepare` does so anyway, once.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--demo", action="store_true", help="stop after the first call: 0 = the right answer, 1 = not"
        )
        parser.add_argument("--no-call", action="store_true", help="do not place the first call")

    def handle(self, *args: Any, **options: Any) -> None:
        report = make_report()
        with contextlib.suppress(KeyboardInterrupt):
            sys.exit(asyncio.run(_run(report, demo=options["demo"], call=not options["no_call"])))
        sys.exit(INTERRUPTED)


async def _run(report: Report, *, demo: bool, call: bool) -> int:
    """The exit code. The first signal stops everything in order; children have groups of their own and do not see it."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    body = asyncio.create_task(_serve(report, stop, demo=demo, call=call), name="serve")

    def end() -> None:
        if not stop.is_set():
            report.say("Stopping (once more to stop at once)")
            stop.set()
            body.cancel()
        else:
            # The guard ends every child as soon as this process is gone.
            os._exit(INTERRUPTED)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, end)
    try:
        return await body
    except asyncio.CancelledError:
        report.say("Stopped.", "good")
        return INTERRUPTED if demo else 0


async def _serve(report: Report, stop: asyncio.Event, *, demo: bool, call: bool) -> int:
    code = 0
    try:
        async with Stack(StackOptions.from_environment(), report) as stack:
            _say_how_to_enter(stack, report)
            if call or demo:
                report.say(f'Placing a first call to "{AGENT}"')
                first = await place_first_call(stack)
                _say_call(first, report)
                code = 0 if first.right else 1
            if not demo:
                code = 0
                report.say(f"Parley serves on {stack.web_url}. Ctrl-C stops everything.", "good")
                await stop.wait()
    except StackError as error:
        report.say(f"{error.message} ({error.code})", "bad")
        if error.details:
            report.say(error.details, "detail")
        code = 1
    return code


def _say_how_to_enter(stack: Stack, report: Report) -> None:
    prepared = stack.prepared
    if prepared.password:
        report.say(f"Sign in at {stack.web_url} as {prepared.email} with the password {prepared.password}", "good")
        report.say(
            "It is shown this once. Change it, or set a new one: manage.py changepassword " + prepared.email, "detail"
        )
    else:
        report.say(f"Sign in at {stack.web_url}", "good")


def _say_call(call: FirstCall, report: Report) -> None:
    report.say("\n".join(call.lines()), "detail")
    if call.right:
        report.say("The agent heard the question and gave the right answer.", "good")
    else:
        report.say(call.problem, "bad")
