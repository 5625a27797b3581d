"""Telephone channels, and what Twilio would send about their calls: `telephone(acme)`, `ask(channel, "voice", CallSid=…)`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpResponse
from django.test import Client
from twilio.request_validator import RequestValidator

from agents.models import Agent
from channels_io.account_secrets import set_secrets
from channels_io.models import Account, Channel, PhoneCall
from parley.accounts.models import Workspace
from tests.support.agents import make_agent, publish

FORM = "application/x-www-form-urlencoded"
AUTH_TOKEN = "0123456789abcdef0123456789abcdef"
NUMBER = "+15550100000"
CALLER = "+353861234567"
PERSON = "+353871112233"
SID = "CA" + "1b" * 16


def telephone(
    workspace: Workspace,
    *,
    number: str = NUMBER,
    agent: Agent | None = None,
    published: bool = True,
    account: str = "AC" + "a" * 32,
    **more: Any,
) -> Channel:
    """An enabled channel of an agent that is published."""
    if agent is None:
        agent = make_agent(workspace, name=f"Agent of {number}", **more.pop("draft", {}))
        if published:
            publish(agent)
    row, made = Account.objects.get_or_create(
        workspace=workspace,
        provider=Account.Provider.TWILIO,
        number=account,
        defaults={"name": account[-6:], "simulated": True},
    )
    if made:
        set_secrets(row, {"auth_token": AUTH_TOKEN})
        row.save()
    return Channel.objects.create(
        workspace=workspace,
        kind="twilio_voice",
        name=f"Line {number}",
        agent=agent,
        account=row,
        address=number,
        **more,
    )


def path_of(channel: Channel, what: str, **query: str) -> str:
    return f"/hooks/twilio_voice/{channel.public_id}/{what}/" + (f"?{urlencode(query)}" if query else "")


def form_of(channel: Channel, **fields: str) -> dict[str, str]:
    assert channel.account is not None
    return {
        "CallSid": SID,
        "AccountSid": channel.account.number,
        "From": CALLER,
        "To": channel.address,
        "CallStatus": "ringing",
        "Direction": "inbound",
        "ApiVersion": "2010-04-01",
        **fields,
    }


def signature_of(path: str, form: Mapping[str, str], token: str = AUTH_TOKEN) -> str:
    return str(RequestValidator(token).compute_signature(settings.PARLEY_PUBLIC_URL + path, dict(form)))


def tell(channel: Channel, what: str, query: Mapping[str, str] | None = None, **fields: str) -> HttpResponse:
    """As Twilio does."""
    path, form = path_of(channel, what, **(query or {})), form_of(channel, **fields)
    headers = {"X-Twilio-Signature": signature_of(path, form)}
    answer: Any = Client().post(path, urlencode(form), content_type=FORM, headers=headers)
    return answer


def ask(channel: Channel, what: str, query: Mapping[str, str] | None = None, **fields: str) -> str:
    """The TwiML that Twilio is answered with."""
    answer = tell(channel, what, query, **fields)
    assert answer.status_code == 200, answer.content
    assert answer.headers["Content-Type"].startswith("text/xml")
    return answer.content.decode()


def token_in(document: str) -> str:
    found = re.search(r'<Parameter name="token" value="([^"]+)"', document)
    assert found is not None, document
    return found[1]


def only_call() -> PhoneCall:
    return PhoneCall.objects.get()
