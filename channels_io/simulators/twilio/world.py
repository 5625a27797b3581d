"""What the account owns and what goes on in it: the state that the API and the webhooks share."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime

from channels_io.simulators.twilio.exchange import Exchange
from channels_io.simulators.twilio.message_centre import WHATSAPP, MessageCentre
from channels_io.simulators.twilio.records import RestRecord, utc_now


@dataclass(slots=True)
class Number:
    """A telephone number of the account, or a WhatsApp sender ("whatsapp:+1..."). Empty URL: nobody is asked."""

    address: str
    name: str = ""
    voice_url: str = ""
    voice_method: str = "POST"
    voice_fallback_url: str = ""
    status_callback: str = ""
    sms_url: str = ""
    sms_fallback_url: str = ""
    voice_application_sid: str = ""
    trunk_sid: str = ""
    voice: bool = True
    sms: bool = True
    sid: str = field(default_factory=lambda: f"PN{uuid.uuid4().hex}")
    when: datetime = field(default_factory=utc_now)

    @property
    def whatsapp(self) -> bool:
        return self.address.startswith(WHATSAPP)


@dataclass(slots=True)
class World:
    """`numbers` by address; `requests`: every request to the API. `media_auth`: media is given to the account only."""

    account_sid: str
    auth_token: str
    api_key: str
    api_secret: str
    exchange: Exchange
    centre: MessageCentre
    numbers: dict[str, Number]
    name: str = "Simulated account"
    account_status: str = "active"
    balance: str = "123.45"
    media_auth: bool = False
    requests: list[RestRecord] = field(default_factory=list)

    def knows(self, user: str, password: str) -> bool:
        return (user, password) in {(self.account_sid, self.auth_token), (self.api_key, self.api_secret)}
