"""`manage.py chat`: write with an agent in the terminal, through the same session as every channel."""

from __future__ import annotations

import asyncio
import sys
from argparse import ArgumentParser
from typing import Any

from channels.db import database_sync_to_async
from django.core.management.base import BaseCommand, CommandError

from agents.models import Agent
from channels_io.kinds.loopback.channel import LoopbackChannel
from channels_io.live import messages
from channels_io.live.limits import TEXT_LIMITS
from channels_io.live.opening import NothingToOpen, OpenedLeg, open_leg_for, running_for
from channels_io.live.runner import run_leg
from channels_io.management.commands.call import find_agent


class Command(BaseCommand):
    help = "Write with an agent: one line, one message; Ctrl-D ends. Needs a running worker."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--agent", required=True, metavar="SLUG")
        parser.add_argument("--workspace", default="", metavar="SLUG")
        parser.add_argument("--draft", action="store_true", help="the draft as it is now, not the published version")

    def handle(self, **options: Any) -> None:
        agent = find_agent(options["agent"], options["workspace"])
        problem = asyncio.run(self._chat(agent, "draft" if options["draft"] else "published"))
        if problem is not None:
            raise CommandError(f"{problem.message} ({problem.code})")

    async def _chat(self, agent: Agent, version: str) -> messages.Failed | None:
        try:
            opened: OpenedLeg = await database_sync_to_async(open_chat)(agent, version)
        except NothingToOpen as error:
            raise CommandError(str(error)) from error
        channel = LoopbackChannel()
        leg = asyncio.create_task(run_leg(channel, opened, limits=TEXT_LIMITS))
        problem: messages.Failed | None = None
        greets = bool(opened.facts.spec.greeting)
        async for event in channel.events():
            match event:
                case messages.Ready(agent=name):
                    self.stdout.write(self.style.MIGRATE_HEADING(f"{name} (Ctrl-D ends)"))
                    if not greets:
                        await self._next_line(channel)
                case messages.ReplyText(text=text):
                    self.stdout.write(text, ending="")
                    self.stdout.flush()
                case messages.ReplyDone(end=end):
                    self.stdout.write("")
                    if not end:
                        await self._next_line(channel)
                case messages.Failed(fatal=True):
                    problem = event
                case messages.Failed(message=message):
                    self.stderr.write(message)
        await leg
        return problem

    async def _next_line(self, channel: LoopbackChannel) -> None:
        """Ask until there is something to send; the end of the input hangs up."""
        while True:
            self.stdout.write("> ", ending="")
            self.stdout.flush()
            line = await asyncio.to_thread(sys.stdin.readline)
            if not line:
                channel.hang_up()
                return
            if line.strip():
                channel.type(line.strip())
                return


def open_chat(agent: Agent, version: str) -> OpenedLeg:
    """Raises NothingToOpen."""
    running = running_for(agent, None, version)
    return open_leg_for(agent=agent, running=running, kind="loopback", media="text", identity=("command", "chat"))
