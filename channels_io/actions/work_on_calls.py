"""What is due for telephone calls: dialing, machines that took one, messages that were left, and how silent ones ended."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from channels_io.actions.answer_machine import answer_machine
from channels_io.actions.dial_call import dial_call
from channels_io.actions.keep_voicemail import keep_voicemail
from channels_io.actions.report_call import report_call
from channels_io.models import PhoneCall
from channels_io.registry import UnknownKind, dialer_of
from channels_io.telephony import CallReport, Dialer, DialFailed
from inference.errors import ParleyError, WorkerError

logger = logging.getLogger(__name__)

WORK: Final = "channels_io.tasks.work_on_phone_calls"
LEASE: Final = timedelta(seconds=120)
"""Longer than requests to a provider and to a worker take, time limits and all."""
ATTEMPTS: Final = 6
LONG: Final = 30
"""Attempts at a message that was left: nobody waits for it, and it must not be lost."""
AT_ONCE: Final = 50
SILENT: Final = timedelta(minutes=10)
"""A call of which nothing was heard so long is asked about."""


def work_on_calls() -> int:
    """How many were worked on. May run many times at once."""
    return sum(work_on_call(pk) for pk in list(_due().values_list("pk", flat=True)[:AT_ONCE]))


def settle_silent_calls() -> int:
    """Ask how calls ended whose end nobody told; how many were asked about."""
    open_calls = PhoneCall.objects.filter(ended_at=None, updated_at__lt=timezone.now() - SILENT).exclude(provider_id="")
    pks = list(open_calls.order_by("updated_at").values_list("pk", flat=True)[:AT_ONCE])
    for call in _whole().filter(pk__in=pks):
        PhoneCall.objects.filter(pk=call.pk).update(updated_at=timezone.now())
        try:
            report = _dialer(call).fetch(call)
        except DialFailed as error:
            logger.info("Call %s could not be asked about: %s.", call.public_id, error.code)
            continue
        report_call(call, report or CallReport(status=PhoneCall.Status.FAILED, error_code="unknown_call"))
    return len(pks)


def work_on_call(pk: int) -> bool:
    """Whether this very run did what was due."""
    call = _leased(pk)
    if call is None:
        return False
    try:
        dialer = _dialer(call)
        if call.status == PhoneCall.Status.PLANNED:
            dial_call(call, dialer)
        elif call.plan.get("voicemail"):
            keep_voicemail(call, dialer)
        elif call.plan.get("machine_due"):
            answer_machine(call, dialer)
    except (DialFailed, WorkerError) as error:
        _failed(call, error)
        return False
    PhoneCall.objects.filter(pk=pk).update(due_at=None, lease_until=None, attempts=0)
    return True


def _due() -> QuerySet[PhoneCall]:
    now = timezone.now()
    free = Q(lease_until=None) | Q(lease_until__lt=now)
    return PhoneCall.objects.filter(free, due_at__lte=now).order_by("due_at")


def _whole() -> QuerySet[PhoneCall]:
    return PhoneCall.objects.select_related(
        "channel__account__workspace", "channel__agent__published", "channel__workspace", "workspace", "contact",
        "conversation",
    )  # fmt: skip


def _leased(pk: int) -> PhoneCall | None:
    with transaction.atomic():
        call: PhoneCall | None = _due().select_for_update(of=("self",), skip_locked=True).filter(pk=pk).first()
        if call is None:
            return None
        call.lease_until = timezone.now() + LEASE
        call.attempts += 1
        call.save(update_fields=["lease_until", "attempts"])
    return _whole().get(pk=pk)


def _dialer(call: PhoneCall) -> Dialer:
    channel = call.channel
    if channel is None or (not channel.enabled and call.status == PhoneCall.Status.PLANNED):
        raise DialFailed("Its channel is gone or switched off.", code="no_channel", verdict="never")
    try:
        return dialer_of(channel)
    except (UnknownKind, LookupError) as error:
        raise DialFailed("Its channel places no calls.", code="no_channel", verdict="never") from error


def _failed(call: PhoneCall, error: ParleyError) -> None:
    verdict, retry_after = ("later", 0.0) if not isinstance(error, DialFailed) else (error.verdict, error.retry_after)
    planned = call.status == PhoneCall.Status.PLANNED
    logger.warning("Call %s: what was due failed: %s (%s).", call.public_id, error.code, verdict)
    if verdict == "never" or call.attempts >= (LONG if call.plan.get("voicemail") else ATTEMPTS):
        if planned:
            report_call(call, CallReport(status=PhoneCall.Status.FAILED, error_code=error.code))
        PhoneCall.objects.filter(pk=call.pk).update(due_at=None, lease_until=None, error_code=error.code[:60])
        return
    wait = max(timedelta(seconds=min(300, 3 * 2 ** min(call.attempts, 7))), timedelta(seconds=retry_after))
    PhoneCall.objects.filter(pk=call.pk).update(
        due_at=timezone.now() + wait, lease_until=None, error_code=error.code[:60]
    )
