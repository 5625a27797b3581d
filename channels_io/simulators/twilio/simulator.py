"""Twilio as a whole: one port, one account, its numbers, its people, and a record of all that happened."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Self

from starlette.routing import BaseRoute
from twilio.rest import Client

from channels_io.simulators.serving import Serving
from channels_io.simulators.twilio.client import twilio_client
from channels_io.simulators.twilio.conductor import Goto
from channels_io.simulators.twilio.exchange import Exchange, Pace
from channels_io.simulators.twilio.faults import Chance, Fault, Faults
from channels_io.simulators.twilio.hooks import Hooks
from channels_io.simulators.twilio.message_centre import WHATSAPP, MessageCentre
from channels_io.simulators.twilio.orders import Orders
from channels_io.simulators.twilio.people import CALLER, Person, Step, script_of
from channels_io.simulators.twilio.phone import Phone
from channels_io.simulators.twilio.records import CallRecord, HookRecord, MessageRecord, RestRecord
from channels_io.simulators.twilio.rest.app import application
from channels_io.simulators.twilio.rooms import Room
from channels_io.simulators.twilio.signing import HEADER, sign
from channels_io.simulators.twilio.stream import MediaSocket, open_media_socket
from channels_io.simulators.twilio.templates import Template
from channels_io.simulators.twilio.world import Number, World
from inference.audio import Samples

ACCOUNT_SID = "AC" + "5" * 32
AUTH_TOKEN = "5imulated" + "0" * 23
API_KEY, API_SECRET = "SK" + "5" * 32, "5imulated5ecret" + "0" * 17
STRANGER = "+353861234567"
CALL_SECONDS = 300.0
WAIT_SECONDS = 10.0


class TwilioSimulator:
    """An async context manager. `port` 0: any free one. `reach`: public base URL → where it is served on this machine.

    `mounts`: routes of other simulators by path, such as `{"/meta/v26.0": meta.routes()}`.
    Entering raises OSError when the port is taken; leaving raises what crashed inside, so that no test passes over it.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        account_sid: str = ACCOUNT_SID,
        auth_token: str = AUTH_TOKEN,
        api_key: str = API_KEY,
        api_secret: str = API_SECRET,
        reach: Mapping[str, str] | None = None,
        faults: Faults = Faults(),  # noqa: B008 - frozen
        pace: Pace = Pace(),  # noqa: B008 - frozen
        mounts: Mapping[str, Sequence[BaseRoute]] | None = None,
        media_auth: bool = False,
    ) -> None:
        self.account_sid = account_sid
        self.auth_token = auth_token
        self.api_key = api_key
        self.api_secret = api_secret
        self.numbers: dict[str, Number] = {}
        """By address."""
        self.url = ""
        self._port = port
        self._reach = dict(reach or {})
        self._chance = Chance(faults)
        self._pace = pace
        self._mounts = dict(mounts or {})
        self._media_auth = media_auth

    async def __aenter__(self) -> Self:
        self._hooks = Hooks(self.auth_token, self._reach, self._chance)
        self.exchange = Exchange(self.account_sid, self.auth_token, self._hooks, self._chance, self._pace)
        self.centre = MessageCentre(self.exchange, self.numbers.__contains__)
        self.world = World(
            self.account_sid, self.auth_token, self.api_key, self.api_secret, self.exchange, self.centre, self.numbers
        )
        self.world.media_auth = self._media_auth
        self._serving = Serving(application(self.world, self._mounts), self._port)
        self.url = self.exchange.url = self._serving.url
        await self._serving.start()
        return self

    async def __aexit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        await self.exchange.close()
        await self._hooks.close()
        await self._serving.stop()
        crashes = [*self.exchange.crashes, *self._hooks.crashes]
        if crashes and error is None:
            raise crashes[0]

    # --- what there is --------------------------------------------------------------------------

    def add_number(
        self,
        address: str,
        *,
        voice_url: str = "",
        voice_fallback_url: str = "",
        status_callback: str = "",
        sms_url: str = "",
        sms_fallback_url: str = "",
        name: str = "",
    ) -> Number:
        """A telephone number ("+1...") or a WhatsApp sender ("whatsapp:+1...") of the account."""
        number = Number(
            address,
            name,
            voice_url=voice_url,
            voice_fallback_url=voice_fallback_url,
            status_callback=status_callback,
            sms_url=sms_url,
            sms_fallback_url=sms_fallback_url,
        )
        self.numbers[address] = number
        return number

    def add_person(self, number: str, *people: Person) -> None:
        """Who takes calls to `number`: each call the next of them, the last one from then on."""
        self.exchange.add_person(number, *people)

    def everybody_else(self, person: Person) -> None:
        """Who takes calls to every number that nobody was added for."""
        self.exchange.everybody = person

    def add_template(self, template: Template) -> Template:
        self.centre.templates[template.sid] = template
        return template

    def client(self, *, timeout: float = WAIT_SECONDS) -> Client:
        """The real client, blocking: use it in a thread."""
        return twilio_client(self.url, self.account_sid, self.auth_token, timeout=timeout)

    # --- faults ---------------------------------------------------------------------------------

    @property
    def faults(self) -> Faults:
        return self._chance.faults

    @faults.setter
    def faults(self, faults: Faults) -> None:
        self._chance.change(faults)

    def force(self, fault: Fault, times: int = 1) -> None:
        """This fault at its next `times` occasions, whatever the shares are."""
        self._chance.force(fault, times)

    # --- calls ----------------------------------------------------------------------------------

    @asynccontextmanager
    async def calling(
        self,
        to: str = "",
        *,
        to_webhook: str = "",
        sender: str = STRANGER,
        person: Person = CALLER,
        fallback: str = "",
        status_callback: str = "",
        params: Mapping[str, str] | None = None,
    ) -> AsyncGenerator[Phone]:
        """A call to one of the account's numbers, in the hands of the caller; hung up on leaving.

        `to_webhook`: ask this URL instead of the number's. `params`: what its webhooks carry besides.
        """
        phone = self._dial_in(to, to_webhook, sender, person, fallback, status_callback, params)
        try:
            yield phone
        finally:
            phone.hang_up()
            await phone.close()

    async def call(
        self,
        to: str = "",
        *,
        to_webhook: str = "",
        sender: str = STRANGER,
        audio: Sequence[Samples] = (),
        digits: str = "",
        script: Sequence[Step] | None = None,
        quiet: float = 1.0,
        fallback: str = "",
        status_callback: str = "",
        params: Mapping[str, str] | None = None,
        seconds: float = CALL_SECONDS,
    ) -> CallRecord:
        """A whole call. Without `script`: hear the greeting, say each clip of `audio` (int16, 8 kHz) and hear its answer,
        press `digits` and hear that answer, hang up. `quiet`: seconds of silence that end an answer. Raises TimeoutError.
        """
        steps = tuple(script) if script is not None else script_of(tuple(audio), digits, quiet=quiet)
        person = Person(script=steps, stays=True)
        async with (
            asyncio.timeout(seconds),
            self.calling(
                to, to_webhook=to_webhook, sender=sender, person=person, fallback=fallback,
                status_callback=status_callback, params=params,
            ) as phone,
        ):  # fmt: skip
            return await phone.ended()

    def _dial_in(
        self,
        to: str,
        to_webhook: str,
        sender: str,
        person: Person,
        fallback: str,
        status_callback: str,
        params: Mapping[str, str] | None,
    ) -> Phone:
        number = self.numbers.get(to) or Number(to or "+15005550006")
        url = to_webhook or number.voice_url
        if not url:
            raise ValueError(f"{to or 'The call'} leads nowhere: give the number a voice_url, or say to_webhook.")
        phone = self.exchange.open(
            "inbound",
            sender,
            number.address,
            person=person,
            orders=Orders(callback=status_callback or number.status_callback),
            extra=params,
        )
        first = Goto(url, number.voice_method, fallback=fallback or number.voice_fallback_url)
        self.exchange.spawn(self.exchange.come_in(phone, first))
        return phone

    @property
    def calls(self) -> dict[str, CallRecord]:
        """By sid, oldest first."""
        return self.exchange.calls

    def calls_to(self, number: str) -> list[CallRecord]:
        return [record for record in self.calls.values() if record.to == number]

    def phone(self, sid: str) -> Phone:
        """Of any call, to steer the person at its other end by hand. Raises KeyError."""
        return self.exchange.phones[sid]

    @property
    def rooms(self) -> dict[str, Room]:
        """Conferences by sid."""
        return self.exchange.rooms

    async def open_socket(self, url: str, *, signature: str | None = None, **options: Any) -> MediaSocket:
        """A media socket of one's own, for what Twilio would not do. `signature`: None signs well, "" sends none."""
        given = sign(self.auth_token, url) if signature is None else signature
        headers = {HEADER.lower(): given} if given else {}
        return await open_media_socket(self._hooks.where(url), headers, **options)

    # --- messages -------------------------------------------------------------------------------

    async def sms(
        self,
        text: str,
        *,
        sender: str = STRANGER,
        to: str = "",
        to_webhook: str = "",
        media: Sequence[tuple[bytes, str]] = (),
        params: Mapping[str, str] | None = None,
        sid: str = "",
    ) -> MessageRecord:
        """A text message to a number of the account; returns when the webhook was answered or given up.

        `media`: (bytes, content type) of each. `sid`: a message that came before, sent once more under the same id.
        """
        number = self.numbers.get(to) or Number(to or "+15005550006")
        return await self.centre.come_in(
            sender, number.address, text, to_webhook or number.sms_url,
            fallback=number.sms_fallback_url, media=media, extra=params, sid=sid,
        )  # fmt: skip

    async def whatsapp(
        self,
        text: str,
        *,
        sender: str = STRANGER,
        to: str = "",
        to_webhook: str = "",
        name: str = "",
        media: Sequence[tuple[bytes, str]] = (),
        button: tuple[str, str] | None = None,
        reply_to: str = "",
        params: Mapping[str, str] | None = None,
        sid: str = "",
    ) -> MessageRecord:
        """As `sms`; numbers without "whatsapp:". `button`: (payload, label) that was tapped; `name`: the person's profile."""
        extra = {"ProfileName": name} if name else {}
        if button is not None:
            text = text or button[1]
            extra |= {"ButtonPayload": button[0], "ButtonText": button[1], "MessageType": "button"}
        if reply_to:
            extra["OriginalRepliedMessageSid"] = reply_to
        return await self.sms(
            text, sender=with_whatsapp(sender), to=with_whatsapp(to), to_webhook=to_webhook, media=media,
            params={**extra, **(params or {})}, sid=sid,
        )  # fmt: skip

    @property
    def messages(self) -> dict[str, MessageRecord]:
        """By sid, oldest first, both ways."""
        return self.centre.records

    def sent_to(self, number: str) -> list[MessageRecord]:
        """What this person was sent, oldest first; WhatsApp messages with or without its prefix."""
        wanted = {number, with_whatsapp(number)}
        return [record for record in self.messages.values() if record.outgoing and record.to in wanted]

    # --- what happened --------------------------------------------------------------------------

    @property
    def hooks(self) -> list[HookRecord]:
        return self._hooks.records

    @property
    def requests(self) -> list[RestRecord]:
        return self.world.requests

    @property
    def faulted(self) -> list[tuple[float, str, str, str]]:
        """(time, fault, kind of webhook or "rest" or "stream", sid or path)"""
        return self._hooks.faulted

    async def settle(self) -> None:
        """Until every callback that is on its way has arrived or been given up."""
        await self.exchange.settle()
        await self._hooks.settle()

    async def wait_for(self, condition: Callable[[], object], seconds: float = WAIT_SECONDS) -> None:
        """Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while not condition():  # noqa: ASYNC110 - any condition of the caller's
                await asyncio.sleep(0.02)


def with_whatsapp(number: str) -> str:
    return number if not number or number.startswith(WHATSAPP) else f"{WHATSAPP}{number}"
