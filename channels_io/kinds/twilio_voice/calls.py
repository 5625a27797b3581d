"""The rows of calls: found or made by what Twilio says, and what a call that comes in is answered with."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final, Literal

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from agents.models import Version
from channels_io.call_settings import CallSettings
from channels_io.call_states import RANKS
from channels_io.e164 import exact_number
from channels_io.hooks import HookRefused
from channels_io.live.runner import WAITING
from channels_io.models import Channel, PhoneCall
from channels_io.sanitize import clean_text
from channels_io.splits import version_for
from channels_io.telephony import CallReport
from channels_io.twilio_hooks import SignedForm
from parley.lib.draining import is_draining

Answer = Literal["connect", "ask", "closed", "busy", "unpublished"]

_SID: Final = re.compile(r"[A-Za-z0-9_-]{2,64}", re.ASCII)


def sid_of(form: Mapping[str, str], name: str = "CallSid") -> str:
    """Raises HookRefused for what is no id of Twilio's."""
    sid = form.get(name, "")
    if not _SID.fullmatch(sid):
        raise HookRefused(f"{name} is missing")
    return sid


def incoming_call(signed: SignedForm) -> PhoneCall:
    """The call that Twilio asks about: made when it is new, the same row when it is asked again."""
    channel, sid = signed.channel, sid_of(signed.form)
    key = f"twilio:{sid}"
    calls = PhoneCall.objects.filter(workspace=channel.workspace, key=key, channel=channel)
    known = calls.first()
    if known is not None:
        return known
    remote = signed.said("From")
    running = version_for(channel, exact_number(remote) or sid)
    call = PhoneCall(
        workspace=channel.workspace,
        channel=channel,
        direction=PhoneCall.Direction.INBOUND,
        key=key,
        provider_id=sid,
        remote=clean_text(remote, 200),
        status=PhoneCall.Status.RINGING,
        rank=RANKS[PhoneCall.Status.RINGING],
        started_at=timezone.now(),
        plan={
            "answer": answer_for(channel, running, timezone.now()),
            "version": "" if running is None else running.public_id,
            "language": "en" if running is None else running.agent_spec().language,
        },
    )
    try:
        with transaction.atomic():
            call.save()
    except IntegrityError:  # Twilio asked twice in the same moment.
        found = calls.first()
        if found is None:
            raise HookRefused("the call is another channel's") from None
        return found
    return call


def answer_for(channel: Channel, running: Version | None, now: datetime) -> Answer:
    """Decided once a call, so that Twilio hears the same when it asks again."""
    wishes = CallSettings.of(channel.settings)
    if is_draining() or len(WAITING) >= settings.PARLEY_QUEUE_CALLERS:
        return "busy"
    if running is None:
        return "unpublished"
    if wishes.hours is not None and not wishes.hours.open_at(now):
        return "closed"
    return consent_for(running, wishes)


def consent_for(running: Version, wishes: CallSettings) -> Answer:
    """Whether a caller is asked before the call is recorded. That it is recorded is the agent's own first sentence."""
    return "ask" if running.draft.get("record_audio") and wishes.recording == "ask" else "connect"


def call_of(signed: SignedForm) -> PhoneCall:
    """The call that a webhook of Twilio's is about. Raises HookRefused when it is none of this channel's.

    A call that we placed and whose placing had no answer is known by its id in the query, and learns its id here.
    """
    sid = sid_of(signed.form)
    rows = PhoneCall.objects.select_related("contact", "conversation", "leg", "parent").filter(channel=signed.channel)
    named = signed.query.get("call", "")
    if not named:
        found = rows.filter(provider_id=sid).first()
    else:
        if "\0" in named:
            raise HookRefused("there is no such call")
        found = rows.filter(public_id=named).first()
        if found is not None and not found.provider_id:
            PhoneCall.objects.filter(pk=found.pk, provider_id="").update(provider_id=sid, unsure=False)
            found.provider_id = sid
    if found is None or found.provider_id != sid:
        raise HookRefused("there is no such call")
    return found


def language_of(call: PhoneCall) -> str:
    return str(call.plan.get("language") or "en")


def report_of(form: Mapping[str, str]) -> CallReport:
    """A status callback's words. A status that nobody knows counts as none."""
    status = form.get("CallStatus", "")
    seconds = form.get("CallDuration") or form.get("Duration") or "0"
    code = form.get("ErrorCode", "") or form.get("SipResponseCode", "")
    over = status in ("failed", "busy", "no-answer", "canceled")
    return CallReport(
        status="queued" if status == "initiated" else status,
        at=moment_of(form.get("Timestamp", "")),
        seconds=int(seconds) if seconds.isascii() and seconds.isdigit() and len(seconds) < 9 else 0,
        answered_by=form.get("AnsweredBy", ""),
        error_code=code if over else "",
    )


def moment_of(written: str) -> datetime | None:
    """ "Sun, 22 Nov 2026 21:00:00 +0000" or ISO 8601."""
    if not written:
        return None
    try:
        found = parsedate_to_datetime(written) if "," in written else datetime.fromisoformat(written)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
