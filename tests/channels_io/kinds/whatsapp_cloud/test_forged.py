"""What is not Meta's is refused before anything is written (T6): one answer for all of it, and no row."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import pytest
from django.test import Client

from channels_io.kinds.whatsapp_cloud.kind import KIND
from channels_io.models import Account, Channel, InboundEvent, Thread
from channels_io.simulators.meta import payloads
from channels_io.simulators.meta.people import MetaIdentity, Person
from parley.accounts.models import Workspace
from tests.support.messaging_lines import meta_line, meta_path, post_meta

pytestmark = pytest.mark.django_db

ANN = Person("15550100001", "Ann")
JSON = "application/json"


def body_for(identity: MetaIdentity, text: str = "Hi 👋 a/b") -> bytes:
    message = payloads.text(ANN, text, at=1_790_000_000, message_id="wamid.1")
    return payloads.raw(payloads.envelope(identity, payloads.value_of(identity, people=[ANN], messages=[message])))


def post(channel: Channel, body: bytes, signature: str | None, **headers: str) -> Any:
    signed = {} if signature is None else {"X-Hub-Signature-256": signature}
    return Client().post(meta_path(channel), body, content_type=JSON, headers={**signed, **headers})


def forged(variant: str, channel: Channel, identity: MetaIdentity) -> Any:
    body = body_for(identity)
    good = payloads.signed(body, identity.app_secret)
    digest = good.removeprefix("sha256=")
    match variant:
        case "no signature":
            return post(channel, body, None)
        case "empty signature":
            return post(channel, body, "")
        case "prefix only":
            return post(channel, body, "sha256=")
        case "without prefix":
            return post(channel, body, digest)
        case "wrong digest":
            return post(channel, body, "sha256=" + "0" * 64)
        case "cut digest":
            return post(channel, body, good[:-1])
        case "longer digest":
            return post(channel, body, good + "0")
        case "upper case digest":
            return post(channel, body, f"sha256={digest.upper()}")
        case "upper case prefix":
            return post(channel, body, f"SHA256={digest}")
        case "white space around":
            return post(channel, body, f"sha256= {digest}")
        case "letters beyond ascii":
            return post(channel, body, f"sha256={'é' * 64}")
        case "two digests":
            return post(channel, body, f"{good}, sha256={'0' * 64}")
        case "sha1 of the same":
            sha1 = hmac.new(identity.app_secret.encode(), body, hashlib.sha1).hexdigest()
            return post(channel, body, None, **{"X-Hub-Signature": f"sha1={sha1}"})
        case "plain hash":
            return post(channel, body, f"sha256={hashlib.sha256(body).hexdigest()}")
        case "another app's secret":
            return post(channel, body, payloads.signed(body, "f" * 32))
        case "empty secret":
            return post(channel, body, payloads.signed(body, ""))
        case "the access token as secret":
            return post(channel, body, payloads.signed(body, identity.access_token))
        case "the verify token as secret":
            return post(channel, body, payloads.signed(body, identity.verify_token))
        case "changed text":
            return post(channel, body.replace(b"Hi ", b"No "), good)
        case "changed sender":
            return post(channel, body.replace(b"15550100001", b"15550100666"), good)
        case "added field":
            return post(channel, body[:-1] + b',"x":1}', good)
        case "added white space":
            return post(channel, body + b"\n", good)
        case "body written anew":
            return post(channel, json.dumps(json.loads(body)).encode(), good)
        case "emoji unescaped":
            return post(channel, json.dumps(json.loads(body), ensure_ascii=False, separators=(",", ":")).encode(), good)
        case "signed over unescaped text":
            unescaped = json.dumps(json.loads(body), ensure_ascii=False, separators=(",", ":")).encode()
            return post(channel, body, payloads.signed(unescaped, identity.app_secret))
        case "no body":
            return post(channel, b"", good)
        case "signature in the query":
            where = f"{meta_path(channel)}?X-Hub-Signature-256={good}"
            return Client().post(where, body, content_type=JSON)
        case "signature in a forwarded header":
            return post(channel, body, None, **{"X-Forwarded-X-Hub-Signature-256": good, "X-Original-Signature": good})
        case "unknown channel":
            where = meta_path(channel).replace(channel.public_id, "ch_00000000000000000000")
            return Client().post(where, body, content_type=JSON, headers={"X-Hub-Signature-256": good})
        case "another tenant's channel":
            other, _ = meta_line(Workspace.objects.create(name="Other", slug="other"))
            return post(other, body, good)
        case "body beyond the limit":
            large = body_for(identity, "x" * KIND.hook_bytes)
            return post(channel, large, payloads.signed(large, identity.app_secret))
        case "body longer than announced":
            large = body_for(identity, "x" * KIND.hook_bytes)
            return Client().generic(
                "POST",
                meta_path(channel),
                large,
                content_type=JSON,
                headers={"X-Hub-Signature-256": payloads.signed(large, identity.app_secret), "Content-Length": "10"},
            )
    raise AssertionError(variant)


VARIANTS = (
    "no signature", "empty signature", "prefix only", "without prefix", "wrong digest", "cut digest", "longer digest",
    "upper case digest", "upper case prefix", "white space around", "letters beyond ascii", "two digests",
    "sha1 of the same", "plain hash", "another app's secret", "empty secret", "the access token as secret",
    "the verify token as secret", "changed text", "changed sender", "added field", "added white space",
    "body written anew", "emoji unescaped", "signed over unescaped text", "no body", "signature in the query",
    "signature in a forwarded header", "unknown channel", "another tenant's channel", "body beyond the limit",
    "body longer than announced",
)  # fmt: skip


@pytest.mark.parametrize("variant", VARIANTS)
def test_forged(variant: str, acme: Workspace) -> None:
    channel, identity = meta_line(acme)
    answer = forged(variant, channel, identity)
    assert (answer.status_code, answer.content) == (403, b"Forbidden\n")
    assert not InboundEvent.objects.exists()
    assert not Thread.objects.exists()


def test_the_true_one_is_taken(acme: Workspace) -> None:
    channel, identity = meta_line(acme)
    assert post_meta(channel, identity, body_for(identity)).status_code == 200
    assert InboundEvent.objects.count() == 1


def test_the_bytes_are_what_is_signed() -> None:
    """Emoji and slashes are escaped on the wire: a signature over the words again would not be this one."""
    body = payloads.raw({"text": "👋 é a/b"})
    assert body == rb'{"text":"\ud83d\udc4b \u00e9 a\/b"}'
    assert payloads.signed(body, "12345") == "sha256=" + hmac.new(b"12345", body, "sha256").hexdigest()


@pytest.mark.parametrize(
    "without", ["no secret", "unreadable secret", "disabled", "no account", "another kind", "twilio"]
)
def test_without_a_key_nothing_is_believed(without: str, acme: Workspace) -> None:
    secrets = {"access_token": "t", "verify_token": "v"} if without == "no secret" else None
    channel, identity = meta_line(acme, secrets=secrets)
    match without:
        case "unreadable secret":
            Account.objects.update(sealed="v1.x.y.z")
        case "disabled":
            Channel.objects.update(enabled=False)
        case "no account":
            Channel.objects.update(account=None)
        case "another kind":
            Channel.objects.update(kind="twilio_messaging")
        case "twilio":
            Account.objects.update(provider="twilio")
    body = body_for(identity)
    for secret in (identity.app_secret, "", "None"):
        answer = post(channel, body, payloads.signed(body, secret))
        assert (answer.status_code, answer.content) == (403, b"Forbidden\n")
    assert not InboundEvent.objects.exists()


@pytest.mark.parametrize("method", ["put", "patch", "delete", "head", "options"])
def test_other_methods(method: str, acme: Workspace) -> None:
    channel, identity = meta_line(acme)
    assert getattr(Client(), method)(meta_path(channel)).status_code == 405
    assert not InboundEvent.objects.exists()
