"""`manage.py simulate call|sms|whatsapp|booking`: be a carrier and a person, against a server that runs on this machine."""

from __future__ import annotations

import asyncio
import json
import time
from argparse import ArgumentParser
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.module_loading import import_string

from agents.models import Agent
from channels_io.management.commands.call import find_agent
from channels_io.models import PhoneCall
from channels_io.simulators import texting
from channels_io.simulators.booking_story import Story, tell_story
from channels_io.simulators.correspondence import converse
from channels_io.simulators.simulate_json import call_as_json, messages_as_json, said_in, story_as_json
from channels_io.simulators.stand_in import NothingSimulated, StandIn, Wire, find, find_or_make
from channels_io.simulators.story_call import NotUnderstood
from channels_io.simulators.terminal import InOrder, in_words, reachable, typed
from channels_io.simulators.twilio import CallRecord
from channels_io.simulators.twilio.ear import RATE
from channels_io.simulators.twilio.phone import CallOver
from channels_io.simulators.twilio.talk import Deed, Keys, Speak, Talk, TalkPlan, person_for, talk
from channels_io.simulators.wav import UnreadableWav, read_wav, write_wav
from channels_io.simulators.world import NoPort, World, world_of
from inference.audio import AudioFrame, Samples
from inference.client import synthesize
from inference.errors import ParleyError
from inference.spec import VoiceSpec
from parley.accounts.models import Workspace
from parley.lib.sealing import Unsealable

SENDER = "+353861234567"
WORKSPACE = "demo"
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
        call = wires.add_parser(
            "call",
            help="call the agent's number",
            description="--wav, --text, --digits and --interrupt-after happen in the order in which they stand here.",
        )
        deed: dict[str, Any] = {"action": InOrder, "dest": "deeds"}
        call.add_argument("--wav", nargs="+", metavar="FILE", help="what the caller says, one by one", **deed)
        call.add_argument(
            "--text", nargs="+", metavar="WORDS", help="the same, spoken by the server's own voice", **deed
        )
        call.add_argument("--digits", "--dtmf", metavar="KEYS", help="keys to press; w waits half a second", **deed)
        call.add_argument(
            "--interrupt-after",
            metavar="MS",
            help="what is said next is said so far into the answer before it, not after it",
            **deed,
        )
        call.add_argument("--out", type=Path, metavar="FILE", help="write what the caller heard")
        call.add_argument(
            "--transfer-answers",
            choices=("accept", "reject", "busy", "nobody"),
            default="",
            help="who is there when the caller is put through; the caller then stays on the line",
        )
        call.add_argument("--quiet-ms", type=int, default=1200, help="so much silence ends an answer")
        self._add_common(call)
        for name in ("sms", "whatsapp"):
            chat = wires.add_parser(name, help="write a message")
            self._add_common(chat)
            chat.add_argument("--text", nargs="+", default=[], metavar="WORDS", help="what is written, one by one")
            chat.add_argument("--media", type=Path, metavar="FILE", help="goes with the first message")
            if name == "whatsapp":
                chat.add_argument("--meta", action="store_true", help="straight from Meta, not over Twilio")
        story = wires.add_parser("booking", help="a whole story: call, SMS, transfer, WhatsApp; judged at the end")
        story.add_argument("--workspace", default=WORKSPACE, metavar="SLUG")
        story.add_argument(
            "--from", dest="sender", default="", metavar="NUMBER", help="of the person: +1 and 10 digits"
        )
        story.add_argument("--twilio", action="store_true", help="WhatsApp over Twilio, not straight from Meta")
        story.add_argument("--json", action="store_true", dest="as_json")

    def _add_common(self, parser: ArgumentParser) -> None:
        parser.add_argument("--agent", required=True, metavar="SLUG")
        parser.add_argument("--workspace", default="", metavar="SLUG", help="needed when two workspaces share the slug")
        parser.add_argument("--from", dest="sender", default=SENDER, metavar="NUMBER", help="of the person, E.164")
        parser.add_argument(
            "--create", action="store_true", help="make a simulated account and channel if there is none"
        )
        parser.add_argument("--json", action="store_true", dest="as_json")

    def handle(self, **options: Any) -> None:
        if not settings.PARLEY_SIMULATORS:
            raise CommandError("Simulated accounts are off on this server; PARLEY_SIMULATORS=1 allows them.")
        # By name, for it stands above us: what is made here is announced to the server's own broker.
        import_string("parley.celery.app").set_current()
        try:
            if options["wire"] == "booking":
                asyncio.run(self._story(options))
            else:
                asyncio.run(self._by_hand(options))
        except Unsealable as error:
            raise CommandError("The account's secrets cannot be read: is PARLEY_SECRET_KEY the server's?") from error
        except (UnreadableWav, texting.NotTaken, NothingSimulated, NoPort, OSError) as error:
            raise CommandError(in_words(error)) from error

    async def _by_hand(self, options: dict[str, Any]) -> None:
        await reachable()
        agent = await sync_to_async(find_agent)(options["agent"], options["workspace"])
        wire: Wire = options["wire"]
        stand_in = await sync_to_async(self._stand_in)(agent, wire, options)
        async with world_of(agent) as world:
            if wire == "call":
                await self._call(world, stand_in, options)
            else:
                texter = texting.texter_of(world, stand_in, options["sender"])
                await self._correspond(texter, options["text"], options["media"], as_json=options["as_json"])
                await self._settle(world)

    def _stand_in(self, agent: Agent, wire: Wire, options: dict[str, Any]) -> StandIn:
        """Raises NothingSimulated."""
        meta = bool(options.get("meta"))
        stand_in = (find_or_make if options["create"] else find)(agent, wire, meta=meta)
        if options["create"] and wire == "call":
            # So that the agent can also write to the caller.
            find_or_make(agent, "sms")
        if stand_in.made:
            self._tell(f"made      the channel “{stand_in.channel.name}”, {stand_in.channel.address}")
        return stand_in

    async def _settle(self, world: World) -> None:
        """Until what is on its way has arrived."""
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await world.twilio.settle()

    # --- a story --------------------------------------------------------------------------------

    async def _story(self, options: dict[str, Any]) -> None:
        await reachable()
        workspace = await Workspace.objects.filter(slug=options["workspace"]).afirst()
        if workspace is None:
            raise CommandError(f"There is no workspace {options['workspace']!r}.")
        began = time.monotonic()
        try:
            story = await tell_story(
                workspace,
                lambda text: self._tell(f"{time.monotonic() - began:6.1f} s  {text}"),
                caller=options["sender"],
                meta=not options["twilio"],
            )
        except (NotUnderstood, CallOver) as error:
            raise CommandError(str(error)) from error
        self._report_story(story, as_json=options["as_json"])
        if not story.right:
            raise CommandError("Not everything is as it should be; what is wrong stands above.")

    def _report_story(self, story: Story, *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(story_as_json(story), indent=2, ensure_ascii=False))
            return
        self.stdout.write("")
        for check in story.checks:
            found = f"  ({check.found})" if check.found else ""
            self.stdout.write(f"{'right' if check.right else 'WRONG'}  {check.what}{found}")
        for public_id in story.conversations:
            self.stdout.write(f"see    {settings.PARLEY_PUBLIC_URL}/conversations/{public_id}/")

    # --- a call ---------------------------------------------------------------------------------

    async def _call(self, world: World, stand_in: StandIn, options: dict[str, Any]) -> None:
        plan = TalkPlan(
            deeds=await self._deeds(options["deeds"] or []),
            quiet_seconds=options["quiet_ms"] / 1000,
            stay_seconds=STAY_SECONDS if options["transfer_answers"] else 0.0,
        )
        twilio = world.twilio
        twilio.everybody_else(person_for(options["transfer_answers"] or "accept"))
        self._tell(f"calls     {stand_in.channel.address} as {options['sender']}")
        began = time.monotonic()
        async with twilio.calling(stand_in.channel.address, sender=options["sender"]) as phone:
            result = await talk(phone, plan, lambda text: self._tell(f"{time.monotonic() - began:6.1f} s  {text}"))
            record = phone.record
        said = await self._transcript(record)
        await self._settle(world)
        if options["out"]:
            write_wav(options["out"], AudioFrame.from_samples(record.heard(), RATE))
        self._report_call(world, record, result, said, as_json=options["as_json"])
        self._judge(record)

    async def _deeds(self, given: Sequence[tuple[str, str]]) -> list[Deed]:
        """Raises UnreadableWav, CommandError."""
        deeds: list[Deed] = []
        into: int | None = None
        for what, value in given:
            match what:
                case "MS":
                    if not value.isascii() or not value.isdigit():
                        raise CommandError(f"--interrupt-after takes milliseconds, not {value!r}.")
                    into = int(value)
                    continue
                case "KEYS":
                    deeds.append(Keys(value))
                case "FILE":
                    deeds.append(Speak(Path(value).name, read_wav(Path(value), RATE), into))
                case _:
                    deeds.append(Speak(f"“{value}”", await self._spoken(value), into))
            into = None
        return deeds

    async def _spoken(self, words: str) -> Samples:
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
        return frame.samples

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
        self, world: World, record: CallRecord, result: Talk, said: list[tuple[str, str]], *, as_json: bool
    ) -> None:
        twilio = world.twilio
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
        for booked in world.clinic.booked:
            self.stdout.write(f"booked    {booked}")
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

    async def _correspond(self, texter: texting.Texter, texts: list[str], media: Path | None, *, as_json: bool) -> None:
        """The texts one by one, or lines as they are typed."""
        if not texts and media is None:
            answered = await converse(texter, partial(asyncio.to_thread, typed), self._show)
        else:
            answered = await self._write_all(texter, texts or [""], media, as_json=as_json)
        if not answered:
            raise CommandError("The agent did not answer. Does `make run` still show web, worker and tasks as ready?")

    async def _write_all(self, texter: texting.Texter, texts: list[str], media: Path | None, *, as_json: bool) -> bool:
        """Whether each was answered."""
        exchanges: list[tuple[str, list[texting.Got]]] = []
        for text in texts:
            self._tell(f"> {text}" if text else f"> ({media.name if media else ''})")
            got = await texting.answers(texter, text, media)
            media = None
            exchanges.append((text, got))
            if not as_json:
                for each in got:
                    self._show(each)
                if not got:
                    self.stderr.write("No answer came within a minute.")
        if as_json:
            self.stdout.write(json.dumps(messages_as_json(exchanges), indent=2, ensure_ascii=False))
        return all(got for _, got in exchanges)

    def _show(self, got: texting.Got) -> None:
        self.stdout.write("\n".join([got.text, *got.media]))
        self.stdout.flush()

    def _tell(self, text: str) -> None:
        """Progress, beside the result."""
        self.stderr.write(text)
        self.stderr.flush()
