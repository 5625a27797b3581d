"""Take in what a provider says of a telephone call: forward only, and once over, over."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from channels_io.call_states import LAST_OPEN, RANKS, RESULTS, is_over
from channels_io.campaigns.results import call_ended
from channels_io.guards.ask import over
from channels_io.models import PhoneCall
from channels_io.sanitize import clean_count, clean_text
from channels_io.telephony import CallReport


def report_call(call: PhoneCall, report: CallReport) -> PhoneCall:
    """The call as it is now. May be told the same again, late, and out of order.

    When it is over: no token opens its stream any more, its spending is released and its campaign told.
    """
    with transaction.atomic():
        locked = PhoneCall.objects.select_for_update(of=("self",)).select_related("workspace").get(pk=call.pk)
        was_over = is_over(locked.status)
        _take(locked, report)
        locked.save()
        if is_over(locked.status) and not was_over:
            end(locked)
    return locked


def end(call: PhoneCall) -> None:
    """What follows when `call`, locked by the caller, is over."""
    if call.direction != PhoneCall.Direction.INBOUND:
        over(call.workspace, call.key)
    if call.direction == PhoneCall.Direction.OUTBOUND:
        call_ended(call)


def _take(call: PhoneCall, report: CallReport) -> None:
    now = timezone.now()
    at = report.at or now
    rank = RANKS.get(report.status, 0)
    if report.answered_by:
        call.answered_by = clean_text(report.answered_by, 40)
    if report.status == PhoneCall.Status.IN_PROGRESS and call.answered_at is None:
        call.answered_at = at
    if rank > call.rank:
        call.status, call.rank = report.status, rank
        call.unsure = False
    if rank > LAST_OPEN:
        call.seconds = max(call.seconds, clean_count(report.seconds))
        call.ended_at = min(call.ended_at, at) if call.ended_at else at
        call.error_code = call.error_code or clean_text(report.error_code, 60)
        call.stream_digest = ""
        if "voicemail" not in call.plan:
            call.due_at = None
        # Its own word, unless somebody knew better: of two ends the one that counts.
        if not call.result or call.result in RESULTS.values():
            call.result = RESULTS[PhoneCall.Status(call.status)]
