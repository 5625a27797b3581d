"""The verbs that bring telephones together: <Dial> to numbers, conferences and queues, and <Enqueue>."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from channels_io.simulators.twilio.conference import conference_of
from channels_io.simulators.twilio.orders import orders_of
from channels_io.simulators.twilio.phone import Phone, bridge, now
from channels_io.simulators.twilio.rooms import Member, Waiting
from channels_io.simulators.twilio.twiml import Verb

if TYPE_CHECKING:
    from channels_io.simulators.twilio.conductor import Conductor, Next
    from channels_io.simulators.twilio.media import Frame

RING_SECONDS = 30.0
LONGEST = 4 * 3600.0
EMPTY_DOCUMENT_SECONDS = 1.0
"""Wait music that plays nothing is not asked for more often than this."""


async def dial(conductor: Conductor, verb: Verb) -> Next:
    room, queue = verb.child("Conference"), verb.child("Queue")
    if room is not None:
        return await _confer(conductor, verb, room)
    if queue is not None:
        return await _from_queue(conductor, verb, queue)
    targets = [child for child in verb.children if child.name in {"Number", "Client", "Sip"}]
    if not targets and verb.text:
        targets = [Verb("Number", text=verb.text)]
    if not targets:
        conductor.problem(13221, "<Dial> dials nobody.")
        return None
    return await _dial_numbers(conductor, verb, targets)


async def _dial_numbers(conductor: Conductor, verb: Verb, targets: list[Verb]) -> Next:
    exchange, parent = conductor.exchange, conductor.phone
    sender = verb.get("callerId") or parent.record.sender
    timeout = verb.number("timeout", RING_SECONDS)
    children = {}
    for target in targets:
        orders = orders_of(conductor, target, timeout)
        child = exchange.open("outbound-dial", sender, target.text, parent=parent.record.sid, orders=orders)
        children[child] = target
    conductor.phone.record.reached("Dial")[-1].data["sids"] = " ".join(child.record.sid for child in children)
    ringing = [asyncio.get_running_loop().create_task(exchange.ring(child)) for child in children]
    winner: Phone | None = None
    try:
        winner = await _first_answer(list(children), timeout)
        for child in children:
            if child is not winner:
                child.end("dial", "canceled" if winner else "no-answer")
        result = await _talk(conductor, verb, winner, children[winner]) if winner else _nobody(list(children))
    finally:
        for task in ringing:
            task.cancel()
        await asyncio.gather(*ringing, return_exceptions=True)
        for child in children:
            if not exchange.conductor_of(child).left.is_set():
                child.end("dial", "completed" if child.answered.is_set() else "canceled")
    conductor.phone.record.reached("Dial")[-1].data.update(result)
    return conductor.action(verb, result)


async def _first_answer(children: list[Phone], timeout: float) -> Phone | None:
    ends = now() + timeout
    while now() < ends and not all(child.over.is_set() for child in children):
        for child in children:
            if child.answered.is_set() and not child.over.is_set():
                return child
        await asyncio.sleep(0.02)
    return next((child for child in children if child.answered.is_set() and not child.over.is_set()), None)


def _nobody(children: list[Phone]) -> dict[str, str]:
    child = children[-1]
    status = child.record.status if child.record.status in {"busy", "failed"} else "no-answer"
    return {"DialCallStatus": status, "DialCallSid": child.record.sid, "DialBridged": "false"}


async def _talk(conductor: Conductor, verb: Verb, child: Phone, target: Verb) -> dict[str, str]:
    """Whisper to the one who picked up, then bridge both until one is gone."""
    exchange, parent = conductor.exchange, conductor.phone
    result = {"DialCallSid": child.record.sid}
    called = exchange.conductor_of(child)
    if target.get("url"):
        await called.whisper(conductor.absolute(target.get("url")), target.get("method", "POST"))
        if child.over.is_set():
            # Whoever hangs up instead of accepting counts as not reached.
            return {**result, "DialCallStatus": "no-answer", "DialBridged": "false"}
    exchange.answer(parent)
    began = now()
    kept = None
    if verb.get("record", "do-not-record") not in {"do-not-record", "false"}:
        kept = exchange.recorder.begin(parent, channels=2 if "dual" in verb.get("record") else 1, source="DialVerb")
    part = bridge(parent, child)
    try:
        await _until_parted(conductor, verb, child, called.left)
    finally:
        part()
        if kept is not None:
            exchange.recorder.finish(kept, parent)
            told = verb.get("recordingStatusCallback")
            exchange.recorder.report(parent, kept, conductor.absolute(told) if told else "")
    if kept is not None:
        result |= {"RecordingSid": kept.sid, "RecordingUrl": exchange.recorder.url(kept)}
    return {
        **result,
        "DialCallStatus": "completed",
        "DialCallDuration": str(max(1, round(now() - began))),
        "DialBridged": "true",
    }


class _Star:
    """Hears * on the caller's line (hangupOnStar)."""

    def __init__(self) -> None:
        self.pressed = asyncio.Event()

    async def sound(self, frame: Frame, due: float) -> None:
        """Only the key is wanted."""

    async def key(self, digit: str) -> None:
        if digit == "*":
            self.pressed.set()


async def _until_parted(conductor: Conductor, verb: Verb, other: Phone, left: asyncio.Event) -> None:
    star = _Star()
    if verb.flag("hangupOnStar"):
        conductor.phone.taps.append(star)
    loop = asyncio.get_running_loop()
    waits = [loop.create_task(event.wait()) for event in (other.over, left, star.pressed)]
    try:
        await asyncio.wait(waits, timeout=verb.number("timeLimit", LONGEST), return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
        if star in conductor.phone.taps:
            conductor.phone.taps.remove(star)


async def _confer(conductor: Conductor, verb: Verb, wanted: Verb) -> Next:
    phone = conductor.phone
    member = Member(
        phone,
        muted=wanted.flag("muted"),
        starts=wanted.flag("startConferenceOnEnter", default=True),
        ends=wanted.flag("endConferenceOnExit"),
        coaching=wanted.get("coach"),
        label=wanted.get("participantLabel"),
    )
    room = conference_of(conductor, wanted)
    room.join(member)
    music = asyncio.get_running_loop().create_task(_conference_music(conductor, wanted, member))
    try:
        await _until_parted(conductor, verb, phone, member.gone)
    finally:
        music.cancel()
        with suppress(asyncio.CancelledError):
            await music
        room.leave(member)
    return conductor.action(verb, {"DialCallStatus": "answered", "DialBridged": "true"})


async def _conference_music(conductor: Conductor, wanted: Verb, member: Member) -> None:
    """What is heard before the conference has begun. Without `waitUrl` it is silence here."""
    url = wanted.get("waitUrl")
    while url and member.room is not None and not member.room.started:
        await _music(conductor, url, wanted.get("waitMethod", "POST"), {})


async def _music(conductor: Conductor, url: str, method: str, params: dict[str, str]) -> bool:
    """One round of the wait document. True when it says to leave."""
    began = now()
    left = await conductor.aside(url, method, params)
    if not left and now() - began < EMPTY_DOCUMENT_SECONDS:
        await asyncio.sleep(EMPTY_DOCUMENT_SECONDS)
    return left


async def _from_queue(conductor: Conductor, verb: Verb, wanted: Verb) -> Next:
    """Talk to whoever has waited longest in the queue."""
    queue = conductor.exchange.queue(wanted.text)
    if not queue.waiting:
        return conductor.action(verb, {"DialCallStatus": "no-answer", "DialBridged": "false"})
    waiting = queue.waiting.pop(0)
    waiting.called.set_result(conductor.phone)
    part = bridge(conductor.phone, waiting.phone)
    began = now()
    try:
        await _until_parted(conductor, verb, waiting.phone, asyncio.Event())
    finally:
        part()
        waiting.parted.set()
    return conductor.action(
        verb,
        {
            "DialCallStatus": "completed",
            "DialCallSid": waiting.phone.record.sid,
            "DialCallDuration": str(round(now() - began)),
            "DialBridged": "true",
        },
    )


async def enqueue(conductor: Conductor, verb: Verb) -> Next:
    """Waits with music until somebody dials the queue, the document says <Leave>, or the call is steered elsewhere."""
    queue = conductor.exchange.queue(verb.text or verb.get("workflowSid"))
    waiting = Waiting(conductor.phone, asyncio.get_running_loop().create_future(), now())
    queue.waiting.append(waiting)
    params = {
        "QueueSid": queue.sid,
        "QueuePosition": str(len(queue.waiting)),
        "CurrentQueueSize": str(len(queue.waiting)),
    }
    music = asyncio.get_running_loop().create_task(_queue_music(conductor, verb, params))
    try:
        either: set[asyncio.Future[Any]] = {waiting.called, music}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        result = "bridged" if waiting.called.done() else "leave"
        music.cancel()
        if result == "bridged":
            await waiting.parted.wait()
    finally:
        music.cancel()
        with suppress(asyncio.CancelledError):
            await music
        if waiting in queue.waiting:
            queue.waiting.remove(waiting)
    told = {"QueueResult": result, "QueueSid": queue.sid, "QueueTime": str(round(now() - waiting.since))}
    return conductor.action(verb, told)


async def _queue_music(conductor: Conductor, verb: Verb, params: dict[str, str]) -> None:
    """Returns when the document says to leave."""
    url = verb.get("waitUrl")
    if not url:
        await asyncio.Event().wait()
    while not await _music(conductor, url, verb.get("waitUrlMethod", "POST"), params):
        pass
