"""The vectors that Twilio's own code gives, and what is refused (T6)."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client
from twilio.request_validator import RequestValidator

from channels_io.models import Account, Channel, Contact, Conversation, InboundEvent, Leg, PhoneCall
from channels_io.twilio_hooks import signed_handshake, socket_address
from parley.accounts.models import Workspace
from tests.support.telephone import AUTH_TOKEN, FORM, form_of, path_of, signature_of, telephone, tell

VECTOR_URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
VECTOR = {
    "CallSid": "CA1234567890ABCDE",
    "Digits": "1234",
    "From": "+14158675310",
    "To": "+18005551212",
    "Caller": "+14158675310",
}
SHA1 = "GvWf1cFY/Q7PnoempGyD5oXAezc="
SHA256 = "/Px0ZZziCxf9Zt7wehmYS+fbCh+oLQi2VrfCqcV1vPM="
BODY_HASH = "015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862"


def test_the_vectors_of_twilios_own_code() -> None:
    validator = RequestValidator("12345")
    assert validator.validate(VECTOR_URL, VECTOR, SHA1)
    assert validator.validate(VECTOR_URL, VECTOR, SHA256, "HMAC_SHA256")
    assert not validator.validate(VECTOR_URL, VECTOR, SHA256)
    url = f"https://example.com/hook?bodySHA256={BODY_HASH}"
    assert validator.validate(url, '{"a":1}', "2e7mH/NA6FwzvUqLZxhsETU/4bw=")
    assert not validator.validate(url, '{"a":2}', "2e7mH/NA6FwzvUqLZxhsETU/4bw=")
    assert validator.validate("wss://voice.example.com/media", {}, "jFDHVhI8XO69C49uXR3xmdZPylY=")
    assert validator.validate("wss://voice.example.com:443/media", {}, "jFDHVhI8XO69C49uXR3xmdZPylY=")
    assert not validator.validate("wss://voice.example.com/media/", {}, "jFDHVhI8XO69C49uXR3xmdZPylY=")


@pytest.mark.django_db
def test_a_handshake_is_believed_for_our_own_address_only(acme: Workspace, settings: Any) -> None:
    settings.PARLEY_PUBLIC_URL = "https://parley.example"
    account = telephone(acme).account
    assert account is not None
    path = "/ws/twilio_voice/ch_1/"
    assert socket_address(path) == "wss://parley.example/ws/twilio_voice/ch_1/"

    def signed(url: str, token: str = AUTH_TOKEN) -> str:
        return str(RequestValidator(token).compute_signature(url, {}))

    assert signed_handshake(account, path, signed("wss://parley.example/ws/twilio_voice/ch_1/"))
    assert signed_handshake(account, path, signed("wss://parley.example/ws/twilio_voice/ch_1")), "without the last /"
    for url in (
        "wss://evil.example/ws/twilio_voice/ch_1/",
        "ws://parley.example/ws/twilio_voice/ch_1/",
        "https://parley.example/ws/twilio_voice/ch_1/",
        "wss://parley.example/ws/twilio_voice/ch_2/",
        "wss://parley.example/ws/twilio_voice/ch_1/?token=x",
    ):
        assert not signed_handshake(account, path, signed(url)), url
    assert not signed_handshake(account, path, signed("wss://parley.example/ws/twilio_voice/ch_1/", "other"))
    assert not signed_handshake(account, path, "")


Forge = Callable[[Channel, str, dict[str, str], dict[str, str]], "tuple[str, bytes, dict[str, str], str]"]
"""(channel, path, form, headers) → (path, body, headers, content type)."""


def _as_is(path: str, form: dict[str, str], headers: dict[str, str]) -> tuple[str, bytes, dict[str, str], str]:
    return path, urlencode(form).encode(), headers, FORM


FORGERIES: dict[str, Any] = {
    "no signature": lambda c, p, f, h: _as_is(p, f, {}),
    "an empty one": lambda c, p, f, h: _as_is(p, f, {"X-Twilio-Signature": ""}),
    "random": lambda c, p, f, h: _as_is(p, f, {"X-Twilio-Signature": base64.b64encode(b"x" * 20).decode()}),
    "no base64": lambda c, p, f, h: _as_is(p, f, {"X-Twilio-Signature": "ümlaut-signature-of-28-chars"}),
    "cut short": lambda c, p, f, h: _as_is(p, f, {"X-Twilio-Signature": h["X-Twilio-Signature"][:-1]}),
    "lower case": lambda c, p, f, h: _as_is(p, f, {"X-Twilio-Signature": h["X-Twilio-Signature"].lower()}),
    "two in one": lambda c, p, f, h: _as_is(p, f, {"X-Twilio-Signature": h["X-Twilio-Signature"] + ",x"}),
    "another key": lambda c, p, f, h: _as_is(p, f, {"X-Twilio-Signature": signature_of(p, f, "another")}),
    "an empty key": lambda c, p, f, h: _as_is(p, f, {"X-Twilio-Signature": signature_of(p, f, "")}),
    "the account's id as key": lambda c, p, f, h: _as_is(
        p, f, {"X-Twilio-Signature": signature_of(p, f, c.account.number)}
    ),
    "another path": lambda c, p, f, h: _as_is(p, f, {"X-Twilio-Signature": signature_of(p + "x", f)}),
    "an added query": lambda c, p, f, h: _as_is(p + ("&" if "?" in p else "?") + "a=b", f, h),
    "a changed value": lambda c, p, f, h: _as_is(p, {**f, "From": "+15550109999"}, h),
    "a value of blanks": lambda c, p, f, h: _as_is(p, {**f, "CallerName": " "}, h),
    "an added name": lambda c, p, f, h: _as_is(p, {**f, "Digits": "1"}, h),
    "a name less": lambda c, p, f, h: _as_is(p, {n: v for n, v in f.items() if n != "ApiVersion"}, h),
    "a doubled name": lambda c, p, f, h: (p, urlencode(f).encode() + b"&From=%2B1", h, FORM),
    "another account": lambda c, p, f, h: _as_is(
        p,
        {**f, "AccountSid": "AC" + "f" * 32},
        {"X-Twilio-Signature": signature_of(p, {**f, "AccountSid": "AC" + "f" * 32})},
    ),
    "no account": lambda c, p, f, h: _as_is(
        p,
        {n: v for n, v in f.items() if n != "AccountSid"},
        {"X-Twilio-Signature": signature_of(p, {n: v for n, v in f.items() if n != "AccountSid"})},
    ),
    "signed for another host": lambda c, p, f, h: _as_is(
        p,
        f,
        {
            "X-Twilio-Signature": str(RequestValidator(AUTH_TOKEN).compute_signature("https://evil.example" + p, f)),
            "X-Forwarded-Host": "evil.example",
            "X-Forwarded-Proto": "https",
            "X-Original-Host": "evil.example",
            "Forwarded": "host=evil.example;proto=https",
        },
    ),
    "as JSON": lambda c, p, f, h: (p, b'{"CallSid":"CA1"}', h, "application/json"),
    "as multipart": lambda c, p, f, h: (p, urlencode(f).encode(), h, "multipart/form-data; boundary=x"),
    "as text": lambda c, p, f, h: (p, urlencode(f).encode(), h, "text/plain"),
    "a large body": lambda c, p, f, h: _as_is(p, {**f, "Pad": "x" * 66_000}, h),
    "a shared key that we do not have": lambda c, p, f, h: _as_is(
        p,
        f,
        {
            "X-Twilio-Signature": RequestValidator("shared").compute_signature(
                settings.PARLEY_PUBLIC_URL + p, f, "HMAC_SHA256"
            ),
            "X-Twilio-Webhooks-Signature-Settings": "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256",
        },
    ),
    "an unknown algorithm": lambda c, p, f, h: _as_is(
        p, f, {**h, "X-Twilio-Webhooks-Signature-Settings": "key=k,algorithm=NONE"}
    ),
}
HOOKS = (
    "voice", "answered", "consent", "after", "status", "stream", "machine", "fallback", "person", "decision",
    "together", "left", "recording",
)  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("what", HOOKS)
def test_every_forgery_is_refused_and_nothing_is_written(acme: Workspace, what: str) -> None:
    channel = telephone(acme)
    assert len(FORGERIES) >= 25
    answers: set[tuple[int, bytes]] = set()
    for name, forge in FORGERIES.items():
        path, form = path_of(channel, what), form_of(channel)
        headers = {"X-Twilio-Signature": signature_of(path, form)}
        path, body, headers, content_type = forge(channel, path, form, headers)
        answer: Any = Client().post(path, body, content_type=content_type, headers=headers)
        assert answer.status_code == 403, (name, what)
        answers.add((answer.status_code, answer.content))
    assert len(answers) == 1, "a stranger learns nothing"
    for model in (PhoneCall, Leg, Conversation, Contact, InboundEvent):
        assert not model.objects.exists(), model


@pytest.mark.django_db
def test_a_channel_that_is_off_or_without_a_key_believes_nobody(
    acme: Workspace, globex: Workspace, settings: Any
) -> None:
    channel = telephone(acme)
    refused: list[HttpResponse] = []

    def refuse() -> None:
        refused.append(tell(channel, "voice"))

    channel.enabled = False
    channel.save()
    refuse()
    channel.enabled = True
    channel.save()
    Account.objects.update(sealed="")
    refuse()
    Account.objects.update(sealed="s1.broken.text.here")
    refuse()
    other = telephone(globex, account="AC" + "b" * 32)
    Account.objects.filter(pk=channel.account_id).update(sealed=Account.objects.get(pk=other.account_id).sealed)
    refuse()
    settings.PARLEY_SIMULATORS = False
    refuse()
    assert [answer.status_code for answer in refused] == [403] * 5
    assert not PhoneCall.objects.exists()
    assert tell(other, "voice").status_code == 403, "simulated accounts are off"


@pytest.mark.django_db
def test_what_twilio_signed_is_taken(acme: Workspace) -> None:
    channel = telephone(acme)
    assert tell(channel, "voice").status_code == 200
    assert tell(channel, "voice", CallSid="CA2", CallerName=" a  b ", Empty="", Words="äöü €+&=%").status_code == 200
