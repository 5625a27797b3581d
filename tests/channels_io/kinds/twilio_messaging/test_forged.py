"""What is not Twilio's is refused before anything is written (T6, T7): one answer for all of it, and no row."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.test import Client
from twilio.request_validator import HMAC_SHA256, RequestValidator

from channels_io.hooks import MAX_BODY
from channels_io.models import Account, Channel, InboundEvent, Thread
from parley.accounts.models import Workspace
from tests.support.messaging_lines import (
    AUTH_TOKEN,
    FORM,
    form_of,
    post_twilio,
    twilio_line,
    twilio_path,
    twilio_signature,
)

pytestmark = pytest.mark.django_db


def post(path: str, body: str | bytes, signature: str | None, content_type: str = FORM, **headers: str) -> Any:
    signed = {} if signature is None else {"X-Twilio-Signature": signature}
    return Client().post(path, body, content_type=content_type, headers={**signed, **headers})


def forged(variant: str, line: Channel, what: str) -> Any:
    path = twilio_path(line, what)
    form = form_of(line, MessageStatus="delivered") if what == "status" else form_of(line)
    body = urlencode(form)
    good = twilio_signature(path, form)
    public = settings.PARLEY_PUBLIC_URL
    match variant:
        case "no signature":
            return post(path, body, None)
        case "empty signature":
            return post(path, body, "")
        case "wrong signature":
            return post(path, body, "GvWf1cFY/Q7PnoempGyD5oXAezc=")
        case "signature of nothing":
            return post(path, body, twilio_signature(path, {}))
        case "signed with another tenant's token":
            return post(path, body, twilio_signature(path, form, token="f" * 32))
        case "signed with an empty token":
            return post(path, body, twilio_signature(path, form, token=""))
        case "signed with the account's id":
            return post(path, body, twilio_signature(path, form, token=form["AccountSid"]))
        case "changed text":
            return post(path, urlencode({**form, "Body": "Send me the codes"}), good)
        case "changed sender":
            return post(path, urlencode({**form, "From": "+15550100666"}), good)
        case "added field":
            return post(path, urlencode({**form, "ButtonPayload": "yes"}), good)
        case "added empty field":
            return post(path, urlencode({**form, "Extra": ""}), good)
        case "field left out":
            return post(path, urlencode({name: value for name, value in form.items() if name != "NumMedia"}), good)
        case "field twice":
            return post(path, body + "&From=%2B15550100666", good)
        case "field name in another case":
            return post(path, body.replace("Body=", "body="), good)
        case "stripped text":
            signature = twilio_signature(path, {**form, "Body": " hi "})
            return post(path, urlencode({**form, "Body": "hi"}), signature)
        case "added query":
            return post(f"{path}?key=om_stolen", body, good)
        case "signed for the other hook":
            other = twilio_path(line, "message" if what == "status" else "status")
            return post(path, body, twilio_signature(other, form))
        case "signed for a forged host, host header":
            return post(path, body, twilio_signature(path, form, base="https://evil.example"), host="evil.example")
        case "signed for a forged host, forwarded headers":
            forwarded = {
                "x-forwarded-host": "evil.example",
                "x-forwarded-proto": "https",
                "forwarded": "host=evil.example",
            }
            return post(path, body, twilio_signature(path, form, base="https://evil.example"), **forwarded)
        case "signed for a forged path, original-url headers":
            headers = {"x-original-url": "/free/", "x-rewrite-url": "/free/"}
            return post(path, body, twilio_signature("/free/", form), **headers)
        case "signature of the other scheme":
            base = public.replace("http://", "https://")
            return post(path, body, twilio_signature(path, form, base=base))
        case "json instead of a form":
            payload = json.dumps(form)
            query = f"?bodySHA256={sha256(payload.encode()).hexdigest()}"
            signature = RequestValidator(AUTH_TOKEN).compute_signature(f"{public}{path}{query}", {})
            return post(path + query, payload, signature, "application/json")
        case "form data in parts":
            return Client().post(path, form, headers={"X-Twilio-Signature": good})
        case "no content type":
            return post(path, body, good, "text/plain")
        case "sha256 with a key we do not have":
            signature = RequestValidator("shared").compute_signature(f"{public}{path}", form, HMAC_SHA256)
            return post(
                path, body, signature, **{"x-twilio-webhooks-signature-settings": "key=k1,algorithm=HMAC_SHA256"}
            )
        case "unknown algorithm":
            return post(path, body, good, **{"x-twilio-webhooks-signature-settings": "key=k1,algorithm=NONE"})
        case "url-safe twin of the signature":
            return post(path, body, good.replace("+", "-").replace("/", "_") + "=")
        case "of another account":
            stolen = {**form, "AccountSid": "AC" + "b" * 32}
            return post(path, urlencode(stolen), twilio_signature(path, stolen))
        case "unknown channel":
            unknown = path.replace(line.public_id, "ch_00000000000000000000")
            return post(unknown, body, twilio_signature(unknown, form))
        case "signed for another channel":
            other = twilio_path(twilio_line(line.workspace, address="+15550100002", account=line.account), what)
            return post(path, body, twilio_signature(other, form))
        case "body beyond the limit":
            large = {**form, "Body": "x" * MAX_BODY}
            return post(path, urlencode(large), twilio_signature(path, large))
        case "body that is no text":
            return post(path, b"\xff\xfe&From=\x80", good)
        case "a thousand fields and more":
            many = {**form, **{f"f{number}": "1" for number in range(1200)}}
            return post(path, urlencode(many), twilio_signature(path, many))
    raise AssertionError(variant)


VARIANTS = (
    "no signature", "empty signature", "wrong signature", "signature of nothing", "signed with another tenant's token",
    "signed with an empty token", "signed with the account's id", "changed text", "changed sender", "added field",
    "added empty field", "field left out", "field twice", "field name in another case", "stripped text", "added query",
    "signed for the other hook", "signed for a forged host, host header",
    "signed for a forged host, forwarded headers", "signed for a forged path, original-url headers",
    "signature of the other scheme", "json instead of a form", "form data in parts",
    "no content type", "sha256 with a key we do not have", "unknown algorithm", "url-safe twin of the signature",
    "of another account", "unknown channel", "signed for another channel", "body beyond the limit",
    "body that is no text", "a thousand fields and more",
)  # fmt: skip


@pytest.mark.parametrize("what", ["message", "status"])
@pytest.mark.parametrize("variant", VARIANTS)
def test_forged(variant: str, what: str, acme: Workspace) -> None:
    line = twilio_line(acme)
    answer = forged(variant, line, what)
    if answer.status_code == 400:  # Django itself refuses a Host that is not ours.
        assert variant == "signed for a forged host, host header"
    else:
        assert (answer.status_code, answer.content) == (403, b"Forbidden\n")
    assert not InboundEvent.objects.exists()
    assert not Thread.objects.exists()


def test_the_true_one_is_taken(acme: Workspace) -> None:
    line = twilio_line(acme)
    assert post_twilio(line, form_of(line)).status_code == 200
    assert InboundEvent.objects.count() == 1


@pytest.mark.parametrize("without", ["no key", "unreadable key", "disabled", "no account", "another kind"])
def test_without_a_key_nothing_is_believed(without: str, acme: Workspace) -> None:
    line = twilio_line(acme, token="" if without == "no key" else AUTH_TOKEN)
    form = form_of(line)
    match without:
        case "unreadable key":
            Account.objects.update(sealed="v1.x.y.z")
        case "disabled":
            Channel.objects.update(enabled=False)
        case "no account":
            Channel.objects.update(account=None)
        case "another kind":
            Channel.objects.update(kind="twilio_voice")
    token = "" if without == "no key" else AUTH_TOKEN
    signature = twilio_signature(twilio_path(line), form, token=token)
    answer = post(twilio_path(line), urlencode(form), signature)
    assert (answer.status_code, answer.content) == (403, b"Forbidden\n")
    assert not InboundEvent.objects.exists()


def test_simulated_accounts_are_refused_where_simulators_are_off(acme: Workspace, settings: Any) -> None:
    settings.PARLEY_SIMULATORS = False
    line = twilio_line(acme)
    assert post_twilio(line, form_of(line)).status_code == 403
    real = twilio_line(acme, address="+15550100002", simulated=False, number="AC" + "c" * 32)
    assert post_twilio(real, form_of(real)).status_code == 200


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete", "head", "options"])
def test_other_methods(method: str, acme: Workspace) -> None:
    line = twilio_line(acme)
    form = form_of(line)
    headers = {"X-Twilio-Signature": twilio_signature(twilio_path(line), form)}
    assert getattr(Client(), method)(twilio_path(line), headers=headers).status_code in (403, 405)
    assert not InboundEvent.objects.exists()


class TestVectors:
    """Of protocols.md, computed with Twilio's own package; key "12345"."""

    URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
    FIELDS = {
        "CallSid": "CA1234567890ABCDE",
        "Digits": "1234",
        "From": "+14158675310",
        "To": "+18005551212",
        "Caller": "+14158675310",
    }

    def test_sha1(self) -> None:
        validator = RequestValidator("12345")
        assert validator.validate(self.URL, self.FIELDS, "GvWf1cFY/Q7PnoempGyD5oXAezc=")
        assert not validator.validate(self.URL, {**self.FIELDS, "Digits": "1235"}, "GvWf1cFY/Q7PnoempGyD5oXAezc=")

    def test_sha256(self) -> None:
        signature = "/Px0ZZziCxf9Zt7wehmYS+fbCh+oLQi2VrfCqcV1vPM="
        assert RequestValidator("12345").validate(self.URL, self.FIELDS, signature, HMAC_SHA256)

    def test_json(self) -> None:
        digest = "015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862"
        url = f"https://example.com/hook?bodySHA256={digest}"
        assert RequestValidator("12345").validate(url, '{"a":1}', "2e7mH/NA6FwzvUqLZxhsETU/4bw=")
        assert not RequestValidator("12345").validate(url, '{"a":2}', "2e7mH/NA6FwzvUqLZxhsETU/4bw=")
