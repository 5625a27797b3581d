"""What was kept long enough goes: recordings first, then the words of conversations. Idempotent, in small steps.

As when a person is erased, a conversation stays as a row without words, so that figures of the past do not change.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from channels_io import recordings
from channels_io.models import (
    Analysis,
    Channel,
    Conversation,
    Delivery,
    Event,
    FollowUp,
    Handoff,
    InboundEvent,
    Leg,
    Note,
    OutboundMessage,
    PhoneCall,
    Turn,
    TurnState,
)
from channels_io.privacy.rules import privacy_rules
from parley.accounts.actor import system_actor
from parley.accounts.audit import audit
from parley.accounts.models import Workspace

A_STEP: Final = 200
"""Conversations or recordings in one transaction."""
MOST: Final = 20_000
"""Of each in one run of a workspace; the next goes on."""


def forget_old_words(now: datetime | None = None) -> int:
    """How many recordings and conversations were emptied."""
    moment = now or timezone.now()
    return sum(_of_workspace(workspace, moment) for workspace in Workspace.objects.order_by("pk"))


def _of_workspace(workspace: Workspace, now: datetime) -> int:
    rules = privacy_rules(workspace.pk)
    sounds = _forget_sounds(workspace, rules.keep_sound_days, now)
    talks = _forget_talks(workspace, rules.keep_days, now)
    if sounds or talks:
        audit(system_actor(workspace), "words.forgotten", workspace, recordings=sounds, conversations=talks)
    return sounds + talks


def _forget_sounds(workspace: Workspace, days: int | None, now: datetime) -> int:
    """Recordings whose channel's, or else the workspace's, days are over."""
    done = 0
    for keep, channels in _wishes(workspace, "keep_sound_days", days).items():
        if keep is None:
            continue
        old = Leg.objects.of(workspace).filter(channels, ended_at__lt=now - timedelta(days=keep)).exclude(recording="")
        while done < MOST:
            with transaction.atomic():
                legs = list(old.select_for_update(of=("self",), skip_locked=True).order_by("pk")[:A_STEP])
                _drop_recordings(legs)
            done += len(legs)
            if len(legs) < A_STEP:
                break
    return done


def _wishes(workspace: Workspace, column: str, days: int | None) -> dict[int | None, Q]:
    """How long things are kept, and the legs that this holds for. Legs without a channel are as the workspace wishes."""
    found: dict[int | None, Q] = {days: Q(channel=None)}
    for channel in Channel.objects.of(workspace).order_by("pk"):
        own = getattr(channel, column)
        keep = days if own is None else own
        found[keep] = found.get(keep, Q(pk=None)) | Q(channel=channel.pk)
    return found


def _forget_talks(workspace: Workspace, days: int | None, now: datetime) -> int:
    shortest = min((keep for keep in _wishes(workspace, "keep_days", days) if keep is not None), default=None)
    if shortest is None:
        return 0
    old = Conversation.objects.of(workspace).filter(words_gone_at=None, last_at__lt=now - timedelta(days=shortest))
    done, seen = 0, 0
    while done < MOST:
        with transaction.atomic():
            rows = old.filter(pk__gt=seen).select_for_update(of=("self",), skip_locked=True).order_by("pk")[:A_STEP]
            talks = list(rows.prefetch_related("legs__channel"))
            due = [talk for talk in talks if _is_due(talk, days, now)]
            empty_talks(due, now)
        done += len(due)
        if len(talks) < A_STEP:
            break
        seen = talks[-1].pk
    return done


def _is_due(talk: Conversation, days: int | None, now: datetime) -> bool:
    """Of a conversation over several channels the longest wish counts. One in which somebody talks stays."""
    keeps: set[int | None] = set()
    for leg in talk.legs.all():
        if leg.ended_at is None:
            return False
        own = leg.channel.keep_days if leg.channel is not None else None
        keeps.add(days if own is None else own)
    longest = [keep for keep in keeps or {days} if keep is not None]
    return None not in keeps and bool(longest) and talk.last_at < now - timedelta(days=max(longest))


def _drop_recordings(legs: Sequence[Leg]) -> None:
    """Inside a transaction: if a file cannot be removed, no row may say that it was."""
    names = [leg.recording for leg in legs if leg.recording]
    Leg.objects.filter(pk__in=[leg.pk for leg in legs]).update(recording="", recording_rate=0, recording_ms=0, peaks={})
    for name in names:
        recordings.remove(name)


def empty_talks(talks: Sequence[Conversation], now: datetime) -> None:
    """All words of `talks`: of people, agent, team and models. Call it inside a transaction."""
    keys = [talk.pk for talk in talks]
    if not keys:
        return
    of = Q(conversation__in=keys)
    _drop_recordings(list(Leg.objects.filter(of).exclude(recording="")))
    Turn.objects.filter(of).update(text="", full_text="", sealed="")
    Event.objects.filter(of).exclude(data={}).update(data={})
    TurnState.objects.filter(leg__conversation__in=keys).delete()
    Note.objects.filter(of).delete()
    FollowUp.objects.filter(of).delete()
    Handoff.objects.filter(of).update(summary="", reason="")
    Analysis.objects.filter(of).update(summary="", fields={}, unanswered=[])
    Delivery.objects.filter(of).update(body={}, answer="")
    messages = OutboundMessage.objects.filter(of)
    threads = list(messages.order_by().values_list("thread", flat=True).distinct())
    # The provider's ids stay: what is told twice must still be known.
    received = InboundEvent.objects.filter(thread__in=threads, received_at__lte=max(talk.last_at for talk in talks))
    received.exclude(state=InboundEvent.State.WAITING).exclude(body={}).update(body={})
    messages.update(content={})
    PhoneCall.objects.filter(of).update(plan={})
    Conversation.objects.filter(pk__in=keys).update(state={}, last_words="", words_gone_at=now)
