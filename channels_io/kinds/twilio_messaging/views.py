"""What Twilio tells us about messages, and the files it fetches from us."""

from __future__ import annotations

from typing import Final

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.http import require_safe

from channels_io import recordings
from channels_io.actions.take_inbound import take_inbound
from channels_io.hooks import hook
from channels_io.kinds.twilio_messaging.codec import message_of_form, report_of_form
from channels_io.kinds.twilio_messaging.kind import KIND
from channels_io.kinds.twilio_messaging.tickets import read_ticket
from channels_io.messaging.provider import body_of
from channels_io.models import Channel, InboundEvent
from channels_io.twilio_hooks import SignedForm, signed_form

EMPTY: Final = '<?xml version="1.0" encoding="UTF-8"?><Response/>'
"""No answer from here: what the agent says goes out over the REST API when it has thought."""


@hook
def message(request: HttpRequest, channel: str) -> HttpResponseBase:
    """A message of a person, committed before the 2xx."""
    signed = signed_form(request, KIND.name, channel)
    if (signed.said("MessageStatus") or signed.said("SmsStatus")) not in ("", "received", "receiving"):
        return _took(signed, "")  # A sender whose status callback was set to this address too.
    if (incoming := message_of_form(signed.form)) is not None:
        take_inbound(
            _meant(signed),
            signed.account,
            InboundEvent.Kind.MESSAGE,
            incoming.key,
            body_of(incoming),
            address=incoming.address,
            at=incoming.at,
        )
    return _answer()


@hook
def status(request: HttpRequest, channel: str) -> HttpResponseBase:
    """What became of a message of ours; `?key=` is our own id of it, signed with the address."""
    signed = signed_form(request, KIND.name, channel)
    return _took(signed, signed.query.get("key", ""))


@require_safe
def media(request: HttpRequest, channel: str, ticket: str) -> HttpResponseBase:
    """A voice note of ours, for Twilio to fetch: whoever has the ticket, for as long as it lasts."""
    name = read_ticket(channel, ticket)
    try:
        sound = recordings.path_of(name).read_bytes() if name else b""
    except (OSError, ValueError):
        sound = b""
    if not sound:
        return HttpResponse("Not found\n", status=404, content_type="text/plain; charset=utf-8")
    answer = HttpResponse(sound, content_type="audio/ogg")
    answer["Cache-Control"] = "private, no-store"
    return answer


def _took(signed: SignedForm, key: str) -> HttpResponse:
    if (read := report_of_form(signed.form, key)) is not None:
        word, report = read
        take_inbound(
            signed.channel,
            signed.account,
            InboundEvent.Kind.STATUS,
            f"{report.provider_id}:{word}",
            body_of(report),
            at=report.at,
        )
    return _answer()


def _meant(signed: SignedForm) -> Channel:
    """The account's channel of the address that was written to: several senders may share one webhook."""
    to = signed.said("To")
    if to == signed.channel.address:
        return signed.channel
    others = Channel.objects.filter(account=signed.account, kind=KIND.name, address=to, enabled=True)
    other = others.select_related("workspace", "account__workspace", "agent").first()
    return other or signed.channel


def _answer() -> HttpResponse:
    return HttpResponse(EMPTY, content_type="text/xml; charset=utf-8")
