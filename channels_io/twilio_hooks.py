"""Twilio's own signature: on webhooks, and on the handshake of a media socket. For every kind that is called by Twilio."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, QueryDict
from twilio.request_validator import (
    SIGNATURE_HEADER,
    SIGNATURE_SETTINGS_HEADER,
    RequestValidator,
    get_signature_algorithm,
)

from channels_io.hooks import HookRefused, address_of, body_of, hook_secrets, hooked_account, hooked_channel
from channels_io.models import Account, Channel

logger = logging.getLogger(__name__)

FORM: Final = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class SignedForm:
    """What Twilio told `channel`; `call` and the like of the query are as well signed as the form."""

    channel: Channel
    account: Account
    form: Mapping[str, str]
    query: Mapping[str, str]

    def said(self, name: str) -> str:
        return self.form.get(name, "")


def signed_form(request: HttpRequest, kind: str, public_id: str) -> SignedForm:
    """Raises HookRefused unless the account's Twilio sent exactly this to exactly this address."""
    if request.method != "POST" or request.content_type != FORM:
        raise HookRefused("it is no form")
    signature = request.headers.get(SIGNATURE_HEADER, "")
    if not signature:
        raise HookRefused("it is not signed")
    channel = hooked_channel(kind, public_id)
    account = hooked_account(channel)
    token = auth_token(account)
    form = _form(body_of(request))
    algorithm = get_signature_algorithm(request.headers.get(SIGNATURE_SETTINGS_HEADER, ""))
    if not RequestValidator(token).validate(address_of(request), form, signature, algorithm):
        raise HookRefused("its signature is wrong")
    if form.get("AccountSid") != account.number:
        raise HookRefused("it is of another account")
    said = {name: str(value) for name, value in form.items()}
    asked = {name: str(value) for name, value in request.GET.items()}
    return SignedForm(channel, account, said, asked)


def signed_handshake(account: Account, path: str, signature: str) -> bool:
    """Whether a media socket was opened by the account's Twilio, at `path` of the configured public address."""
    try:
        token = auth_token(account)
    except HookRefused:
        return False
    url = socket_address(path)
    return any(RequestValidator(token).validate(candidate, {}, signature) for candidate in (url, url.rstrip("/")))


def socket_address(path: str) -> str:
    """wss://... of a path of ours, as Twilio is told it and signs it."""
    return "ws" + settings.PARLEY_PUBLIC_URL.removeprefix("http") + path


def auth_token(account: Account) -> str:
    """Raises HookRefused when there is none: without a key nothing is believed."""
    token = hook_secrets(account).get("auth_token", "") if account.provider == Account.Provider.TWILIO else ""
    if not token:
        raise HookRefused("the account has no auth token")
    return token


def _form(body: bytes) -> QueryDict:
    try:
        return QueryDict(body, encoding="utf-8")
    except (UnicodeError, ValueError, SuspiciousOperation) as error:
        raise HookRefused("the form cannot be read") from error
