"""Messaging channels with accounts, and what their carriers would send: `twilio_line(acme)`, `meta_line(acme, identity)`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpResponse
from django.test import Client
from twilio.request_validator import RequestValidator

from channels_io.account_secrets import set_secrets
from channels_io.models import Account, Channel
from channels_io.simulators.meta.payloads import raw, signed
from channels_io.simulators.meta.people import MetaIdentity, new_identity
from parley.accounts.models import Workspace
from tests.support.agents import make_agent

FORM = "application/x-www-form-urlencoded"
AUTH_TOKEN = "0123456789abcdef0123456789abcdef"
SID = "SM" + "1a" * 16
SENDER = "+15550100000"
PERSON = "+353861234567"


def account_sid(letter: str = "a") -> str:
    return "AC" + letter * 32


def twilio_line(
    workspace: Workspace,
    *,
    address: str = SENDER,
    token: str = AUTH_TOKEN,
    number: str = "",
    account: Account | None = None,
    simulated: bool = True,
    **channel: Any,
) -> Channel:
    """A channel of the kind twilio_messaging; several of one account share it."""
    if account is None:
        account = Account.objects.create(
            workspace=workspace,
            provider=Account.Provider.TWILIO,
            name=f"Twilio {Account.objects.count()}",
            number=number or account_sid(),
            simulated=simulated,
        )
        if token:
            set_secrets(account, {"auth_token": token})
            account.save()
    return _channel(workspace, "twilio_messaging", address, account, channel)


def meta_line(
    workspace: Workspace,
    identity: MetaIdentity | None = None,
    *,
    secrets: Mapping[str, str] | None = None,
    account: Account | None = None,
    address: str = "",
    **channel: Any,
) -> tuple[Channel, MetaIdentity]:
    """A channel of the kind whatsapp_cloud, and who Meta must be for it."""
    identity = identity or new_identity()
    if account is None:
        account = Account.objects.create(
            workspace=workspace,
            provider=Account.Provider.META,
            name=f"Meta {Account.objects.count()}",
            number=identity.waba,
            simulated=True,
        )
        set_secrets(account, identity.secrets if secrets is None else secrets)
        account.save()
    made = _channel(workspace, "whatsapp_cloud", address or identity.phone_number_id, account, channel)
    return made, identity


def _channel(workspace: Workspace, kind: str, address: str, account: Account, channel: Mapping[str, Any]) -> Channel:
    agent = channel.get("agent") or make_agent(workspace, name=f"Agent of {address}")
    return Channel.objects.create(
        workspace=workspace,
        kind=kind,
        name=f"{kind} {address} {Channel.objects.count()}",
        agent=agent,
        account=account,
        address=address,
        **{"enabled": True, **{name: value for name, value in channel.items() if name != "agent"}},
    )


def form_of(channel: Channel, **fields: str) -> dict[str, str]:
    """An incoming message as Twilio sends it."""
    assert channel.account is not None
    return {
        "MessageSid": SID,
        "SmsSid": SID,
        "SmsMessageSid": SID,
        "SmsStatus": "received",
        "AccountSid": channel.account.number,
        "From": PERSON,
        "To": channel.address,
        "Body": "Hello, are you open on Saturday? 👋",
        "NumMedia": "0",
        "NumSegments": "1",
        "ApiVersion": "2010-04-01",
        **fields,
    }


def twilio_path(channel: Channel, what: str = "message") -> str:
    return f"/hooks/twilio_messaging/{channel.public_id}/{what}/"


def twilio_signature(path: str, form: Mapping[str, str], token: str = AUTH_TOKEN, base: str = "") -> str:
    return str(RequestValidator(token).compute_signature(f"{base or settings.PARLEY_PUBLIC_URL}{path}", dict(form)))


def post_twilio(
    channel: Channel, form: Mapping[str, str], *, what: str = "message", query: str = "", client: Client | None = None
) -> HttpResponse:
    """As Twilio does."""
    path = twilio_path(channel, what) + query
    headers = {"X-Twilio-Signature": twilio_signature(path, form)}
    response: Any = (client or Client()).post(path, urlencode(form), content_type=FORM, headers=headers)
    return response


def meta_path(channel: Channel) -> str:
    return f"/hooks/whatsapp_cloud/{channel.public_id}/webhook/"


def post_meta(channel: Channel, identity: MetaIdentity, payload: Mapping[str, Any] | bytes) -> HttpResponse:
    """As Meta does."""
    body = payload if isinstance(payload, bytes) else raw(payload)
    headers = {"X-Hub-Signature-256": signed(body, identity.app_secret)}
    response: Any = Client().post(meta_path(channel), body, content_type="application/json", headers=headers)
    return response
