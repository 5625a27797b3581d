"""Send a delivery, each try under a lease; again later while it fails, in the end not any more.

At least once: a try whose answer was lost is made again with the same `webhook-id`.
"""

from __future__ import annotations

import json
import logging
import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from asgiref.sync import async_to_sync
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from channels_io.actions.raise_alert import raise_alert
from channels_io.messaging.wake import wake
from channels_io.models import Delivery, Endpoint
from channels_io.outgoing.events import DELIVER
from channels_io.outgoing.secrets import secret_of
from channels_io.outgoing.signing import headers_of
from channels_io.sanitize import clean_text
from inference.errors import ParleyError
from parley.lib.egress import EgressRefused
from parley.lib.outbound import Caps, OutboundFailed, Request, outbound_client
from parley.lib.sealing import Unsealable

logger = logging.getLogger(__name__)

WAITS: Final = (5.0, 60.0, 300.0, 1800.0, 7200.0, 18000.0, 36000.0, 36000.0)
"""Seconds before the second try, the third ...: about 27 hours in all. Then it is given up."""
SECONDS: Final = 15.0
LEASE: Final = timedelta(seconds=60)
SHOWN: Final = 500
AT_ONCE: Final = 200
LATE: Final = timedelta(seconds=3)
GONE: Final = 410
"""The answer of a receiver that wants no more."""

State = Delivery.State


@dataclass(frozen=True, slots=True)
class Answer:
    """`status` 0: none came, and `code` says why."""

    status: int = 0
    text: str = ""
    code: str = ""

    @property
    def good(self) -> bool:
        return 200 <= self.status < 300


def deliver(delivery: int) -> bool:
    """One try of the delivery (primary key), if it is due and nobody is at it. Whether it arrived."""
    claimed = _claim(delivery)
    if claimed is None:
        return False
    row, until = claimed
    answer = _send(row)
    return _settle(row, until, answer)


def _claim(delivery: int) -> tuple[Delivery, datetime] | None:
    now = timezone.now()
    until = now + LEASE
    with transaction.atomic():
        rows = Delivery.objects.select_for_update(of=("self",), skip_locked=True).select_related("endpoint__workspace")
        free = Q(lease_until=None) | Q(lease_until__lt=now)
        row = rows.filter(free, pk=delivery, state=State.WAITING, due_at__lte=now).first()
        if row is None:
            return None
        if not row.endpoint.enabled or not row.body:
            code = "endpoint_off" if row.body else "erased"
            row.state, row.error_code, row.due_at = State.DEAD, code, None
            row.save(update_fields=["state", "error_code", "due_at", "updated_at"])
            return None
        row.lease_until, row.attempts = until, min(row.attempts + 1, 32_000)
        row.save(update_fields=["lease_until", "attempts", "updated_at"])
    return row, until


def body_of(delivery: Delivery) -> bytes:
    """As it is sent and signed: the same bytes at every try."""
    return json.dumps(delivery.body, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def _send(row: Delivery) -> Answer:
    body = body_of(row)
    try:
        signed = headers_of(secret_of(row.endpoint), row.body["id"], int(timezone.now().timestamp()), body)
        request = Request(
            method="POST",
            url=row.endpoint.url,
            headers={"Content-Type": "application/json", **signed},
            body=body,
        )
        caps = Caps(seconds=SECONDS, sent=1_000_000, redirects=0)
        response = async_to_sync(outbound_client().send)(request, caps)
    except Unsealable as error:
        return Answer(code=error.code)
    except OutboundFailed as error:
        # Whoever answers at length has answered.
        return Answer(code=error.code, text=error.message)
    except (EgressRefused, ParleyError) as error:
        return Answer(code=error.code, text=error.message)
    return Answer(response.status, response.text())


@transaction.atomic
def _settle(row: Delivery, until: datetime, answer: Answer) -> bool:
    held = Delivery.objects.select_for_update().filter(pk=row.pk, lease_until=until, state=State.WAITING).first()
    if held is None:
        return answer.good  # Another process has it by now, or somebody gave it up.
    now = timezone.now()
    held.status, held.answer = answer.status or None, clean_text(answer.text, SHOWN)
    held.error_code = "" if answer.good else (answer.code or f"http_{answer.status}")[:60]
    held.lease_until, held.due_at = None, None
    if answer.good:
        held.state, held.done_at = State.DONE, now
    elif held.attempts > len(WAITS) or answer.status == GONE:
        held.state = State.DEAD
        held.save()
        _give_up(row.endpoint, held, gone=answer.status == GONE)
        return False
    else:
        wait = WAITS[held.attempts - 1] * random.uniform(0.8, 1.2)  # noqa: S311 -- spreads load, hides nothing
        held.due_at = now + timedelta(seconds=wait)
        if wait <= 60:
            transaction.on_commit(lambda: wake(DELIVER, held.pk, countdown=wait + 0.2))
    held.save()
    return answer.good


def _give_up(endpoint: Endpoint, delivery: Delivery, *, gone: bool) -> None:
    """An endpoint that took nothing in all this time is switched off; one that merely refused this event is not."""
    took = Delivery.objects.filter(endpoint=endpoint, done_at__gte=delivery.created_at).exists()
    if took and not gone:
        return
    if Endpoint.objects.filter(pk=endpoint.pk, enabled=True).update(enabled=False, updated_at=timezone.now()):
        logger.warning("Endpoint %s was switched off: nothing arrives there.", endpoint.public_id)
        text = _("Nothing arrives at the webhook endpoint “%(name)s” any more (%(code)s): it was switched off.") % {
            "name": endpoint.name,
            "code": delivery.error_code,
        }
        raise_alert(
            endpoint.workspace,
            "endpoint_disabled",
            f"endpoint:{endpoint.public_id}",
            text,
            {"endpoint": endpoint.public_id, "code": delivery.error_code},
        )


def sweep_deliveries() -> int:
    """Wake somebody for what is due and was forgotten. Idempotent; how many."""
    now = timezone.now()
    free = Q(lease_until=None) | Q(lease_until__lt=now)
    due = Delivery.objects.filter(free, state=State.WAITING, due_at__lte=now - LATE).order_by("due_at")
    found = list(due.values_list("pk", flat=True)[:AT_ONCE])
    for delivery in found:
        wake(DELIVER, delivery)
    return len(found)
