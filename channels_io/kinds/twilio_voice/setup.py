"""Setting a telephone number up: which there are, where Twilio calls us for it, and whether all of it holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels_io.carriers.twilio import TwilioAccount, compared, signature_test
from channels_io.hooks import hook_url
from channels_io.models import Account, Channel
from channels_io.phone_numbers import clean_number, shown_number
from channels_io.setting_up import Check, Found, Number, SetUpFailed, Webhook, found

RETRIES: Final = "#rc=2&rp=ct,rt,5xx"
"""Twilio's own retries are one, and only when it cannot connect. A call hears silence meanwhile, so not more."""


def set_up(account: Account) -> VoiceSetUp:
    return VoiceSetUp(account)


class VoiceSetUp:
    def __init__(self, account: Account) -> None:
        self._account = account

    def sign_in(self) -> str:
        return TwilioAccount(self._account).name()

    def numbers(self) -> Sequence[Number]:
        return [_number(entry) for entry in TwilioAccount(self._account).numbers() if entry.get("phone_number")]

    def clean_address(self, text: str) -> str:
        return clean_number(text)

    def webhooks(self, channel: Channel) -> Sequence[Webhook]:
        return [
            Webhook(
                label=_("A call comes in: webhook, HTTP POST"),
                value=_voice_url(channel),
                help=_("With its end after #: it makes Twilio try again when this server restarts."),
            ),
            Webhook(label=_("Primary handler fails: webhook, HTTP POST"), value=_fallback_url(channel)),
            Webhook(label=_("Call status changes, HTTP POST"), value=hook_url(channel, "status")),
        ]

    def configure(self, channel: Channel) -> str:
        twilio = TwilioAccount(self._account)
        entry = _own_number(twilio, channel)
        if entry.get("trunk_sid"):
            raise _on_a_trunk()
        fields = {
            "VoiceUrl": _voice_url(channel),
            "VoiceMethod": "POST",
            "VoiceFallbackUrl": _fallback_url(channel),
            "VoiceFallbackMethod": "POST",
            "StatusCallback": hook_url(channel, "status"),
            "StatusCallbackMethod": "POST",
            # A TwiML application on the number would be called in place of these.
            "VoiceApplicationSid": "",
        }
        twilio.update_number(str(entry["sid"]), fields)
        return _("Twilio now sends calls to %(number)s here.") % {"number": shown_number(channel.address)}

    def checks(self, channel: Channel) -> Sequence[Check]:
        return [
            Check(
                name="credentials",
                label=gettext_lazy("Twilio takes the account's secrets"),
                run=lambda: Found(verdict="good", text=_("Signed in to “%(name)s”.") % {"name": self.sign_in()}),
            ),
            Check(
                name="number",
                label=gettext_lazy("The number belongs to the account"),
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
                run=lambda: signature_test(hook_url(channel, "check"), TwilioAccount(self._account)),
                needs=("public_url",),
            ),
        ]

    def _number_check(self, channel: Channel) -> Found:
        number = _number(_own_number(TwilioAccount(self._account), channel))
        if not number.usable:
            return Found(verdict="bad", text=number.detail, advice=_("Choose a number that can take calls."))
        return Found(verdict="good", text=f"{number.label} · {number.detail}")

    def _webhook_check(self, channel: Channel) -> Found:
        entry = _own_number(TwilioAccount(self._account), channel)
        if entry.get("trunk_sid"):
            return found(_on_a_trunk())
        if entry.get("voice_application_sid"):
            text = _("The number is given to a TwiML application, which Twilio calls in our place.")
            advice = _("Press “Set it at Twilio for me”, or set “Configure with” to webhooks at Twilio.")
            return Found(verdict="bad", text=text, advice=advice)
        if str(entry.get("voice_method") or "POST").upper() != "POST":
            text = _("Twilio calls this server with %(method)s.") % {"method": entry["voice_method"]}
            return Found(verdict="bad", text=text, advice=_("Choose HTTP POST at Twilio, or have it set for you."))
        primary = compared(str(entry.get("voice_url") or ""), _voice_url(channel), _("incoming calls"))
        if primary.verdict != "good":
            return primary
        missing = [
            name
            for name, ours in (
                ("voice_fallback_url", _fallback_url(channel)),
                ("status_callback", hook_url(channel, "status")),
            )
            if entry.get(name) != ours
        ]
        if missing:
            text = _("Calls come here, but the address for failures or for status changes is not ours.")
            return Found(
                verdict="warn", text=text, advice=_("Callers then hear an error of Twilio's when this server is away.")
            )
        return primary


def _own_number(twilio: TwilioAccount, channel: Channel) -> dict[str, Any]:
    entries = [entry for entry in twilio.numbers(channel.address) if entry.get("phone_number") == channel.address]
    if not entries:
        raise SetUpFailed(
            _("The account has no number %(number)s.") % {"number": shown_number(channel.address)},
            code="not_found",
            advice=_("Buy it, or choose another number or account. Verified caller ids cannot take calls."),
        )
    return entries[0]


def _number(entry: dict[str, Any]) -> Number:
    able = entry.get("capabilities") or {}
    speaks = bool(able.get("voice", True))
    name = str(entry.get("friendly_name") or "")
    shown = shown_number(str(entry["phone_number"]))
    detail = name if name and _digits(name) != _digits(shown) else _("takes calls")
    return Number(
        address=str(entry["phone_number"]),
        label=shown,
        detail=detail if speaks else _("It cannot take calls."),
        usable=speaks,
    )


def _digits(text: str) -> str:
    """Twilio names a number by its digits until somebody calls it something else."""
    return "".join(character for character in text if character.isdigit())


def _voice_url(channel: Channel) -> str:
    return hook_url(channel, "voice") + RETRIES


def _fallback_url(channel: Channel) -> str:
    return hook_url(channel, "fallback") + RETRIES


def _on_a_trunk() -> SetUpFailed:
    return SetUpFailed(
        _("The number is given to an Elastic SIP trunk."),
        code="refused",
        advice=_("Take it off the trunk in the Twilio console; a trunk gets the calls before any webhook does."),
    )
