"""One call or chat session inside a conversation."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from agents.models import Version
from channels_io.end_reasons import FAILURES, Tone, label_of, tone_of
from channels_io.models.channel import Channel
from channels_io.models.conversation import Conversation
from parley.accounts.models import WorkspaceModel


class Leg(WorkspaceModel):
    """`spec` holds the compiled agent (JSON text) of a draft test; otherwise `version` says what ran.

    `seen_at` is renewed while the process lives that runs the leg (`live.heartbeat`).

    `went_back_to` is where this leg of a test conversation began, when that was an earlier turn.

    `recording` is a path below settings.PARLEY_RECORDINGS, empty without one. `peaks` is what
    `channels_io.recordings.peaks` returns for it.
    """

    id_prefix: ClassVar[str] = "lg"

    class Media(models.TextChoices):
        VOICE = "voice", _("Voice")
        TEXT = "text", _("Text")

    class Consent(models.TextChoices):
        """How far the caller's consent to being recorded has come; empty: nothing is recorded."""

        NOT_NEEDED = "not_needed", _("Not needed")
        TOLD = "told", _("Was told")
        ASKED = "asked", _("Asked")
        GIVEN = "given", _("Given")
        REFUSED = "refused", _("Refused")

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="legs")
    channel = models.ForeignKey(Channel, on_delete=models.SET_NULL, related_name="legs", null=True, blank=True)
    kind = models.CharField(_("kind"), max_length=40)
    version = models.ForeignKey(Version, on_delete=models.RESTRICT, related_name="+", null=True, blank=True)
    spec = models.TextField(_("draft specification"), blank=True)
    went_back_to = models.ForeignKey(
        "channels_io.TurnState", on_delete=models.SET_NULL, related_name="+", null=True, blank=True
    )
    media = models.CharField(_("media"), max_length=10, choices=Media.choices)
    started_at = models.DateTimeField(_("started"), default=timezone.now)
    seen_at = models.DateTimeField(_("last sign of life"), default=timezone.now)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    end_reason = models.CharField(_("end"), max_length=40, blank=True)
    consent = models.CharField(
        _("consent to recording"), max_length=12, choices=Consent.choices, blank=True, default=""
    )
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
        return label_of(self.end_reason)

    @property
    def end_tone(self) -> Tone:
        return tone_of(self.end_reason)
