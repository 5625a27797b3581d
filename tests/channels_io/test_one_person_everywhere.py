"""One person, one conversation: the dental template by telephone, with its SMS, a person who takes over, and WhatsApp.

Simulated Twilio, the real web application, a real worker process on fake engines, PostgreSQL, and a calendar over HTTP.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from agents.templates import template_content
from channels_io.models import Contact, Conversation, Event, Leg, OutboundMessage, PhoneCall, Turn
from channels_io.simulators.twilio import Person, Phone, Press, Wait
from parley.accounts.models import User, Workspace
from tests.support.celery_by_hand import HandCelery, celery_by_hand
from tests.support.telephone import CALLER, NUMBER, PERSON
from tests.support.town import Town, get, speech, town, until, verbs, working_worker

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]

SMS_NUMBER = "+15550100001"
WHATSAPP_NUMBER = "+15550100002"
EXAMPLE = "https://api.smile-dental.example"
DAY = date.today() + timedelta(days=9)
ON_THAT_DAY = f"On {DAY:%B} {DAY.day}."
KEYS = "0861234567#"
"""CALLER as they would dial it at home."""


class Calendar(ThreadingHTTPServer):
    """Smile Dental's own server: every hour is free, and each appointment gets a number."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Desk)
        self.looked_up: list[dict[str, str]] = []
        self.booked: list[dict[str, str]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Desk(BaseHTTPRequestHandler):
    server: Calendar

    def do_GET(self) -> None:
        query = parse_qs(urlsplit(self.path).query)
        self.server.looked_up.append({name: values[0] for name, values in query.items()})
        self._answer({"free": True, "alternative": ""})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.booked.append(json.loads(body))
        self._answer({"number": f"A-{len(self.server.booked)}"})

    def _answer(self, content: dict[str, Any]) -> None:
        data = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        return


@pytest.fixture
def calendar(settings: Any) -> Iterator[Calendar]:
    with Calendar() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        settings.PARLEY_EGRESS_ALLOW = [f"127.0.0.1:{server.server_port}"]
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def celery(monkeypatch: pytest.MonkeyPatch) -> Iterator[HandCelery]:
    with celery_by_hand(monkeypatch) as hand:
        yield hand


def dental(calendar: Calendar) -> dict[str, Any]:
    """The template, but for its addresses and that the front desk is told who calls before it takes the call."""
    content: dict[str, Any] = json.loads(json.dumps(template_content("dental_booking")).replace(EXAMPLE, calendar.url))
    (person,) = [node for node in content["flow"]["nodes"] if node["kind"] == "transfer"]
    person["values"]["mode"] = "warm"
    return content


async def asked(phone: Phone, question: str) -> None:
    """The caller has heard it, and it is their turn."""
    await until(lambda: Turn.objects.filter(role="agent", text__contains=question).first())
    while phone.sounding():  # noqa: ASYNC110 -- the simulator's clock, not an event
        await asyncio.sleep(0.05)


async def say_when(phone: Phone, question: str) -> None:
    await asked(phone, question)
    await phone.say(speech())


async def written(place: Town, text: str, answer: str) -> str:
    """WhatsApp: `text` is sent; the message with `answer` in it that comes back."""
    before = len(place.twilio.sent_to(f"whatsapp:{CALLER}"))
    await place.twilio.whatsapp(text, sender=CALLER, to=WHATSAPP_NUMBER, name="Ann")
    await place.twilio.wait_for(
        lambda: any(answer in found.body for found in place.twilio.sent_to(f"whatsapp:{CALLER}")[before:]), 20
    )
    return "\n".join(found.body for found in place.twilio.sent_to(f"whatsapp:{CALLER}")[before:])


def said() -> list[tuple[str, str]]:
    return list(Turn.objects.order_by("leg_id", "number", "-role").values_list("role", "text"))


async def test_a_booking_by_telephone(
    acme: Workspace,
    alice: User,
    client_of: Callable[[User], Client],
    settings: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    calendar: Calendar,
    celery: HandCelery,
) -> None:
    lines = (
        "I would like to make an appointment.",
        "A cleaning, please.",
        ON_THAT_DAY,
        "At ten in the morning.",
        "My name is Ann Miller.",
        "Yes, that is right.",
        "I want to speak to a person, please.",
    )
    wishes = {"people": {"Front desk": PERSON}}
    with working_worker(tmp_path, settings, monkeypatch, *lines):
        async with town(acme, settings, dental(calendar), wishes) as place:
            await get(lambda: place.messages_on(SMS_NUMBER))
            place.twilio.add_person(PERSON, Person(script=(Wait(0.5), Press("1"), Wait(1.0))))
            async with place.twilio.calling(NUMBER, sender=CALLER) as phone:
                await say_when(phone, "How can I help?")
                await phone.into(1.0)  # "What is it for: a check-up, ..."
                await phone.say(speech())
                await say_when(phone, "Which day suits you?")
                await say_when(phone, "At what time?")
                await say_when(phone, "What is your name?")
                await asked(phone, "And your phone number?")
                await phone.press(KEYS)
                await say_when(phone, "Is that right?")
                await say_when(phone, "I have sent you a message.")
                await place.twilio.wait_for(lambda: "Dial" in verbs(phone.record), 30)
                (theirs,) = place.twilio.calls_to(PERSON)
                await place.twilio.wait_for(lambda: "Dial" in verbs(theirs), 20)
                leg = await until(lambda: Leg.objects.exclude(ended_at=None).first())
            await until(lambda: OutboundMessage.objects.filter(state="delivered").first())
        conversation = await get(Conversation.objects.get)
        record = await get(lambda: list(Event.objects.order_by("pk").values_list("kind", "data")))
        turns = await get(said)
        message = await get(OutboundMessage.objects.get)
        calls = await get(lambda: list(PhoneCall.objects.order_by("pk")))

    assert phone.record.problems == []
    assert phone.record.streams[0].clears, "the caller spoke into the question, and it fell silent"
    booking = {"name": "Ann Miller", "phone": CALLER, "reason": "cleaning", "day": DAY.isoformat(), "time": "10:00"}
    assert calendar.looked_up == [{"day": booking["day"], "time": booking["time"]}]
    assert calendar.booked == [booking]

    (sms,) = place.twilio.sent_to(CALLER)
    assert sms.body.startswith("Smile Dental, 12 Garden Street: cleaning on ")
    assert [hook.params["MessageStatus"] for hook in sms.hooks if hook.ok] == ["sent", "delivered"]
    assert (message.state, message.provider_id, message.conversation_id) == ("delivered", sms.sid, conversation.pk)
    assert "deliver_messages" in celery.ran

    assert leg.end_reason == "transferred"
    inbound, person = calls
    assert [(call.direction, call.conversation_id) for call in calls] == [
        ("inbound", conversation.pk),
        ("transfer", conversation.pk),
    ]
    assert (person.parent_id, person.remote, person.result) == (inbound.pk, PERSON, "connected")
    assert "Ann Miller asked for a person. Wanted: cleaning on " in " ".join(theirs.documents)

    caller = [text for role, text in turns if role == "caller"]
    assert caller == [*lines[:5], KEYS, *lines[5:]]
    kinds = [kind for kind, _ in record]
    assert "interrupted" in kinds
    assert kinds.count("dtmf") == len(KEYS)
    assert [(data["name"], data["ok"]) for kind, data in record if kind == "tool_result"] == [
        ("node:look_up", True),
        ("node:book", True),
        ("parley.send", True),
        ("parley.transfer", True),
    ]
    contact = await get(Contact.objects.get)
    assert conversation.contact_id == contact.pk
    page = await get(
        lambda: client_of(alice).get(f"/conversations/{conversation.public_id}/?tab=record").content.decode()
    )
    assert page.count("cd-deliveries") == 1, "and so one sees in the record that the message arrived"
    assert "done_all" in page


async def test_a_call_that_broke_off_goes_on_by_whatsapp(
    acme: Workspace,
    settings: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    calendar: Calendar,
    celery: HandCelery,
) -> None:
    lines = ("I would like to make an appointment.", "A cleaning, please.", ON_THAT_DAY)
    with working_worker(tmp_path, settings, monkeypatch, *lines):
        async with town(acme, settings, dental(calendar), {}) as place:
            await get(lambda: place.messages_on(SMS_NUMBER))
            await get(lambda: place.messages_on(f"whatsapp:{WHATSAPP_NUMBER}"))
            async with place.twilio.calling(NUMBER, sender=CALLER) as phone:
                await say_when(phone, "How can I help?")
                await say_when(phone, "What is it for")
                await say_when(phone, "Which day suits you?")
                await asked(phone, "At what time?")
            broken = await until(lambda: Leg.objects.exclude(ended_at=None).first())
            conversation = await get(Conversation.objects.get)
            assert (broken.end_reason, conversation.state["flow"]["node"]) == ("hangup", "booking")

            greeted = await written(place, "At ten in the morning", "What is your name?")
            assert "What is it for" not in greeted and "Which day" not in greeted, "it knows"
            await written(place, "Ann Miller", "And your phone number?")
            await written(place, KEYS.removesuffix("#"), "Is that right?")
            await written(place, "Yes", "You are booked for")
            await until(lambda: not OutboundMessage.objects.exclude(state__in=("delivered", "read")).exists())
        legs = await get(lambda: list(Leg.objects.order_by("pk").values_list("kind", "conversation_id")))
        turns = await get(said)
        contact = await get(Contact.objects.get)
        identities = await get(lambda: set(contact.identities.values_list("kind", "value")))

    assert legs[0] == ("twilio_voice", conversation.pk)
    assert set(legs[1:]) == {("twilio_messaging", conversation.pk)}
    assert identities == {("phone", CALLER)}
    assert [text for role, text in turns if role == "caller"] == [
        *lines,
        "At ten in the morning",
        "Ann Miller",
        KEYS.removesuffix("#"),
        "Yes",
    ]
    assert calendar.booked == [
        {"name": "Ann Miller", "phone": CALLER, "reason": "cleaning", "day": DAY.isoformat(), "time": "10:00"}
    ]
    (sms,) = [found for found in place.twilio.sent_to(CALLER) if found.sender == SMS_NUMBER]
    assert sms.status == "delivered"
