"""Setting a WhatsApp number of Meta's Cloud API up: which there are, where Meta calls us, and whether all of it holds."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels_io.carriers.asking import ask
from channels_io.carriers.meta import MetaAccount
from channels_io.carriers.self_test import self_test
from channels_io.hooks import hook_url
from channels_io.models import Account, Channel
from channels_io.setting_up import Check, Found, Number, Webhook
from parley.lib.egress import EgressRefused
from parley.lib.outbound import OutboundFailed

SIGNATURE: Final = "X-Hub-Signature-256"
NOTHING_NEW: Final = b'{"object":"whatsapp_business_account","entry":[]}'
"""A delivery that delivers nothing."""
_ID: Final = re.compile(r"[0-9]{5,30}", re.ASCII)


def set_up(account: Account) -> CloudSetUp:
    return CloudSetUp(account)


class CloudSetUp:
    def __init__(self, account: Account) -> None:
        self._account = account

    def sign_in(self) -> str:
        return MetaAccount(self._account).name()

    def numbers(self) -> Sequence[Number]:
        return [_number(entry) for entry in MetaAccount(self._account).numbers() if entry.get("id")]

    def clean_address(self, text: str) -> str:
        address = text.strip()
        if not _ID.fullmatch(address):
            raise ValidationError(
                _(
                    "“%(text)s” is not a phone number id. It is the long number below the telephone number in API Setup."
                ),
                code="number_invalid",
                params={"text": address[:40]},
            )
        return address

    def webhooks(self, channel: Channel) -> Sequence[Webhook]:
        meta = MetaAccount(self._account)
        return [
            Webhook(label=_("Callback URL"), value=_callback_url(channel)),
            Webhook(
                label=_("Verify token"),
                value=meta.secrets.get("verify_token", ""),
                help=_("Made by Parley. Meta sends it back once, when you press “Verify and save”."),
            ),
            Webhook(label=_("Webhook field to subscribe to"), value="messages"),
        ]

    def configure(self, channel: Channel) -> str:
        meta = MetaAccount(self._account)
        meta.subscribe()
        meta.set_webhook(channel.address, _callback_url(channel))
        return _("Meta asked this server for its handshake, got it, and now sends this number's messages here.")

    def checks(self, channel: Channel) -> Sequence[Check]:
        return [
            Check(
                name="credentials",
                label=gettext_lazy("Meta takes the access token and the app secret"),
                run=lambda: Found(verdict="good", text=_("Signed in to “%(name)s”.") % {"name": self.sign_in()}),
            ),
            Check(
                name="number",
                label=gettext_lazy("The number belongs to the account"),
                run=lambda: self._number_check(channel),
                needs=("credentials",),
            ),
            Check(
                name="handshake",
                label=gettext_lazy("Our webhook gives Meta's handshake back"),
                run=lambda: self._handshake(channel),
                needs=("public_url",),
            ),
            Check(
                name="signature",
                label=gettext_lazy("Our webhook believes Meta, and only Meta"),
                run=lambda: self._signature(channel),
                needs=("public_url",),
            ),
            Check(
                name="subscription",
                label=gettext_lazy("The account's app listens"),
                run=self._subscription,
                needs=("credentials",),
            ),
            Check(
                name="webhook",
                label=gettext_lazy("Meta calls this server for the number"),
                run=lambda: self._webhook_check(channel),
                needs=("credentials", "number"),
            ),
        ]

    def _number_check(self, channel: Channel) -> Found:
        entries = {str(entry.get("id")): entry for entry in MetaAccount(self._account).numbers()}
        if channel.address not in entries:
            return Found(
                verdict="bad",
                text=_("The account has no phone number id %(id)s.") % {"id": channel.address},
                advice=_("It has: %(ids)s.") % {"ids": ", ".join(sorted(entries))[:300]}
                if entries
                else _("It has no number at all. Add one in WhatsApp Manager."),
            )
        number = _number(entries[channel.address])
        if not number.usable:
            return Found(verdict="bad", text=number.detail, advice=_("Finish its registration in WhatsApp Manager."))
        return Found(verdict="good", text=" · ".join(filter(None, (number.label, number.detail))))

    def _handshake(self, channel: Channel) -> Found:
        token = MetaAccount(self._account).secrets.get("verify_token", "")
        challenge = secrets.token_hex(8)
        query = {"hub.mode": "subscribe", "hub.challenge": challenge, "hub.verify_token": token}
        try:
            answer = ask("GET", f"{_callback_url(channel)}?{urlencode(query)}")
        except (OutboundFailed, EgressRefused) as error:
            reason = {"reason": error.message}
            return Found(
                verdict="bad",
                text=_("Our own webhook cannot be reached through the public URL: %(reason)s") % reason,
                advice=_("See the first check: the public URL must lead to this server."),
            )
        if answer.status != 200 or answer.text() != challenge:
            return Found(
                verdict="bad",
                text=_("The challenge did not come back (status %(status)d).") % {"status": answer.status},
                advice=_("A proxy in front must hand on /hooks/ with its whole query, and answer nothing itself."),
            )
        return Found(verdict="good", text=_("The challenge came back in %(ms)d ms.") % {"ms": answer.milliseconds})

    def _signature(self, channel: Channel) -> Found:
        secret = MetaAccount(self._account).secrets["app_secret"]
        return self_test(
            _callback_url(channel),
            NOTHING_NEW,
            "application/json",
            {SIGNATURE: _signed(secret)},
            {SIGNATURE: _signed("forged")},
        )

    def _subscription(self) -> Found:
        apps = MetaAccount(self._account).subscribed()
        if not apps:
            return Found(
                verdict="bad",
                text=_("No app is subscribed to this WhatsApp Business Account: Meta sends its messages nowhere."),
                advice=_("Press “Set it at Meta for me”, or subscribe the app under WhatsApp, Configuration."),
            )
        return Found(verdict="good", text=_("Subscribed: %(apps)s.") % {"apps": ", ".join(apps)[:200]})

    def _webhook_check(self, channel: Channel) -> Found:
        entry = MetaAccount(self._account).number(channel.address)
        places = entry.get("webhook_configuration")
        if not isinstance(places, dict):
            return Found(
                verdict="warn",
                text=_("Meta does not say which address it calls."),
                advice=_("Send the number a message: it must appear under Conversations."),
            )
        # The number's own address wins over the account's, and that over the app's.
        called = next(
            (
                str(places[name])
                for name in ("phone_number", "whatsapp_business_account", "application")
                if places.get(name)
            ),
            "",
        )
        if called == _callback_url(channel):
            return Found(verdict="good", text=_("Meta calls %(url)s") % {"url": called})
        return Found(
            verdict="bad",
            text=_("Meta calls another address: %(url)s") % {"url": called[:200]}
            if called
            else _("No address is entered at Meta."),
            advice=_("Press “Set it at Meta for me”, or paste the address from the step before."),
        )


def _callback_url(channel: Channel) -> str:
    return hook_url(channel, "webhook")


def _signed(secret: str) -> str:
    return "sha256=" + hmac.new(secret.encode(), NOTHING_NEW, hashlib.sha256).hexdigest()


def _number(entry: dict[str, Any]) -> Number:
    status = str(entry.get("status") or "CONNECTED").upper()
    ready = status == "CONNECTED"
    words = [str(entry.get("verified_name") or "")]
    quality = str(entry.get("quality_rating") or "").upper()
    if quality in ("YELLOW", "RED"):
        words.append(_("quality %(colour)s") % {"colour": quality.lower()})
    return Number(
        address=str(entry["id"]),
        label=str(entry.get("display_phone_number") or entry["id"]),
        detail=" · ".join(filter(None, words))
        if ready
        else _("Not ready at WhatsApp: %(status)s.") % {"status": status.lower()},
        usable=ready,
    )
