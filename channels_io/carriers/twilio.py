"""A Twilio account as set-up pages see it: who it is, its numbers and WhatsApp senders, their webhooks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from django.utils.translation import gettext as _
from twilio.http.response import Response
from twilio.request_validator import SIGNATURE_HEADER, RequestValidator

from channels_io.carriers.asking import opened_secrets, simulators_off
from channels_io.carriers.self_test import self_test
from channels_io.models import Account
from channels_io.setting_up import Found, SetUpFailed
from channels_io.twilio_rest import TwilioFailed, base_url, rest_client, told_apart

MAX_PAGES: Final = 10
PAGE_SIZE: Final = 100
REAL: Final = "https://api.twilio.com"
MESSAGING: Final = "https://messaging.twilio.com"


class TwilioAccount:
    """Raises SetUpFailed only."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.secrets = opened_secrets(account)
        if not self.secrets.get("auth_token"):
            raise SetUpFailed(
                _("The account has no auth token."),
                code="credentials",
                advice=_("Enter it: Twilio signs its webhooks with it. An API key alone cannot check signatures."),
            )
        try:
            self._base = base_url(account)
            self._client = rest_client(account)
        except TwilioFailed as error:
            raise simulators_off() if error.code == "simulators_off" else _failed(error) from error

    def name(self) -> str:
        """The friendly name at Twilio. Fails for an account that is suspended or closed."""
        found = self._send("GET", self._base, f"{self._root}.json")
        status = str(found.get("status", "active"))
        if status != "active":
            raise SetUpFailed(
                _("Twilio says this account is %(status)s.") % {"status": status},
                code="refused",
                advice=_("Open the Twilio console; it says there what Twilio wants from you."),
            )
        return str(found.get("friendly_name") or self.account.number)

    def numbers(self, number: str = "") -> list[dict[str, Any]]:
        """IncomingPhoneNumbers as Twilio describes them; of one E.164 `number` only, when given."""
        query = {"PageSize": PAGE_SIZE, **({"PhoneNumber": number} if number else {})}
        page = self._send("GET", self._base, f"{self._root}/IncomingPhoneNumbers.json", query)
        found: list[dict[str, Any]] = []
        for _page in range(MAX_PAGES):
            found += [entry for entry in page.get("incoming_phone_numbers") or () if isinstance(entry, dict)]
            following = str(page.get("next_page_uri") or "")
            if not following.startswith("/"):
                break
            page = self._send("GET", self._base, following)
        return found

    def update_number(self, sid: str, fields: Mapping[str, str]) -> None:
        self._send("POST", self._base, f"{self._root}/IncomingPhoneNumbers/{sid}.json", fields=fields)

    def senders(self) -> list[dict[str, Any]]:
        """WhatsApp senders, each with `sender_id` "whatsapp:+...", `status` and `webhook`."""
        query = {"Channel": "whatsapp", "PageSize": PAGE_SIZE}
        page = self._send("GET", self._messaging, "/v2/Channels/Senders", query)
        return [entry for entry in page.get("senders") or () if isinstance(entry, dict)]

    def update_sender(self, sid: str, webhook: Mapping[str, str]) -> None:
        self._send("POST", self._messaging, f"/v2/Channels/Senders/{sid}", fields={"webhook": webhook}, as_json=True)

    @property
    def _root(self) -> str:
        return f"/2010-04-01/Accounts/{self.account.number}"

    @property
    def _messaging(self) -> str:
        """Twilio's other API has a host of its own; where Twilio is played by something else, it is all one."""
        return MESSAGING if self._base == REAL else self._base

    def _send(
        self,
        method: str,
        base: str,
        path: str,
        query: Mapping[str, object] | None = None,
        *,
        fields: Mapping[str, Any] | None = None,
        as_json: bool = False,
    ) -> dict[str, Any]:
        headers = {"Content-Type": "application/json"} if as_json else {}
        try:
            with told_apart():
                answer = self._client.request(
                    method, base + path, params=dict(query or {}), data=dict(fields or {}), headers=headers
                )
        except TwilioFailed as error:
            raise _failed(error) from error
        if not 200 <= answer.status_code < 300:
            raise _refusal(answer, by_key=bool(self.secrets.get("api_key") and self.secrets.get("api_secret")))
        return _json(answer)


def signature_test(url: str, account: TwilioAccount) -> Found:
    """Our own webhook at `url` believes Twilio's signature and no other. What it is sent says nothing of a call or message."""
    fields = {"AccountSid": account.account.number}
    signatures = [
        RequestValidator(key).compute_signature(url, fields) for key in (account.secrets["auth_token"], "forged")
    ]
    signed, forged = ({SIGNATURE_HEADER: signature} for signature in signatures)
    return self_test(
        url, f"AccountSid={account.account.number}".encode(), "application/x-www-form-urlencoded", signed, forged
    )


def compared(at_twilio: str, ours: str, what: str) -> Found:
    """The webhook that stands at Twilio against ours. What follows # tells Twilio how to retry."""
    if at_twilio == ours:
        return Found(verdict="good", text=_("Twilio calls %(url)s") % {"url": ours.partition("#")[0]})
    if at_twilio.partition("#")[0] == ours.partition("#")[0]:
        return Found(
            verdict="warn",
            text=_("The address is right, but without its end “#%(end)s”.") % {"end": ours.partition("#")[2]},
            advice=_("That end makes Twilio try again when this server is slow or restarts. Copy the whole address."),
        )
    if not at_twilio:
        text = _("Nothing is entered at Twilio for %(what)s.") % {"what": what}
    else:
        text = _("Twilio calls another address: %(url)s") % {"url": at_twilio[:200]}
    advice = _("Press “Set it at Twilio for me”, or paste the address from the step before.")
    return Found(verdict="bad", text=text, advice=advice)


def _json(answer: Response) -> dict[str, Any]:
    text = str(answer.text or "")
    try:
        said = msgspec.json.decode(text) if text else {}
    except msgspec.DecodeError:
        raise SetUpFailed(
            _("Twilio answered with something that is no JSON (status %(status)d).") % {"status": answer.status_code},
            code="bad_answer",
        ) from None
    return said if isinstance(said, dict) else {}


def _failed(error: TwilioFailed) -> SetUpFailed:
    return SetUpFailed(
        error.message,
        code="unreachable",
        advice=_("This server must be able to reach api.twilio.com over the internet."),
    )


def _refusal(answer: Response, *, by_key: bool) -> SetUpFailed:
    try:
        said = _json(answer)
    except SetUpFailed:
        said = {}
    message = _("Twilio says: %(reason)s (status %(status)d%(code)s)") % {
        "reason": str(said.get("message") or _("no reason given"))[:300].rstrip("."),
        "status": answer.status_code,
        "code": f", {said['code']}" if isinstance(said.get("code"), int) else "",
    }
    if answer.status_code in (401, 403):
        advice = (
            _("The API key and its secret do not belong to this account, or the key was deleted or is restricted.")
            if by_key
            else _("Copy the account SID and the auth token again from the front page of the Twilio console.")
        )
        return SetUpFailed(message, code="credentials", advice=advice)
    if answer.status_code == 404:
        return SetUpFailed(message, code="not_found", advice=_("Check the account SID."))
    if answer.status_code == 429:
        return SetUpFailed(message, code="throttled", advice=_("Wait a minute and try again."))
    return SetUpFailed(message, code="refused")
