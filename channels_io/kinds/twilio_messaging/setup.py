"""Setting a Twilio sender up, for SMS or for WhatsApp: which there are, where Twilio calls us, and whether all of it holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels_io.carriers.twilio import TwilioAccount, compared, signature_test
from channels_io.hooks import hook_url
from channels_io.models import Account, Channel
from channels_io.phone_numbers import clean_number, shown_number
from channels_io.setting_up import Check, Found, Number, SetUpFailed, Webhook

WHATSAPP: Final = "whatsapp:"
"""Before the number of a WhatsApp sender, in `Channel.address` as at Twilio; an SMS sender has the number alone."""
RETRIES: Final = "#rc=5&rp=ct,rt,5xx"
"""Nobody waits on the line, and every message is taken only once: as often as Twilio allows."""
READY: Final = ("ONLINE", "ONLINE:UPDATING")


def set_up(account: Account) -> MessagingSetUp:
    return MessagingSetUp(account)


class MessagingSetUp:
    def __init__(self, account: Account) -> None:
        self._account = account

    def sign_in(self) -> str:
        return TwilioAccount(self._account).name()

    def numbers(self) -> Sequence[Number]:
        twilio = TwilioAccount(self._account)
        senders = [_sender(entry) for entry in _senders(twilio)]
        return [*senders, *(_sms_number(entry) for entry in twilio.numbers() if entry.get("phone_number"))]

    def clean_address(self, text: str) -> str:
        address = text.strip()
        if address.lower().startswith(WHATSAPP):
            return WHATSAPP + clean_number(address[len(WHATSAPP) :])
        return clean_number(address)

    def webhooks(self, channel: Channel) -> Sequence[Webhook]:
        help_text = _("With its end after #: it makes Twilio try again when this server restarts.")
        if _is_whatsapp(channel):
            return [
                Webhook(
                    label=_("Webhook URL for incoming messages, HTTP POST"), value=_message_url(channel), help=help_text
                ),
                Webhook(label=_("Fallback URL, HTTP POST"), value=_message_url(channel)),
                Webhook(label=_("Status callback URL, HTTP POST"), value=hook_url(channel, "status")),
            ]
        return [
            Webhook(label=_("A message comes in: webhook, HTTP POST"), value=_message_url(channel), help=help_text),
            Webhook(label=_("Primary handler fails: webhook, HTTP POST"), value=_message_url(channel)),
        ]

    def configure(self, channel: Channel) -> str:
        twilio = TwilioAccount(self._account)
        url = _message_url(channel)
        if _is_whatsapp(channel):
            webhook = {
                "callback_url": url,
                "callback_method": "POST",
                "fallback_url": url,
                "fallback_method": "POST",
                "status_callback_url": hook_url(channel, "status"),
                "status_callback_method": "POST",
            }
            twilio.update_sender(str(_own_sender(twilio, channel)["sid"]), webhook)
        else:
            fields = {
                "SmsUrl": url,
                "SmsMethod": "POST",
                "SmsFallbackUrl": url,
                "SmsFallbackMethod": "POST",
                "SmsApplicationSid": "",
            }
            twilio.update_number(str(_own_number(twilio, channel)["sid"]), fields)
        return _("Twilio now sends messages to %(number)s here.") % {"number": _shown(channel.address)}

    def checks(self, channel: Channel) -> Sequence[Check]:
        return [
            Check(
                name="credentials",
                label=gettext_lazy("Twilio takes the account's secrets"),
                run=lambda: Found(verdict="good", text=_("Signed in to “%(name)s”.") % {"name": self.sign_in()}),
            ),
            Check(
                name="number",
                label=gettext_lazy("The sender belongs to the account"),
                run=lambda: self._number_check(channel),
                needs=("credentials",),
            ),
            Check(
                name="webhook",
                label=gettext_lazy("Twilio calls this server for it"),
                run=lambda: self._webhook_check(channel),
                needs=("credentials", "number"),
            ),
            Check(
                name="signature",
                label=gettext_lazy("Our webhook believes Twilio, and only Twilio"),
                run=lambda: signature_test(hook_url(channel, "message"), TwilioAccount(self._account)),
                needs=("public_url",),
            ),
        ]

    def _number_check(self, channel: Channel) -> Found:
        twilio = TwilioAccount(self._account)
        if _is_whatsapp(channel):
            number = _sender(_own_sender(twilio, channel))
            advice = _("Finish its registration in the Twilio console, under Messaging, Senders, WhatsApp senders.")
        else:
            number = _sms_number(_own_number(twilio, channel))
            advice = _("Choose a number that can text. In some countries only mobile numbers can.")
        if not number.usable:
            return Found(verdict="bad", text=number.detail, advice=advice)
        return Found(verdict="good", text=f"{number.label} · {number.detail}")

    def _webhook_check(self, channel: Channel) -> Found:
        twilio = TwilioAccount(self._account)
        what = _("incoming messages")
        if _is_whatsapp(channel):
            webhook = _own_sender(twilio, channel).get("webhook") or {}
            return compared(str(webhook.get("callback_url") or ""), _message_url(channel), what)
        entry = _own_number(twilio, channel)
        if entry.get("sms_application_sid"):
            text = _("The number is given to a TwiML application, which Twilio calls in our place.")
            advice = _("Press “Set it at Twilio for me”, or set “Configure with” to webhooks at Twilio.")
            return Found(verdict="bad", text=text, advice=advice)
        if str(entry.get("sms_method") or "POST").upper() != "POST":
            text = _("Twilio calls this server with %(method)s.") % {"method": entry["sms_method"]}
            return Found(verdict="bad", text=text, advice=_("Choose HTTP POST at Twilio, or have it set for you."))
        return compared(str(entry.get("sms_url") or ""), _message_url(channel), what)


def _is_whatsapp(channel: Channel) -> bool:
    return channel.address.startswith(WHATSAPP)


def _shown(address: str) -> str:
    return shown_number(address.removeprefix(WHATSAPP))


def _message_url(channel: Channel) -> str:
    return hook_url(channel, "message") + RETRIES


def _senders(twilio: TwilioAccount) -> list[dict[str, Any]]:
    """[] also where the account knows no senders: many have SMS only."""
    try:
        return [entry for entry in twilio.senders() if str(entry.get("sender_id", "")).startswith(WHATSAPP)]
    except SetUpFailed as failed:
        if failed.code in ("not_found", "refused"):
            return []
        raise


def _own_sender(twilio: TwilioAccount, channel: Channel) -> dict[str, Any]:
    for entry in _senders(twilio):
        if entry.get("sender_id") == channel.address:
            return entry
    raise SetUpFailed(
        _("The account has no WhatsApp sender %(number)s.") % {"number": _shown(channel.address)},
        code="not_found",
        advice=_(
            "Register the number in the Twilio console, under Messaging, Senders, WhatsApp senders. Twilio's sandbox number "
            "is in no list: paste the addresses into the sandbox settings and try it with a message."
        ),
    )


def _own_number(twilio: TwilioAccount, channel: Channel) -> dict[str, Any]:
    for entry in twilio.numbers(channel.address):
        if entry.get("phone_number") == channel.address:
            return entry
    raise SetUpFailed(
        _("The account has no number %(number)s.") % {"number": _shown(channel.address)},
        code="not_found",
        advice=_("Buy it, or choose another number or account."),
    )


def _sender(entry: dict[str, Any]) -> Number:
    status = str(entry.get("status") or "").upper()
    ready = status in READY
    profile = entry.get("profile") or {}
    name = str(profile.get("name") or "") if isinstance(profile, dict) else ""
    not_ready = _("Not ready at WhatsApp: %(status)s.") % {"status": status.lower().replace("_", " ") or "?"}
    return Number(
        address=str(entry["sender_id"]),
        label=_shown(str(entry["sender_id"])),
        detail=" · ".join(filter(None, (_("WhatsApp"), name))) if ready else not_ready,
        usable=ready,
    )


def _sms_number(entry: dict[str, Any]) -> Number:
    able = entry.get("capabilities") or {}
    texts = bool(able.get("sms", able.get("SMS", True)))
    return Number(
        address=str(entry["phone_number"]),
        label=_shown(str(entry["phone_number"])),
        detail=_("SMS") if texts else _("It cannot send or take texts."),
        usable=texts,
    )
