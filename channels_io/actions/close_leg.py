"""End a leg, and its conversation when that was the last one open."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Max, Q
from django.utils import timezone

from channels_io import recordings
from channels_io.actions.change_owner import lose_owner
from channels_io.actions.learn_facts import learn_from
from channels_io.actions.settle_waiting import settle_waiting
from channels_io.after.due import due_after
from channels_io.announce import announce
from channels_io.end_reasons import EndReason
from channels_io.live.rejoin import CUT_OFF
from channels_io.models import Conversation, Leg, Outcome, Turn
from channels_io.outgoing import emit
from channels_io.sanitize import clean_count, clean_text


def close_leg(leg: Leg, reason: str, *, silent_since: datetime | None = None) -> bool:
    """Close `leg` for `reason` (`EndReason`, or a kind's own word); whether this call did it.

    The first close stays, unless it was the sweeper's: the process that ran the leg knows better how it ended.
    With `silent_since` a leg that gave a sign of life after that stays open, and an end lies where it was last seen.
    A recording is finished here: its header repaired if the writer never closed it, its waveform computed.
    """
    with transaction.atomic():
        found = Leg.objects.select_for_update().filter(pk=leg.pk)
        if silent_since is None:
            locked = found.filter(Q(ended_at=None) | Q(end_reason=EndReason.ABANDONED)).first()
        else:
            locked = found.filter(ended_at=None, seen_at__lt=silent_since).first()
        if locked is None:
            return False
        locked.ended_at = timezone.now() if silent_since is None else _last_sign(locked)
        locked.end_reason = clean_text(reason, 40)
        locked.save(update_fields=["ended_at", "end_reason", "updated_at"])
        _close_conversation(locked)
        _release(locked)
        announce(locked.workspace, locked.conversation, "live", "status")
        learn_from(locked)
    # What another machine recorded is left as it is.
    if locked.recording and (silent_since is None or recordings.path_of(locked.recording).is_file()):
        finish_recording(locked)
    leg.refresh_from_db()
    return True


def finish_recording(leg: Leg) -> None:
    """Fill in what is known only when the file is complete. A file with no sound in it is removed."""
    summary = recordings.finish(leg.recording)
    Leg.objects.filter(pk=leg.pk).update(
        recording=leg.recording if summary.ms else "",
        recording_rate=recordings.RATE if summary.ms else 0,
        recording_ms=clean_count(summary.ms),
        peaks=summary.peaks,
    )


def _last_sign(leg: Leg) -> datetime:
    """Its last heartbeat or the last thing said, whichever is later."""
    said: datetime | None = Turn.objects.filter(leg=leg).aggregate(last=Max("at"))["last"]
    return max(leg.seen_at, said or leg.seen_at)


def _close_conversation(leg: Leg) -> None:
    conversation = Conversation.objects.select_for_update().get(pk=leg.conversation_id)
    if Leg.objects.filter(conversation=conversation, ended_at=None).exists():
        return
    closed = conversation.status == Conversation.Status.CLOSED
    conversation.outcome = _outcome(conversation, leg)
    conversation.last_at = max(conversation.last_at, leg.ended_at or conversation.last_at)
    if not _is_somebodys(conversation, leg):
        conversation.status, conversation.closed_at = Conversation.Status.CLOSED, conversation.last_at
    conversation.save(update_fields=["status", "closed_at", "outcome", "last_at", "updated_at"])
    settle_waiting(Conversation.objects.filter(pk=conversation.pk))
    if not conversation.test:
        due_after(leg, closed=closed)
        body = {"leg": leg.public_id, "end_reason": leg.end_reason}
        emit(conversation.workspace, "conversation.ended", conversation, body, f"ended:{leg.public_id}")


def _release(leg: Leg) -> None:
    """A call that is over leaves its conversation to the agent: whoever calls again shall not speak to nobody."""
    if leg.media != Leg.Media.VOICE or leg.end_reason in CUT_OFF:
        return
    row = Conversation.objects.only("owner", "owner_number").get(pk=leg.conversation_id)
    if row.owner == Conversation.Owner.HUMAN and not Leg.objects.filter(conversation=row, ended_at=None).exists():
        lose_owner(row.pk, row.owner_number, "ended")


def _is_somebodys(conversation: Conversation, leg: Leg) -> bool:
    """A person's work is over when a person says so: it is assigned, or a written one waits or is answered by a person."""
    if conversation.assignee_id is not None:
        return True
    person = conversation.owner == Conversation.Owner.HUMAN or conversation.waits_since is not None
    return person and leg.media == Leg.Media.TEXT


def _outcome(conversation: Conversation, leg: Leg) -> str:
    """What was found in a conversation stays until it is looked at again."""
    if leg.failed:
        return Outcome.FAILED
    if conversation.outcome and conversation.outcome not in Outcome.values:
        return conversation.outcome
    spoke = Turn.objects.filter(conversation=conversation, role=Turn.Role.CALLER).exists()
    return Outcome.COMPLETED if spoke else Outcome.SILENT
