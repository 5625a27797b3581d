"""`manage.py call`: speak WAV files to an agent over the real socket, and see what came back and when."""

from __future__ import annotations

import asyncio
import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from agents.models import Agent
from channels_io.simulators.browser_caller import (
    RATE_IN,
    BrowserCaller,
    CallFailed,
    CallResult,
    TurnResult,
    agent_frame,
)
from channels_io.simulators.wav import UnreadableWav, read_wav, write_wav
from channels_io.tickets import ANY_ORIGIN, Ticket, issue_ticket
from inference.audio import Samples

BAR_WIDTH = 40


class Command(BaseCommand):
    help = "Speak one or more WAV files to an agent, in real time, and print heard, said and the waterfall."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--agent", required=True, metavar="SLUG")
        parser.add_argument("--wav", required=True, nargs="+", type=Path, metavar="FILE", help="16-bit PCM, any rate")
        parser.add_argument("--workspace", default="", metavar="SLUG", help="needed when two workspaces share the slug")
        parser.add_argument("--draft", action="store_true", help="the draft as it is now, not the published version")
        parser.add_argument("--out", type=Path, metavar="FILE", help="write what the agent said, as heard")
        parser.add_argument("--json", action="store_true", dest="as_json")
        parser.add_argument("--url", default="", metavar="WS_URL", help="default: this machine's web process")

    def handle(self, **options: Any) -> None:
        agent = find_agent(options["agent"], options["workspace"])
        try:
            clips = [read_wav(path, RATE_IN) for path in options["wav"]]
        except UnreadableWav as error:
            raise CommandError(str(error)) from error
        ticket = issue_ticket(
            Ticket(
                workspace=agent.workspace.public_id,
                kind="browser_voice",
                agent=agent.public_id,
                version="draft" if options["draft"] else "published",
                identity=("command", "call"),
                origins=(ANY_ORIGIN,),
            )
        )
        url = options["url"] or f"ws://{settings.PARLEY_HOST}:{settings.PARLEY_PORT}"
        result = self._call(url, ticket, clips)
        if options["out"]:
            write_wav(options["out"], agent_frame(result))
        if options["as_json"]:
            self.stdout.write(json.dumps(as_json(result), indent=2, ensure_ascii=False))
        else:
            self.stdout.write(as_text(result))
        if not all(turn.said for turn in result.turns):
            raise CommandError("The agent did not answer.")

    def _call(self, url: str, ticket: str, clips: list[Samples]) -> CallResult:
        try:
            return asyncio.run(place_call(url, ticket, clips))
        except CallFailed as error:
            raise CommandError(str(error)) from error
        except TimeoutError as error:
            raise CommandError(
                "The agent did not answer in time. Does `make run` still show a ready worker?"
            ) from error


async def place_call(url: str, ticket: str, clips: list[Samples]) -> CallResult:
    """Listen to the greeting, say each clip and wait for its answer. Raises CallFailed, TimeoutError."""
    async with BrowserCaller.connect(url, ticket) as caller:
        await caller.wait_until_quiet()
        for clip in clips:
            await caller.speak(clip)
            await caller.answer()
        return caller.result()


def find_agent(slug: str, workspace: str) -> Agent:
    """Raises CommandError that names what there is."""
    agents = Agent.objects.select_related("workspace", "published").filter(slug=slug, archived_at=None)
    if workspace:
        agents = agents.filter(workspace__slug=workspace)
    found = list(agents[:2])
    if not found:
        known = ", ".join(sorted(set(Agent.objects.filter(archived_at=None).values_list("slug", flat=True)[:20])))
        raise CommandError(f"There is no agent {slug!r}. There are: {known or 'none yet'}.")
    if len(found) > 1:
        raise CommandError(f"More than one workspace has an agent {slug!r}: add --workspace SLUG.")
    return found[0]


def as_json(result: CallResult) -> dict[str, Any]:
    return {
        "greeting": result.greeting,
        "greeting_ms": result.greeting_ms,
        "turns": [
            {
                "number": turn.number,
                "heard": turn.heard,
                "said": turn.said,
                "v2v_ms": turn.v2v_ms,
                "server_v2v_ms": turn.server_v2v_ms,
                "cut_off": turn.cut_off,
                "spans": [{"name": span.name, "ms": span.ms} for span in turn.spans],
                "prompt_tokens": turn.prompt_tokens,
                "cached_tokens": turn.cached_tokens,
                "reply_tokens": turn.reply_tokens,
            }
            for turn in result.turns
        ],
        "failures": [{"code": failed.code, "message": failed.message} for failed in result.failures],
        "lateness_p99_ms": round(result.lateness_p99_ms, 2),
        "close_code": result.close_code,
    }


def as_text(result: CallResult) -> str:
    lines = []
    if result.greeting:
        lines.append(f"greeting  {result.greeting}")
    for turn in result.turns:
        lines += ["", f"heard     {turn.heard}", f"said      {turn.said}", *_waterfall(turn)]
    lines += [f"failed    {failed.message} ({failed.code})" for failed in result.failures]
    return "\n".join(lines)


def _waterfall(turn: TurnResult) -> list[str]:
    if turn.v2v_ms is None:
        return ["answered  before the question was over"] if turn.cut_off else []
    lines = [f"answered  {turn.v2v_ms:.0f} ms after the last sound of the question"]
    total = sum(span.ms for span in turn.spans) or 1.0
    start = 0.0
    for span in turn.spans:
        before = round(start / total * BAR_WIDTH)
        width = max(1, round(span.ms / total * BAR_WIDTH))
        lines.append(f"  {span.name:<14}{span.ms:7.0f} ms  {' ' * before}{'▇' * width}")
        start += span.ms
    lines.append(f"  {'sum':<14}{start:7.0f} ms")
    return lines
