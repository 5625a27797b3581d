"""A telephone call at the carrier: one that came in, one that we place, or the one to a person it is put through to."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from channels_io.models.channel import Channel
from channels_io.models.contact import Contact
from channels_io.models.conversation import Conversation
from channels_io.models.leg import Leg
from parley.accounts.models import WorkspaceModel


class PhoneCall(WorkspaceModel):
    """`key` is ours and unique in the workspace: placing the same call twice is one call.

    `status` never goes backwards (`rank` is the highest seen). `plan` holds what the call is for: of a placed one the
    variables and the message for a machine, of a transfer whom it briefs and how (`kinds.twilio_voice`).
    `stream_digest`: of the single-use token that opens its media stream, empty once it is used. `stream_number` counts the
    streams of the call; `stream_end` says why the newest one ended, as our side said it: empty while it runs, and when the
    process that ran it died.

    `due_at`: when a call that we place is to be dialed, or the message that a caller left is to be fetched; whoever
    does it holds its lease.
    """

    id_prefix: ClassVar[str] = "pc"

    class Direction(models.TextChoices):
        INBOUND = "inbound", _("Inbound")
        OUTBOUND = "outbound", _("Outbound")
        TRANSFER = "transfer", _("To a person")

    class Status(models.TextChoices):
        PLANNED = "planned", _("Planned")
        QUEUED = "queued", _("Queued")
        RINGING = "ringing", _("Ringing")
        IN_PROGRESS = "in-progress", _("Connected")
        COMPLETED = "completed", _("Ended")
        BUSY = "busy", _("Busy")
        NO_ANSWER = "no-answer", _("Not answered")
        FAILED = "failed", _("Failed")
        CANCELED = "canceled", _("Canceled")
        REFUSED = "refused", _("Not allowed")

    channel = models.ForeignKey(Channel, on_delete=models.SET_NULL, null=True, related_name="+")
    contact = models.ForeignKey(Contact, on_delete=models.SET_NULL, null=True, related_name="+")
    conversation = models.ForeignKey(Conversation, on_delete=models.SET_NULL, null=True, related_name="+")
    leg = models.ForeignKey(Leg, on_delete=models.SET_NULL, null=True, related_name="+")
    parent = models.ForeignKey("self", on_delete=models.CASCADE, null=True, related_name="+")
    direction = models.CharField(_("direction"), max_length=12, choices=Direction.choices)
    key = models.CharField(max_length=200)
    provider_id = models.CharField(_("provider's id"), max_length=80, blank=True)
    remote = models.CharField(_("number"), max_length=200, blank=True)
    status = models.CharField(_("status"), max_length=16, choices=Status.choices, default=Status.PLANNED)
    rank = models.PositiveSmallIntegerField(default=0)
    answered_by = models.CharField(_("answered by"), max_length=40, blank=True)
    result = models.CharField(_("result"), max_length=40, blank=True)
    plan: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict, blank=True)
    stream_digest = models.CharField(max_length=64, blank=True)
    stream_until = models.DateTimeField(null=True, blank=True)
    stream_number = models.PositiveSmallIntegerField(default=0)
    stream_end = models.CharField(max_length=40, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    unsure = models.BooleanField(default=False)
    error_code = models.CharField(_("error code"), max_length=60, blank=True)
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    seconds = models.PositiveIntegerField(_("seconds"), default=0)

    class Meta:
        verbose_name = _("telephone call")
        verbose_name_plural = _("telephone calls")
        constraints = (
            models.UniqueConstraint(fields=("workspace", "key"), name="channels_io_phone_call_once"),
            models.UniqueConstraint(
                fields=("workspace", "provider_id"),
                condition=~models.Q(provider_id=""),
                name="channels_io_phone_call_provider",
            ),
        )
        indexes = (
            models.Index(
                fields=("due_at",), condition=models.Q(due_at__isnull=False), name="channels_io_phone_call_due"
            ),
            models.Index(
                fields=("workspace", "direction"),
                condition=models.Q(ended_at__isnull=True),
                name="channels_io_phone_call_open",
            ),
        )

    def __str__(self) -> str:
        return self.public_id
