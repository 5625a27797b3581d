"""One call or chat session inside a conversation."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from agents.models import Version
from channels_io.models.channel import Channel
from channels_io.models.conversation import Conversation
from parley.accounts.models import WorkspaceModel


class EndReason(models.TextChoices):
    """Why a leg ended. A kind may use a word of its own; pages then show it as it is."""

    HUNG_UP = "hangup", _("Caller hung up")
    AGENT_ENDED = "agent_ended", _("Agent ended it")
    SILENCE = "silence", _("Nobody spoke")
    LOST = "lost", _("Connection lost")
    REPLACED = "replaced", _("Continued on another connection")
    PROTOCOL = "protocol", _("Refused: invalid data")
    WORKER_FULL = "worker_full", _("No free capacity")
    WORKER_LOST = "worker_lost", _("Speech worker lost")
    NO_WORKER = "no_worker", _("Speech worker unreachable")
    FAILED = "failed", _("Failed")
    SHUTDOWN = "shutdown", _("Server stopped")


FAILURES: tuple[str, ...] = (
    EndReason.WORKER_FULL,
    EndReason.WORKER_LOST,
    EndReason.NO_WORKER,
    EndReason.FAILED,
    EndReason.SHUTDOWN,
)
"""Ends that are ours to answer for: Home counts them as problems."""


class Leg(WorkspaceModel):
    """`spec` holds the compiled agent (JSON text) of a draft test; otherwise `version` says what ran.

    `recording` is a path below settings.PARLEY_RECORDINGS, empty without one. `peaks` is what
    `channels_io.recordings.peaks` returns for it.
    """

    id_prefix: ClassVar[str] = "lg"

    class Media(models.TextChoices):
        VOICE = "voice", _("Voice")
        TEXT = "text", _("Text")

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="legs")
    channel = models.ForeignKey(Channel, on_delete=models.SET_NULL, related_name="legs", null=True, blank=True)
    kind = models.CharField(_("kind"), max_length=40)
    version = models.ForeignKey(Version, on_delete=models.RESTRICT, related_name="+", null=True, blank=True)
    spec = models.TextField(_("draft specification"), blank=True)
    media = models.CharField(_("media"), max_length=10, choices=Media.choices)
    started_at = models.DateTimeField(_("started"), default=timezone.now)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    end_reason = models.CharField(_("end"), max_length=40, blank=True)
    recording = models.CharField(_("recording"), max_length=200, blank=True)
    recording_rate = models.PositiveIntegerField(_("recording rate (Hz)"), default=0)
    recording_ms = models.PositiveIntegerField(_("recording length (ms)"), default=0)
    peaks: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict, blank=True)

    class Meta:
        verbose_name = _("leg")
        verbose_name_plural = _("legs")
        indexes = (
            models.Index(fields=("workspace", "started_at"), name="channels_io_leg_start"),
            models.Index(fields=("channel", "started_at"), name="channels_io_leg_channel"),
            models.Index(fields=("workspace", "kind", "conversation"), name="channels_io_leg_kind"),
            models.Index(fields=("started_at",), condition=Q(ended_at=None), name="channels_io_leg_open"),
        )

    def __str__(self) -> str:
        return self.public_id

    @property
    def failed(self) -> bool:
        return self.end_reason in FAILURES

    @property
    def end_label(self) -> str:
        try:
            return str(EndReason(self.end_reason).label)
        except ValueError:
            return self.end_reason
