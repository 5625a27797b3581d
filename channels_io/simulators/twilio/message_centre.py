"""Messages both ways: SMS and WhatsApp in by webhook, out by the API, with statuses, opt-outs and WhatsApp's 24 hours."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from channels_io.simulators.twilio.conductor import API_VERSION
from channels_io.simulators.twilio.errors import DELIVERY, RestError
from channels_io.simulators.twilio.exchange import Exchange
from channels_io.simulators.twilio.phone import now
from channels_io.simulators.twilio.records import MessageRecord, utc_now
from channels_io.simulators.twilio.segments import segments_of
from channels_io.simulators.twilio.templates import Template
from channels_io.simulators.twilio.twiml import TwimlError, Verb, parse

WHATSAPP: Final = "whatsapp:"
MOST_LETTERS = 1600
WINDOW = timedelta(hours=24)
STOP_WORDS: Final = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT"})
START_WORDS: Final = frozenset({"START", "UNSTOP", "YES"})
_NUMBER = re.compile(r"^\+[1-9]\d{6,14}$")


@dataclass(slots=True)
class MediaItem:
    sid: str
    message_sid: str
    mime: str
    data: bytes


@dataclass(slots=True)
class Out:
    """What the API was asked to send."""

    sender: str
    to: str
    body: str = ""
    media: list[str] = field(default_factory=list)
    callback: str = ""
    direction: str = "outbound-api"
    params: dict[str, str] = field(default_factory=dict)
    template: Template | None = None


class MessageCentre:
    """`undeliverable`: number → error code of every message to it. `reads`: WhatsApp messages are read."""

    def __init__(self, exchange: Exchange, owns: Callable[[str], bool]) -> None:
        self._exchange = exchange
        self._owns = owns
        self.records: dict[str, MessageRecord] = {}
        self.media: dict[str, MediaItem] = {}
        self.templates: dict[str, Template] = {}
        self.opted_out: set[tuple[str, str]] = set()
        """(number of ours, person)"""
        self.undeliverable: dict[str, int] = {}
        self.reads = True
        self._heard: dict[tuple[str, str], datetime] = {}

    # --- in -------------------------------------------------------------------------------------

    async def come_in(
        self,
        sender: str,
        to: str,
        body: str,
        url: str,
        *,
        fallback: str = "",
        media: Sequence[tuple[bytes, str]] = (),
        extra: Mapping[str, str] | None = None,
        sid: str = "",
    ) -> MessageRecord:
        """A person's message, delivered to the webhook; what that answers in TwiML is sent. `sid`: to come a second time."""
        record = self._incoming(sender, to, body, media, sid)
        if not url:
            return record
        params = {
            "MessageSid": record.sid,
            "SmsSid": record.sid,
            "SmsMessageSid": record.sid,
            "AccountSid": record.account_sid,
            "From": sender,
            "To": to,
            "Body": body,
            "NumMedia": str(len(record.media)),
            "NumSegments": str(record.segments),
            "SmsStatus": "received",
            "ApiVersion": API_VERSION,
        }
        for index, where, mime in record.numbered_media():
            params |= {f"MediaUrl{index}": where, f"MediaContentType{index}": mime}
        if sender.startswith(WHATSAPP):
            kind = media[0][1].partition("/")[0] if media else "text"
            params |= {"WaId": sender.removeprefix(f"{WHATSAPP}+"), "MessageType": kind}
        hook = await self._exchange.hooks.ask(
            "message", record.sid, url, {**params, **(extra or {})}, fallback=fallback, lane=f"{sender} {to}", keep=record.hooks
        )  # fmt: skip
        if hook.ok:
            self._answer(record, hook.answer)
        return record

    def _incoming(self, sender: str, to: str, body: str, media: Sequence[tuple[bytes, str]], sid: str) -> MessageRecord:
        if sid in self.records:
            return self.records[sid]
        new = sid or self._exchange.sid("MM" if media else "SM")
        record = MessageRecord(
            new, self._exchange.account_sid, "inbound", sender, to, body, status="received", at=now()
        )
        record.segments = segments_of(body)
        record.statuses.append((now(), "received"))
        for data, mime in media:
            item = MediaItem(self._exchange.sid("ME"), record.sid, mime, data)
            self.media[item.sid] = item
            record.media.append((self.media_url(record.sid, item.sid), mime))
        self.records[record.sid] = record
        self._heard[to, sender] = record.when
        if not sender.startswith(WHATSAPP):
            self._mind_opt_out(to, sender, body)
        return record

    def _mind_opt_out(self, number: str, person: str, body: str) -> None:
        word = body.strip().upper()
        if word in STOP_WORDS:
            self.opted_out.add((number, person))
        elif word in START_WORDS:
            self.opted_out.discard((number, person))

    def _answer(self, record: MessageRecord, twiml: str) -> None:
        """<Message> of the webhook's answer; no TwiML is no answer."""
        try:
            verbs = parse(twiml).verbs if twiml.strip() else ()
        except TwimlError:
            return
        for verb in verbs:
            if verb.name == "Message":
                self.send(
                    Out(
                        record.to,
                        record.sender,
                        _words(verb),
                        [child.text for child in verb.children if child.name == "Media"],
                        verb.get("statusCallback"),
                        "outbound-reply",
                    )
                )

    # --- out ------------------------------------------------------------------------------------

    def send(self, out: Out) -> MessageRecord:
        """Taken; its statuses follow. Raises RestError."""
        self._check(out)
        body = out.template.filled(_variables(out.params)) if out.template else out.body
        record = MessageRecord(
            self._exchange.sid("MM" if out.media else "SM"), self._exchange.account_sid, out.direction, out.sender, out.to, body, at=now()
        )  # fmt: skip
        record.media = [(url, "") for url in out.media]
        record.params = out.params
        record.service_sid = out.params.get("MessagingServiceSid", "")
        record.status = "accepted" if record.service_sid else "queued"
        record.segments = segments_of(body)
        record.statuses.append((now(), record.status))
        self.records[record.sid] = record
        self._exchange.hooks.background(self._carry(record, out))
        return record

    def open_window(self, number: str, person: str, when: datetime | None = None) -> None:
        """As if `person` had written to `number` at that moment, by default now: WhatsApp's 24 hours run from it."""
        self._heard[number, person] = when or utc_now()

    def in_window(self, number: str, person: str) -> bool:
        heard = self._heard.get((number, person))
        return heard is not None and utc_now() - heard < WINDOW

    def media_url(self, message_sid: str, media_sid: str) -> str:
        account = self._exchange.account_sid
        return f"{self._exchange.url}/{API_VERSION}/Accounts/{account}/Messages/{message_sid}/Media/{media_sid}"

    def _check(self, out: Out) -> None:
        if not out.to:
            raise RestError(21604)
        if not out.sender:
            raise RestError(21603)
        whatsapp = out.to.startswith(WHATSAPP)
        if whatsapp != out.sender.startswith(WHATSAPP):
            raise RestError(21910)
        if not _NUMBER.match(out.to.removeprefix(WHATSAPP)):
            raise RestError(21211, out.to)
        if not self._owns(out.sender):
            raise RestError(63007 if whatsapp else 21606, out.sender)
        if not (out.body or out.media or out.template):
            raise RestError(21619)
        if len(out.body) > MOST_LETTERS:
            raise RestError(21617)
        if (out.sender, out.to) in self.opted_out:
            raise RestError(21610)

    async def _carry(self, record: MessageRecord, out: Out) -> None:
        pace = self._exchange.pace.status_seconds
        code = self._failure(record, out)
        way = ["sent", "undelivered"] if code and code != 63016 else ["undelivered"] if code else ["sent", "delivered"]
        if not code and record.to.startswith(WHATSAPP) and self.reads:
            way.append("read")
        for status in way:
            await asyncio.sleep(pace)
            record.status = status
            record.statuses.append((now(), status))
            if status == "undelivered":
                record.error_code, record.error_message = code, DELIVERY.get(code or 0, "Unknown error")
            self._tell(record, out.callback, status)

    def _failure(self, record: MessageRecord, out: Out) -> int | None:
        if record.to in self.undeliverable:
            return self.undeliverable[record.to]
        if not record.to.startswith(WHATSAPP) or self.in_window(record.sender, record.to):
            return None
        approved = out.template is not None and out.template.approval == "approved"
        return None if approved else 63016

    def _tell(self, record: MessageRecord, url: str, status: str) -> None:
        if not url:
            return
        params = {
            "MessageSid": record.sid,
            "SmsSid": record.sid,
            "MessageStatus": status,
            "SmsStatus": status,
            "AccountSid": record.account_sid,
            "From": record.sender,
            "To": record.to,
            "ApiVersion": API_VERSION,
        }
        if record.service_sid:
            params["MessagingServiceSid"] = record.service_sid
        if record.error_code is not None:
            params |= {"ErrorCode": str(record.error_code), "ErrorMessage": record.error_message or ""}
        if record.to.startswith(WHATSAPP):
            params |= {"ChannelPrefix": "whatsapp", "ChannelToAddress": record.to.removeprefix(WHATSAPP)}
        self._exchange.hooks.tell("message-status", record.sid, url, params, keep=record.hooks)


def variables_of(text: str) -> dict[str, str]:
    """`ContentVariables`. Raises RestError."""
    if not text:
        return {}
    try:
        found: Any = json.loads(text)
    except ValueError as error:
        raise RestError(21656) from error
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise RestError(21656)
    return found


def _variables(params: Mapping[str, str]) -> dict[str, str]:
    return variables_of(params.get("ContentVariables", ""))


def _words(verb: Verb) -> str:
    body = verb.child("Body")
    return body.text if body is not None else verb.text
