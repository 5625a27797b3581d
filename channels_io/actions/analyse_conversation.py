"""Look at a conversation that is over, and write down what it came to. Idempotent by `Analysis.of`.

One process at a time, under a lease that each question renews. A conversation that went on meanwhile is not written
about: its next end makes it due again. Whoever fails tries again later; in the end what needs no model is written.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import DatabaseError, InterfaceError, transaction
from django.utils import timezone

from channels_io.after.asking import AsksWorker, free_worker
from channels_io.after.cost import write_costs
from channels_io.after.due import AFTER, free, places, wake_waiting
from channels_io.after.look import Found, look_at
from channels_io.after.material import Material, gather
from channels_io.after.promises import Promise
from channels_io.after.report import analysis_json
from channels_io.announce import announce
from channels_io.messaging.backoff import wait_after
from channels_io.models import Analysis, Conversation, FollowUp, Leg
from channels_io.outgoing import emit
from inference.errors import EngineError, ParleyError, WorkerError
from parley.lib.workers.store import known_urls

logger = logging.getLogger(__name__)

LEASE: Final = timedelta(seconds=120)
"""Longer than any one question takes."""
MOST_TRIES: Final = 8
FIRST_SECONDS: Final = 10.0
BUSY_SECONDS: Final = 20.0
PATIENCE: Final = timedelta(hours=2)
"""After that a busy worker is asked nevertheless: live turns go before it in any case."""
OFF: Final = "off"
AGENT: Final = "agent"
"""`FollowUp.source` of what was found in a conversation."""

State = Analysis.State


class LeaseLost(Exception):
    """Somebody else looks at it, or it is due anew: nothing is written."""


@dataclass(slots=True)
class _Claim:
    """`until` is the token: whoever holds the lease is who has written it last. `due` is what it was claimed for."""

    row: int
    due: datetime
    until: datetime


def analyse_conversation(conversation: int) -> str:
    """Of this primary key. What came of it: "done", "skipped", "later", "failed", or "" where there was nothing to do."""
    claim = _claim(conversation)
    if claim is None:
        return ""
    rows = Conversation.objects.select_related("workspace", "contact", "agent__published")
    try:
        result = _look(claim, rows.get(pk=conversation))
    except LeaseLost:
        # It may be ours still: then the conversation has gone on, and whoever looks next need not wait.
        Analysis.objects.filter(pk=claim.row, lease_until=claim.until).update(lease_until=None)
        return ""
    except (DatabaseError, InterfaceError):
        raise  # The lease ends by itself.
    except (WorkerError, EngineError) as error:
        result = _failed(claim, rows.get(pk=conversation), error)
    except Exception as error:  # Whatever it is, the row must not stay leased for it, nor be tried for ever.
        logger.exception("A conversation could not be looked at.")
        result = _failed(claim, rows.get(pk=conversation), ParleyError(str(error), code=type(error).__name__))
    wake_waiting()
    return result


def _claim(conversation: int) -> _Claim | None:
    now = timezone.now()
    if not places(now):
        return None
    until = now + LEASE
    with transaction.atomic():
        found = Analysis.objects.select_for_update(skip_locked=True).filter(free(now), due_at__lte=now)
        row = found.filter(conversation=conversation).first()
        if row is None or row.due_at is None:
            return None
        Analysis.objects.filter(pk=row.pk).update(lease_until=until)
        return _Claim(row.pk, row.due_at, until)


def _look(claim: _Claim, conversation: Conversation) -> str:
    if Leg.objects.filter(conversation=conversation, ended_at=None).exists():
        return _put_off(claim, None)
    if conversation.words_gone_at is not None:
        return _put_off(claim, None)  # What was found before stays.
    if conversation.test or conversation.contact.erased_at is not None:
        return _skip(claim, conversation, "")
    of = conversation.last_at
    material = gather(conversation)
    write_costs(conversation)
    if not material.spoken:
        return _skip(claim, conversation, "")
    if not material.settings.analyse:
        return _skip(claim, conversation, OFF)
    url = free_worker()
    if not url:
        if timezone.now() - of < PATIENCE:
            return _put_off(claim, timezone.now() + timedelta(seconds=BUSY_SECONDS))
        url = known_urls()[0]
    found = look_at(material, AsksWorker(url, material, lambda: _renew(claim)))
    _write(claim, conversation, of, material, found)
    return "done"


def _renew(claim: _Claim) -> None:
    """Raises LeaseLost, also where the conversation is due anew: it has gone on."""
    until = timezone.now() + LEASE
    rows = Analysis.objects.filter(pk=claim.row, lease_until=claim.until, due_at=claim.due)
    if not rows.update(lease_until=until):
        raise LeaseLost
    claim.until = until


def _held(claim: _Claim) -> Analysis:
    """The row, locked. Raises LeaseLost."""
    row = Analysis.objects.select_for_update().filter(pk=claim.row, lease_until=claim.until).first()
    if row is None:
        raise LeaseLost
    return row


@transaction.atomic
def _put_off(claim: _Claim, due: datetime | None) -> str:
    row = _held(claim)
    row.lease_until = None
    if row.due_at == claim.due:
        row.due_at = due
    row.save(update_fields=["lease_until", "due_at"])
    return "later"


@transaction.atomic
def _skip(claim: _Claim, conversation: Conversation, code: str) -> str:
    row = _held(claim)
    row.state, row.error_code, row.of = State.SKIPPED, code, conversation.last_at
    _let_go(row, claim)
    row.save()
    return "skipped"


def _failed(claim: _Claim, conversation: Conversation, error: ParleyError) -> str:
    """Later again, or for good: then with what the rules alone can say."""
    try:
        with transaction.atomic():
            row = _held(claim)
            row.attempts += 1
            row.error_code = error.code[:60]
            last = row.attempts >= MOST_TRIES
            if not last:
                row.lease_until = None
                if row.due_at == claim.due:
                    row.due_at = timezone.now() + wait_after(row.attempts, first=FIRST_SECONDS)
            row.save(update_fields=["attempts", "error_code", "lease_until", "due_at"])
        logger.warning(
            "Conversation %s was not looked at (%s), try %d.", conversation.public_id, error.code, row.attempts
        )
        if last:
            material = gather(conversation)
            _write(claim, conversation, conversation.last_at, material, look_at(material, None), code=error.code)
            return "failed"
    except LeaseLost:
        return ""
    return "later"


def _let_go(row: Analysis, claim: _Claim) -> None:
    """Of the lease; and of the date, unless it is due anew since it was claimed."""
    row.lease_until, row.done_at = None, timezone.now()
    if row.due_at == claim.due:
        row.due_at = None


@transaction.atomic
def _write(
    claim: _Claim, conversation: Conversation, of: datetime, material: Material, found: Found, *, code: str = ""
) -> None:
    """All of it, or nothing: the analysis, the outcome, the follow-ups, and that others are told."""
    now = Conversation.objects.select_for_update(of=("self",)).select_related("contact").get(pk=conversation.pk)
    row = _held(claim)
    if now.last_at != of and row.due_at == claim.due:  # Something late was recorded: once more, of all of it.
        row.due_at = timezone.now() + AFTER
    if now.last_at != of or now.contact.erased_at is not None:
        _let_go(row, claim)
        row.save(update_fields=["lease_until", "due_at"])
        return
    row.state, row.error_code = (State.FAILED, code[:60]) if code else (State.DONE, "")
    row.of, row.summary, row.sentiment, row.fields = of, found.summary, found.sentiment, found.fields
    row.unanswered, row.contained, row.model = found.unanswered, found.contained, found.model[:100]
    _let_go(row, claim)
    row.save()
    if found.outcome and not material.failed:
        conversation.outcome = now.outcome = found.outcome[:40]
        now.save(update_fields=["outcome", "updated_at"])
    _write_follow_ups(now, found.promises)
    row.conversation = now
    key = f"analysed:{now.public_id}:{of.isoformat()}:{row.done_at.isoformat() if row.done_at else ''}"
    announce(conversation.workspace, now, "analysis")
    emit(conversation.workspace, "conversation.analysed", now, analysis_json(row), key)


def _write_follow_ups(conversation: Conversation, promises: list[Promise]) -> None:
    """Each promise once, whatever was done about it; what an earlier look found and nobody took up goes if it is not there now."""
    ours = FollowUp.objects.filter(conversation=conversation, source=AGENT)
    texts = [promise.text for promise in promises]
    ours.filter(done_at=None, assignee=None).exclude(text__in=texts).delete()
    known = set(ours.values_list("text", flat=True))
    for promise in promises:
        if promise.text not in known:
            FollowUp.objects.create(
                workspace_id=conversation.workspace_id,
                conversation=conversation,
                text=promise.text,
                due_on=promise.due_on,
                source=AGENT,
            )
