"""End a leg, and its conversation when that was the last one open."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from channels_io import recordings
from channels_io.models import Conversation, Leg, Outcome, Turn
from channels_io.sanitize import clean_count, clean_text


def close_leg(leg: Leg, reason: str) -> None:
    """Close `leg` for `reason` (`EndReason`, or a kind's own word). The first close stays.

    A recording is finished here: its header repaired if the writer never closed it, its waveform computed.
    """
    now = timezone.now()
    with transaction.atomic():
        locked = Leg.objects.select_for_update().filter(pk=leg.pk, ended_at=None).first()
        if locked is None:
            return
        locked.ended_at = now
        locked.end_reason = clean_text(reason, 40)
        locked.save(update_fields=["ended_at", "end_reason", "updated_at"])
        _close_conversation(locked)
    if locked.recording:
        finish_recording(locked)
    leg.refresh_from_db()


def finish_recording(leg: Leg) -> None:
    """Fill in what is known only when the file is complete. A file with no sound in it is removed."""
    summary = recordings.finish(leg.recording)
    Leg.objects.filter(pk=leg.pk).update(
        recording=leg.recording if summary.ms else "",
        recording_rate=recordings.RATE if summary.ms else 0,
        recording_ms=clean_count(summary.ms),
        peaks=summary.peaks,
    )


def _close_conversation(leg: Leg) -> None:
    conversation = Conversation.objects.select_for_update().get(pk=leg.conversation_id)
    if Leg.objects.filter(conversation=conversation, ended_at=None).exists():
        return
    conversation.status = Conversation.Status.CLOSED
    conversation.outcome = _outcome(conversation, leg)
    conversation.last_at = max(conversation.last_at, leg.ended_at or conversation.last_at)
    conversation.save(update_fields=["status", "outcome", "last_at", "updated_at"])


def _outcome(conversation: Conversation, leg: Leg) -> Outcome:
    if leg.failed:
        return Outcome.FAILED
    spoke = Turn.objects.filter(conversation=conversation, role=Turn.Role.CALLER).exists()
    return Outcome.COMPLETED if spoke else Outcome.SILENT
