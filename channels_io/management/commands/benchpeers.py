from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from argparse import ArgumentParser
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from agents.models import Agent
from channels_io.bench.figures import Cost, Figures, figures_of
from channels_io.bench.machine import machine
from channels_io.bench.peers.driver import PARLEY, PeerPlan, PeersPlan
from channels_io.bench.peers.plan import AGENT, SETTINGS, alternate, drafts
from channels_io.bench.peers.process import ROOT, PeerFailed, config_of, free_port, peer_server
from channels_io.bench.peers.report import Peers, markdown
from channels_io.bench.records import RunRecord
from channels_io.bench.suite import Kept, write_page
from channels_io.tickets import ANY_ORIGIN, Ticket, issue_ticket
from parley.stack.errors import StackError
from parley.stack.pipes import communicate
from parley.stack.report import make_report
from parley.stack.stack import Stack, StackOptions

WORKSPACE = "demo"
TICKET_SECONDS = 4 * 3600
SECONDS_PER_CALL = 240
CHAT_MODEL = "qwen2.5-coder-1.5b"
TRANSCRIBER = "whisper-tiny.en"


class Command(BaseCommand):
    help = (
        "Measure pipecat and Parley from outside with the same caller, clips, prompt and weights, call by call in turns, "
        "and write both columns. `make bench-peers` installs pipecat in an environment of its own first. "
        "Let nothing else run on the machine."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--n", type=int, default=25, help="questions to each stack, five a call")
        parser.add_argument("--pauses", type=int, default=10, help="sentences with a pause in their middle")
        parser.add_argument("--barge-ins", type=int, default=6)
        parser.add_argument("--columns", default="shipped,tuned", help=f"settings of pipecat: of {', '.join(SETTINGS)}")
        parser.add_argument("--python", type=Path, default=ROOT / ".venv-peers/bin/python", help="pipecat's own")
        parser.add_argument("--json", type=Path, help="write all figures and turns to this file")
        parser.add_argument("--markdown", type=Path, help="write the table to this file")
        parser.add_argument(
            "--folder", type=Path, default=ROOT / "var/bench", help="where `make bench` finds the figures"
        )
        parser.add_argument(
            "--docs", type=Path, default=ROOT / "docs", help="where the page of `make bench` is written"
        )
        parser.add_argument("--url", help="the Parley to measure, e.g. ws://127.0.0.1:8000; else one is started")

    def handle(self, *args: Any, **options: Any) -> None:
        which = [name.strip() for name in options["columns"].split(",") if name.strip()]
        if unknown := [name for name in which if name not in SETTINGS]:
            raise CommandError(f"--columns: {', '.join(unknown)}? There are {', '.join(SETTINGS)}.")
        if not options["python"].exists():
            raise CommandError(f"There is no {options['python']}. `make bench-peers` installs pipecat there.")
        counts = (options["n"], options["pauses"], options["barge_ins"])
        if min(counts) < 0 or not sum(counts):
            raise CommandError("--n, --pauses and --barge-ins say how many; at least one of them must be more than 0.")
        if options["url"] is None:
            code = asyncio.run(_in_own_stack(options))
            if code == 0:
                self.stdout.write(f"Written: {write_page(Kept(options['folder']), options['docs'])}")
            sys.exit(code)
        calls = drafts(*counts)
        try:
            runs = asyncio.run(self._measure(options, which, calls))
        except PeerFailed as error:
            raise CommandError(str(error)) from error
        figures = {name: figures_of("real", runs[name], Cost()) for name in [*which, PARLEY] if name in runs}
        self._publish(options, figures)

    async def _measure(self, options: dict[str, Any], which: list[str], calls: list[Any]) -> dict[str, RunRecord]:
        agent, spec = await asyncio.to_thread(_agent)
        config = config_of(
            spec,
            port=free_port(),
            whisper=_weights() / TRANSCRIBER,
            llm_url=f"{settings.PARLEY_WORKERS[0].rstrip('/')}/v1",
            llm_key=settings.PARLEY_WORKER_TOKEN,
            llm_model=CHAT_MODEL,
        )
        async with peer_server(options["python"].absolute(), config) as address:
            stacks = [
                *(PeerPlan(name, f"{address}/{name}", ()) for name in which),
                PeerPlan(PARLEY, options["url"], (), ticket="a new one each"),
            ]
            # A ticket opens one call.
            planned = tuple(
                msgspec.structs.replace(call, ticket=_ticket(agent)) if call.ticket else call
                for call in alternate(calls, stacks)
            )
            return await _drive(PeersPlan(planned), self._progress)

    def _publish(self, options: dict[str, Any], figures: dict[str, Figures]) -> None:
        peers = Peers(figures, datetime.now(UTC).isoformat(timespec="seconds"), machine(ROOT), os.getloadavg())
        text = markdown(figures)
        self.stdout.write(text)
        if options["markdown"]:
            options["markdown"].write_text(text, encoding="utf-8")
        kept = Kept(options["folder"]).path("peers")
        kept.parent.mkdir(parents=True, exist_ok=True)
        for path in (kept, options["json"]):
            if path:
                path.write_bytes(msgspec.json.format(msgspec.json.encode(peers), indent=1) + b"\n")

    def _progress(self, text: str) -> None:
        self.stderr.write(text)
        self.stderr.flush()


def _agent() -> tuple[Agent, Any]:
    agent = Agent.objects.filter(workspace__slug=WORKSPACE, slug=AGENT).select_related("workspace", "published").first()
    if agent is None or agent.published is None:
        raise CommandError(f'The workspace "{WORKSPACE}" has no published agent "{AGENT}"; `manage.py up` seeds it.')
    return agent, agent.published.agent_spec()


def _ticket(agent: Agent) -> str:
    ticket = Ticket(
        workspace=agent.workspace.public_id, kind="browser_voice", agent=agent.public_id, origins=(ANY_ORIGIN,)
    )
    return issue_ticket(ticket, ttl=TICKET_SECONDS)


def _weights() -> Path:
    """Where the worker keeps its weights; see inference/catalogue."""
    configured = os.environ.get("PARLEY_WEIGHTS", "").strip()
    return Path(configured).expanduser() if configured else Path.home() / ".cache" / "parley" / "weights"


async def _drive(plan: PeersPlan, say: Any) -> dict[str, RunRecord]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "channels_io.bench.peers.driver",
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "platform")])},
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        async with asyncio.timeout(60 + SECONDS_PER_CALL * len(plan.calls)):
            out, err = await communicate(process, msgspec.json.encode(plan), on_line=say)
    except TimeoutError as error:
        raise CommandError("The driver did not finish in time.") from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        raise CommandError(f"The driver failed: {err.decode(errors='replace').strip()[-800:]}")
    return msgspec.json.decode(out, type=dict[str, RunRecord])


async def _in_own_stack(options: dict[str, Any]) -> int:
    """Run this command again inside a private stack with the default models."""
    report = make_report()
    arguments = ["benchpeers", "--columns", options["columns"], "--python", str(options["python"].absolute())]
    for name in ("n", "pauses", "barge_ins"):
        arguments += [f"--{name.replace('_', '-')}", str(options[name])]
    for name in ("json", "markdown", "folder"):
        arguments += [f"--{name}", str(options[name].absolute())] if options[name] else []
    with tempfile.TemporaryDirectory(prefix="parley-peers-") as folder:
        try:
            async with Stack(StackOptions.private(Path(folder) / "var", profile="default"), report) as stack:
                report.say("Measuring the peer and Parley in turns; this takes about twenty minutes")
                code, out, err = await stack.manage(
                    *arguments, "--url", stack.web_url.replace("http", "ws", 1), timeout=3 * 3600, on_line=_show
                )
        except StackError as error:
            raise CommandError(f"{error.message}\n{error.details}".strip()) from error
    sys.stdout.write(out if code == 0 else out + err)
    return code


def _show(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
