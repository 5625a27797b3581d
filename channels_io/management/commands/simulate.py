"""`manage.py simulate call|sms|whatsapp`: be a carrier and a person, against a server that runs on this machine."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from argparse import ArgumentParser
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from agents.models import Agent
from channels_io.management.commands.call import find_agent
from channels_io.models import PhoneCall
from channels_io.simulators import texting
from channels_io.simulators.simulate_json import call_as_json, messages_as_json, said_in
from channels_io.simulators.stand_in import (
    NothingSimulated,
    StandIn,
    Wire,
    add_channels,
    find,
    find_or_make,
    served_at,
    twilio_of,
)
from channels_io.simulators.twilio import CallRecord, TwilioSimulator
from channels_io.simulators.twilio.ear import RATE
from channels_io.simulators.twilio.talk import Talk, TalkPlan, person_for, talk
from channels_io.simulators.wav import UnreadableWav, read_wav, write_wav
from inference.audio import AudioFrame, Samples
from inference.client import synthesize
from inference.errors import ParleyError
from inference.spec import VoiceSpec
from parley.lib.sealing import Unsealable

SENDER = "+353861234567"
STAY_SECONDS = 45.0
CLOSE_SECONDS = 5.0
"""Until the record of a call that is over is complete."""


class Command(BaseCommand):
    help = (
        "Play a carrier and a person: call an agent, or write to it, over the full path of signed webhooks and media "
        "streams. Needs `make run` on this machine; reaches nobody."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        wires = parser.add_subparsers(dest="wire", required=True)
        call = wires.add_parser("call", help="call the agent's number")
        call.add_argument(
            "--wav", nargs="+", type=Path, default=[], metavar="FILE", help="what the caller says, one by one"
        )
        call.add_argument("--digits", default="", help="keys to press when all is said; w waits half a second")
        call.add_argument(
            "--interrupt-after", type=int, metavar="MS", help="say what follows so far into each answer, not after it"
        )
        call.add_argument("--out", type=Path, metavar="FILE", help="write what the caller heard")
        call.add_argument(
            "--transfer-answers",
            choices=("accept", "reject", "busy", "nobody"),
            default="",
            help="who is there when the caller is put through; the caller then stays on the line",
        )
        call.add_argument("--quiet-ms", type=int, default=1200, help="so much silence ends an answer")
        for parser_of in (call, wires.add_parser("sms", help="write a text message"), wires.add_parser("whatsapp")):
            self._add_common(parser_of)
            if parser_of is not call:
                parser_of.add_argument("--media", type=Path, metavar="FILE", help="goes with the first message")

    def _add_common(self, parser: ArgumentParser) -> None:
        parser.add_argument("--agent", required=True, metavar="SLUG")
        parser.add_argument("--workspace", default="", metavar="SLUG", help="needed when two workspaces share the slug")
        parser.add_argument(
            "--text", nargs="+", default=[], metavar="WORDS", help="what the person says or writes, one by one"
        )
        parser.add_argument("--from", dest="sender", default=SENDER, metavar="NUMBER", help="of the person, E.164")
        parser.add_argument(
            "--create", action="store_true", help="make a simulated account and channel if there is none"
        )
        parser.add_argument("--json", action="store_true", dest="as_json")

    def handle(self, **options: Any) -> None:
        if not settings.PARLEY_SIMULATORS:
            raise CommandError("Simulated accounts are off on this server; PARLEY_SIMULATORS=1 allows them.")
        agent = find_agent(options["agent"], options["workspace"])
        wire: Wire = options["wire"]
        stand_in = self._stand_in(agent, wire, create=options["create"])
        try:
            if wire == "call":
                asyncio.run(self._call(agent, stand_in, options))
            else:
                asyncio.run(self._write(stand_in, options))
        except (UnreadableWav, texting.NotTaken, OSError) as error:
            raise CommandError(_in_use(error)) from error
        except Unsealable as error:
            raise CommandError("The account's secrets cannot be read: is PARLEY_SECRET_KEY the server's?") from error

    def _stand_in(self, agent: Agent, wire: Wire, *, create: bool) -> StandIn:
        try:
            stand_in = find_or_make(agent, wire) if create else find(agent, wire)
            if create and wire == "call":
                # So that the agent can also write to the caller.
                find_or_make(agent, "sms")
        except NothingSimulated as error:
            raise CommandError(str(error)) from error
        if stand_in.made:
            self._tell(f"made      the channel “{stand_in.channel.name}”, {stand_in.channel.address}")
        return stand_in

    # --- a call ---------------------------------------------------------------------------------

    async def _call(self, agent: Agent, stand_in: StandIn, options: dict[str, Any]) -> None:
        await reachable()
        plan = TalkPlan(
            utterances=await self._utterances(options),
            digits=options["digits"],
            interrupt_ms=options["interrupt_after"],
            quiet_seconds=options["quiet_ms"] / 1000,
            stay_seconds=STAY_SECONDS if options["transfer_answers"] else 0.0,
        )
        twilio = await sync_to_async(twilio_of)(stand_in.account, port=simulator_port())
        async with twilio:
            await sync_to_async(add_channels)(twilio, stand_in.account)
            twilio.everybody_else(person_for(options["transfer_answers"] or "accept"))
            self._tell(f"calls     {stand_in.channel.address} as {options['sender']}")
            began = time.monotonic()
            async with twilio.calling(stand_in.channel.address, sender=options["sender"]) as phone:
                result = await talk(phone, plan, lambda text: self._tell(f"{time.monotonic() - began:6.1f} s  {text}"))
                record = phone.record
            said = await self._transcript(record)
            with suppress(TimeoutError):
                async with asyncio.timeout(CLOSE_SECONDS):
                    await twilio.settle()
        if options["out"]:
            write_wav(options["out"], AudioFrame.from_samples(record.heard(), RATE))
        self._report_call(twilio, record, result, said, as_json=options["as_json"])
        self._judge(record)

    async def _utterances(self, options: dict[str, Any]) -> list[tuple[str, Samples]]:
        found = [(path.name, read_wav(path, RATE)) for path in options["wav"]]
        for words in options["text"]:
            try:
                frame = await synthesize(
                    settings.PARLEY_WORKERS[0],
                    settings.PARLEY_WORKER_TOKEN,
                    words,
                    VoiceSpec("default", "default"),
                    rate=RATE,
                )
            except ParleyError as error:
                raise CommandError(
                    f"“{words}” could not be spoken: {error}. Does `make run` show a ready worker?"
                ) from error
            found.append((f"“{words}”", frame.samples))
        return found

    async def _transcript(self, record: CallRecord) -> list[tuple[str, str]]:
        """(role, text) as the server wrote it down, once it has closed the call's leg."""
        ends = time.monotonic() + CLOSE_SECONDS
        while time.monotonic() < ends:
            call = await PhoneCall.objects.select_related("leg").filter(provider_id=record.sid).afirst()
            if call is not None and call.leg is not None and call.leg.ended_at is not None:
                break
            await asyncio.sleep(0.2)
        return await sync_to_async(said_in)(record.sid)

    def _report_call(
        self, twilio: TwilioSimulator, record: CallRecord, result: Talk, said: list[tuple[str, str]], *, as_json: bool
    ) -> None:
        if as_json:
            self.stdout.write(json.dumps(call_as_json(twilio, record, result, said), indent=2, ensure_ascii=False))
            return
        self.stdout.write("")
        for role, text in said:
            self.stdout.write(f"{role:<9} {text}")
        for answer in result.answers:
            if answer.to and answer.after_ms is not None:
                self.stdout.write(f"answered  {answer.to} after {answer.after_ms:.0f} ms")
        for other in twilio.calls.values():
            if other is not record:
                self.stdout.write(f"call      to {other.to}: {other.status}")
        for message in twilio.messages.values():
            self.stdout.write(f"message   to {message.to}: {message.body} ({message.status})")
        for problem in record.problems:
            self.stderr.write(f"problem   {problem.code}: {problem.message}")

    def _judge(self, record: CallRecord) -> None:
        """Raises CommandError when it was no call."""
        first = record.hooks[0] if record.hooks else None
        if first is not None and not first.ok and not record.streams:
            raise CommandError(texting.refusal(first.status, first.url))
        if record.answered is None:
            raise CommandError(
                f"The call was not taken: {record.status}. All lines may be busy, or the channel is closed now."
            )
        refused = next((stream for stream in record.streams if stream.opened is None), None)
        if refused is not None and not any(stream.opened is not None for stream in record.streams):
            raise CommandError(
                "The media stream was not opened; the problem stands above and in the web process's log."
            )

    # --- messages -------------------------------------------------------------------------------

    async def _write(self, stand_in: StandIn, options: dict[str, Any]) -> None:
        await reachable()
        texts: list[str] = options["text"]
        media: Path | None = options["media"]
        if texting.is_meta(stand_in):
            async with texting.meta_texter(stand_in, options["sender"], simulator_port()) as texter:
                await self._correspond(texter, texts, media, as_json=options["as_json"])
            return
        twilio = await sync_to_async(twilio_of)(stand_in.account, port=simulator_port())
        async with twilio:
            await sync_to_async(add_channels)(twilio, stand_in.account)
            await self._correspond(
                texting.TwilioTexter(twilio, stand_in, options["sender"]), texts, media, as_json=options["as_json"]
            )
            with suppress(TimeoutError):
                async with asyncio.timeout(CLOSE_SECONDS):
                    await twilio.settle()

    async def _correspond(self, texter: texting.Texter, texts: list[str], media: Path | None, *, as_json: bool) -> None:
        """The texts one by one, or lines as they are typed."""
        exchanges: list[tuple[str, list[texting.Got]]] = []
        waiting = list(texts) or ([""] if media is not None else [])
        typed = not waiting
        while True:
            if typed:
                line = await asyncio.to_thread(_typed)
                if line is None:
                    break
                waiting = [line]
            if not waiting:
                break
            text = waiting.pop(0)
            if not typed:
                self._tell(f"> {text}" if text else f"> ({media.name if media else ''})")
            got = await texting.answers(texter, text, media)
            media = None
            exchanges.append((text, got))
            if not as_json:
                for each in got:
                    self.stdout.write("\n".join([each.text, *each.media]))
                if not got:
                    self.stderr.write("No answer came within a minute.")
        if as_json:
            self.stdout.write(json.dumps(messages_as_json(exchanges), indent=2, ensure_ascii=False))
        if any(not got for _, got in exchanges):
            raise CommandError("The agent did not answer. Does `make run` still show web, worker and tasks as ready?")

    def _tell(self, text: str) -> None:
        """Progress, beside the result."""
        self.stderr.write(text)
        self.stderr.flush()


async def reachable() -> None:
    """Raises CommandError when no server listens."""
    where = urlsplit(served_at())
    try:
        _, writer = await asyncio.open_connection(where.hostname, where.port)
    except OSError as error:
        raise CommandError(
            f"Nobody answers at {served_at()}. Start Parley with `make run` in another terminal."
        ) from error
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


def simulator_port() -> int:
    """Where the server looks for the simulator. Raises CommandError."""
    where = urlsplit(settings.PARLEY_SIMULATOR_URL)
    if where.hostname not in {"127.0.0.1", "localhost"} or where.port is None:
        raise CommandError(f"PARLEY_SIMULATOR_URL must be a port of this machine, not {settings.PARLEY_SIMULATOR_URL}.")
    return where.port


def _typed() -> str | None:
    """The next line that is not empty; None at the end of the input."""
    while line := sys.stdin.readline():
        if line.strip():
            return line.strip()
    return None


def _in_use(error: Exception) -> str:
    if isinstance(error, OSError) and not isinstance(error, FileNotFoundError):
        return (
            f"{error}. The simulator takes the port of PARLEY_SIMULATOR_URL: is another `manage.py simulate` running?"
        )
    return str(error)
