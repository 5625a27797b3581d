"""Something that happened beside the turns of a leg."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from channels_io.models.conversation import Conversation
from channels_io.models.leg import Leg


class EventKind(models.TextChoices):
    INTERRUPTED = "interrupted", _("Interrupted")
    HOLD_FORGOTTEN = "hold_forgotten", _("Held too long, went on")
    TOOL_CALL = "tool_call", _("Tool call")
    TOOL_RESULT = "tool_result", _("Tool result")
    FAILED = "failed", _("Failure")
    WORKER_LOST = "worker_lost", _("Speech worker lost")
    WORKER_BACK = "worker_back", _("Speech worker back")
    WORKER_CHANGED = "worker_changed", _("Went on at another speech worker")
    RECONNECTED = "reconnected", _("Caller reconnected")
    AUDIO_DROPPED = "audio_dropped", _("Caller audio dropped")
    OWNER = "owner", _("Handed over")
    HANDOFF = "handoff", _("Asked for a person")
    NODE = "node", _("Step")
    LANGUAGE = "language", _("Another language")
    DTMF = "dtmf", _("Key pressed")
    WHISPERED = "whispered", _("Whispered to the agent")
    SAID_FOR_AGENT = "said_for_agent", _("Given to the agent to say")
    HOLD = "hold", _("On hold")
    PERSON_AWAY = "person_away", _("The person's browser was away")
    PERSON_TRANSFER = "person_transfer", _("Transfer by a person")


_ICONS = {
    EventKind.INTERRUPTED: "front_hand",
    EventKind.HOLD_FORGOTTEN: "timer_off",
    EventKind.TOOL_CALL: "build",
    EventKind.TOOL_RESULT: "task_alt",
    EventKind.FAILED: "error",
    EventKind.WORKER_LOST: "cloud_off",
    EventKind.WORKER_BACK: "cloud_done",
    EventKind.WORKER_CHANGED: "move_down",
    EventKind.RECONNECTED: "sync",
    EventKind.AUDIO_DROPPED: "signal_disconnected",
    EventKind.OWNER: "swap_horiz",
    EventKind.HANDOFF: "support_agent",
    EventKind.NODE: "account_tree",
    EventKind.LANGUAGE: "translate",
    EventKind.DTMF: "dialpad",
    EventKind.WHISPERED: "hearing",
    EventKind.SAID_FOR_AGENT: "record_voice_over",
    EventKind.HOLD: "pause_circle",
    EventKind.PERSON_AWAY: "person_off",
    EventKind.PERSON_TRANSFER: "phone_forwarded",
}

PROBLEMS: tuple[str, ...] = (EventKind.FAILED, EventKind.WORKER_LOST, EventKind.AUDIO_DROPPED)
"""Kinds that Home lists as problems."""


class Event(models.Model):
    """`seq` is the recorder's entry number in the leg: the same entry twice is one row."""

    workspace = models.ForeignKey("accounts.Workspace", on_delete=models.CASCADE, related_name="+")
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="events")
    leg = models.ForeignKey(Leg, on_delete=models.CASCADE, related_name="events")
    seq = models.BigIntegerField()
    kind = models.CharField(max_length=40)
    data: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict, blank=True)
    at_ms = models.PositiveIntegerField(default=0)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        constraints = (models.UniqueConstraint(fields=("leg", "seq"), name="channels_io_event_once"),)
        indexes = (
            models.Index(fields=("workspace", "at"), condition=Q(kind__in=PROBLEMS), name="channels_io_event_problem"),
        )

    def __str__(self) -> str:
        return self.kind

    @property
    def label(self) -> str:
        try:
            return str(EventKind(self.kind).label)
        except ValueError:
            return self.kind

    @property
    def icon(self) -> str:
        """Name of a Material Symbol."""
        return _ICONS.get(EventKind(self.kind), "info") if self.kind in EventKind.values else "info"

    @property
    def problem(self) -> bool:
        return self.kind in PROBLEMS
