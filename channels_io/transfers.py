"""`parley.transfer`: a person is called while the caller hears it ring, and the caller is put through once they take it.

The person's call is a row like any other; what they do with it is told by webhooks, in whichever process, and read from the
row. Until both are together the caller's stream stays open: when nobody takes it the flow goes on over "failure".
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Final, ParamSpec, TypeVar

import msgspec
from channels.db import database_sync_to_async
from django.core.exceptions import ValidationError
from django.db import connections, transaction
from django.utils import timezone

from agents.tools.answer import ToolAnswer, failure
from channels_io.actions.report_call import report_call
from channels_io.call_settings import CallSettings
from channels_io.call_states import TOGETHER, is_over
from channels_io.end_reasons import EndReason
from channels_io.guards.ask import ask
from channels_io.guards.errors import NotAllowed
from channels_io.handoffs import ask_team
from channels_io.live.own_tools import OwnCall
from channels_io.live.tool_names import nodes_of
from channels_io.models import Channel, PhoneCall, Spending
from channels_io.phone_numbers import clean_number
from channels_io.registry import UnknownKind, dialer_of
from channels_io.sanitize import clean_text
from channels_io.telephony import CallReport, Dialer, DialFailed
from inference.nodes import TransferNode
from inference.spec import AgentSpec

logger = logging.getLogger(__name__)

LOOK_SECONDS: Final = 0.25
"""Between two looks at the row of the person's call."""
DIAL_SECONDS: Final = 5.0
DECIDE_SECONDS: Final = 22.0
"""For a person who hears the briefing first: it, the question, and an answer."""
LONGEST: Final = 55.0
"""All of it: the tool's own limit lies above."""
MAX_BRIEFING: Final = 1_000
REASONS: Final = {
    "busy": "The line is busy.",
    "no_answer": "Nobody answered.",
    "rejected": "The person cannot take the call.",
    "failed": "The number could not be called.",
    "canceled": "Nobody took the call in time.",
}

P = ParamSpec("P")
Result = TypeVar("Result")

_loose: set[asyncio.Task[None]] = set()
"""Calls that are ended after their session has gone. The event loop itself keeps only weak references."""


class _No(Exception):
    """It cannot be done, and why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class _Calls:
    caller: PhoneCall
    person: PhoneCall
    dialer: Dialer
    seconds: float
    """How long the person has, from now on."""


async def transfer(call: OwnCall) -> ToolAnswer:
    """Arguments: target (a number or a name, see `allowed_number`), briefing, mode ("cold", "warm"); to a team as `ask_team`."""
    if call.arguments.get("to") == "team":
        return await ask_team(call)
    try:
        calls: _Calls = await database_sync_to_async(_prepared)(call)
    except _No as refusal:
        return failure(refusal.code, refusal.message)
    await call.line.ring(on=True)
    try:
        outcome = await _called(calls)
        if outcome in TOGETHER:
            call.line.leave(EndReason.TRANSFERRED)
            if outcome == "accepted" and await database_sync_to_async(_connect_once)(calls.person):
                _keep(_put_through(calls))
            return ToolAnswer(ok=True, result=msgspec.json.encode({"transferred": True}).decode())
    except asyncio.CancelledError:  # The caller has hung up: nobody may answer into silence.
        _keep(_give_up(calls))
        raise
    finally:
        await call.line.ring(on=False)
    _keep(_give_up(calls))
    return failure(outcome, REASONS.get(outcome, REASONS["failed"]))


def allowed_number(spec: AgentSpec, wishes: CallSettings, target: str) -> str:
    """The number that `target` stands for; "" when nobody who builds the agent has named it.

    Allowed are the channel's people, by name or number, and numbers that stand in a transfer node itself. A number that a
    flow filled in, and a caller may have said, is none of these (T12).
    """
    target = target.strip()
    by_name = {name.casefold(): number for name, number in wishes.people.items()}
    if target.casefold() in by_name:
        return by_name[target.casefold()]
    number = _number(target)
    written = {
        _number(node.target)
        for node in nodes_of(spec.flow)
        if isinstance(node, TransferNode) and node.to == "number" and "{{" not in node.target
    }
    return number if number and number in {*wishes.people.values(), *written} else ""


# --- the rows -----------------------------------------------------------------------------------


def _prepared(call: OwnCall) -> _Calls:
    """Raises _No."""
    rows = PhoneCall.objects.select_related("channel__account__workspace", "channel__agent", "channel__workspace")
    caller = rows.filter(leg__public_id=call.facts.leg, ended_at=None).exclude(provider_id="").first()
    if caller is None or caller.channel is None:
        raise _No("not_a_call", "Only a telephone call can be put through.")
    channel = caller.channel
    wishes = CallSettings.of(channel.settings)
    number = allowed_number(call.spec, wishes, str(call.arguments.get("target", "")))
    if not number:
        raise _No("target_unknown", "This is none of the people whom callers may be put through to.")
    try:
        dialer = dialer_of(channel)
    except (UnknownKind, LookupError) as error:
        raise _No("not_a_call", "This line puts nobody through.") from error
    person = _person(call, caller, channel, number)
    warm = person.plan["mode"] == "warm"
    seconds = min(LONGEST, DIAL_SECONDS + wishes.ring_seconds + (DECIDE_SECONDS if warm else 0.0))
    return _Calls(caller, person, dialer, seconds)


def _person(call: OwnCall, caller: PhoneCall, channel: Channel, number: str) -> PhoneCall:
    """The row of the call to them, planned and paid for; the same when the same is asked again."""
    key = f"transfer:{call.facts.leg}:{call.call}"
    known = PhoneCall.objects.filter(workspace=channel.workspace, key=key).first()
    if known is not None:
        return known
    longest = CallSettings.of(channel.settings).call_minutes * 60
    try:
        ask(
            channel.workspace,
            Spending.What.CALL,
            number,
            key=key,
            channel=channel,
            agent=channel.agent,
            seconds=longest,
        )
    except NotAllowed as refusal:
        raise _No(refusal.code, "This call is not allowed at the moment.") from refusal
    mode = "warm" if call.arguments.get("mode") == "warm" else "cold"
    return PhoneCall.objects.create(
        workspace=channel.workspace,
        channel=channel,
        parent=caller,
        conversation=caller.conversation,
        direction=PhoneCall.Direction.TRANSFER,
        key=key,
        remote=number,
        plan={
            "mode": mode,
            "briefing": clean_text(str(call.arguments.get("briefing", "")), MAX_BRIEFING).strip(),
            "language": call.spec.language,
        },
    )


def _connect_once(person: PhoneCall) -> bool:
    """Whether it is this run that brings the caller: what was asked twice is done once."""
    return bool(PhoneCall.objects.filter(pk=person.pk, result="accepted").update(result="connected"))


def _cancel(person: PhoneCall) -> bool:
    """Nobody takes it any more; False when somebody has."""
    with transaction.atomic():
        locked = PhoneCall.objects.select_for_update(of=("self",)).get(pk=person.pk)
        if locked.result in TOGETHER:
            return False
        locked.result = locked.result or "canceled"
        locked.save(update_fields=["result", "updated_at"])
    return True


def _now(person: PhoneCall) -> str:
    """How it stands: "" while it is open."""
    row = PhoneCall.objects.only("result", "status").get(pk=person.pk)
    if row.result in (*TOGETHER, "rejected", "canceled"):
        return row.result
    if not is_over(row.status):
        return ""
    # Answered, and no yes: they hung up instead.
    return row.result if row.result in REASONS else "rejected"


# --- the calls ----------------------------------------------------------------------------------


async def _called(calls: _Calls) -> str:
    """A word of TOGETHER or REASONS."""
    if calls.person.status == PhoneCall.Status.PLANNED and not await _apart(_dial, calls):
        return "failed"
    look = database_sync_to_async(_now)
    try:
        async with asyncio.timeout(calls.seconds):
            while not (outcome := await look(calls.person)):  # noqa: ASYNC110 -- another process writes it
                await asyncio.sleep(LOOK_SECONDS)
    except TimeoutError:
        return "accepted" if not await database_sync_to_async(_cancel)(calls.person) else "canceled"
    return str(outcome)


def _dial(calls: _Calls) -> bool:
    """In a thread of its own. No second try: the caller waits."""
    person = calls.person
    # Noted first: one whose dialing had no answer may ring all the same, and learns its id from the webhook.
    PhoneCall.objects.filter(pk=person.pk).update(unsure=True, started_at=timezone.now())
    try:
        provider_id = calls.dialer.dial(person)
    except DialFailed as error:
        logger.warning("Call %s to a person was not placed: %s.", person.public_id, error.code)
        if error.verdict != "unknown":
            report_call(person, CallReport(status=PhoneCall.Status.FAILED, error_code=error.code))
            return False
        return True
    PhoneCall.objects.filter(pk=person.pk, provider_id="").update(provider_id=provider_id)
    report_call(person, CallReport(status=PhoneCall.Status.QUEUED))
    return True


async def _put_through(calls: _Calls) -> None:
    """After the tool's answer is on its way: the stream ends with this. If it fails, the stream's own end does it."""
    try:
        await _apart(calls.dialer.put_through, calls.caller, calls.person)
    except DialFailed as error:
        logger.warning("Call %s could not be put through at once: %s.", calls.caller.public_id, error.code)


async def _give_up(calls: _Calls) -> None:
    if await database_sync_to_async(_cancel)(calls.person):
        await _apart(_hang_up, calls)


def _hang_up(calls: _Calls) -> None:
    person = PhoneCall.objects.get(pk=calls.person.pk)
    if is_over(person.status):
        return
    try:
        provider_id = person.provider_id or (calls.dialer.look_up(person) if person.unsure else "")
        if provider_id:
            person.provider_id = provider_id
            PhoneCall.objects.filter(pk=person.pk).update(provider_id=provider_id)
            calls.dialer.hang_up(person)
    except DialFailed as error:
        logger.warning("Call %s to a person could not be ended: %s.", person.public_id, error.code)
    report_call(person, CallReport(status=PhoneCall.Status.CANCELED))


async def _apart(work: Callable[P, Result], *args: P.args, **kwargs: P.kwargs) -> Result:
    """In a thread of its own: a provider may take seconds, and the one that all rows go through must not wait for it."""

    def run() -> Result:
        try:
            return work(*args, **kwargs)
        finally:
            connections.close_all()

    return await asyncio.to_thread(run)


def _keep(work: Coroutine[Any, Any, None]) -> None:
    task = asyncio.create_task(work)
    _loose.add(task)
    task.add_done_callback(_loose.discard)


def _number(text: str) -> str:
    try:
        return clean_number(text)
    except ValidationError:
        return ""
