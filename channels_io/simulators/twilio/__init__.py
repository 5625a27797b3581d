"""Twilio, played on this machine: its REST API, its signed webhooks, its TwiML, its Media Streams, and the people on the line.

One loopback port. It reaches this machine only, and keeps a record of all that happened; tests judge by the records.

    async with TwilioSimulator() as twilio:
        twilio.add_number("+15550100000", voice_url=f"{public}/hooks/twilio_voice/ch_1/voice/")
        record = await twilio.call("+15550100000", sender="+353861234567", audio=[question])
        assert record.status == "completed"

The REST API (`twilio.url`, Basic auth `account_sid`:`auth_token` or `api_key`:`api_secret`) serves Accounts, Balance, Calls,
Recordings, Messages, Media, Conferences, Participants, Queues, IncomingPhoneNumbers, and Content for WhatsApp templates;
`twilio.client()` is the real `twilio` client pointed at it.

- Who is called: `twilio.add_person(number, Person(...))`; unknown numbers answer at once and listen.
- Who calls and is steered step by step: `async with twilio.calling(...) as phone`, then `phone.listen()`, `.say(samples)`,
  `.press("1")`, `.into(seconds)`, `.hang_up()`.
- Messages in: `twilio.sms(...)`, `twilio.whatsapp(...)`; messages out: `twilio.sent_to(number)`.
- A public URL that is not where the process listens: `reach={"https://parley.example": "http://127.0.0.1:8000"}`. It signs
  the public one and connects to the other, for webhooks and media sockets alike.
- Faults: `faults=Faults(seed=1, duplicate=0.3, swap=0.1)`, or for the next occasion only `twilio.force("accept_then_time_out")`.
- Records: `twilio.calls`, `.messages`, `.hooks` (each webhook with its attempts), `.requests` (each REST request), `.faulted`;
  `await twilio.settle()` when every callback on its way has arrived; `await twilio.wait_for(condition)`.

Files: `twiml.py` (parser), `playout.py` and `ear.py` (what sounds when), `overrides.py`, `faults.py`, `segments.py` are pure;
`hooks.py` calls webhooks, `conductor.py` walks a call through TwiML (`verbs.py`, `dialing.py`, `stream.py`, `rooms.py`),
`exchange.py` places and takes calls, `message_centre.py` carries messages, `rest/` is the API, `simulator.py` joins them.
"""

from __future__ import annotations

from channels_io.simulators.twilio.client import twilio_client
from channels_io.simulators.twilio.exchange import Pace
from channels_io.simulators.twilio.faults import Faults
from channels_io.simulators.twilio.people import HangUp, Into, Listen, Person, Press, Say, Step, Wait
from channels_io.simulators.twilio.phone import Phone
from channels_io.simulators.twilio.records import (
    Attempt,
    CallRecord,
    HookRecord,
    MarkRecord,
    MessageRecord,
    Problem,
    RecordingRecord,
    RestRecord,
    SpokenRecord,
    StreamRecord,
    VerbRecord,
)
from channels_io.simulators.twilio.signing import sign, signed_headers
from channels_io.simulators.twilio.simulator import TwilioSimulator
from channels_io.simulators.twilio.templates import Template
from channels_io.simulators.twilio.world import Number

__all__ = [
    "Attempt",
    "CallRecord",
    "Faults",
    "HangUp",
    "HookRecord",
    "Into",
    "Listen",
    "MarkRecord",
    "MessageRecord",
    "Number",
    "Pace",
    "Person",
    "Phone",
    "Press",
    "Problem",
    "RecordingRecord",
    "RestRecord",
    "Say",
    "SpokenRecord",
    "Step",
    "StreamRecord",
    "Template",
    "TwilioSimulator",
    "VerbRecord",
    "Wait",
    "sign",
    "signed_headers",
    "twilio_client",
]
