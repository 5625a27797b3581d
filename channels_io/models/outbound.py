"""The outbox: what is to be sent to a person, committed before anybody tries."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from channels_io.models.channel import Channel
from channels_io.models.contact import Contact
from channels_io.models.conversation import Conversation
from channels_io.models.leg import Leg
from channels_io.models.thread import Thread
from parley.accounts.models import WorkspaceModel


class OutboundMessage(WorkspaceModel):
    """`key` is ours and unique in the workspace: whoever asks twice for the same message gets the same row.

    Rows of a thread leave in the order of `pk`. `unsure`: it was handed over and no answer came; it is looked up at the
    provider before it is sent again. `content` is described in `channels_io.messaging.content`.
    """

    id_prefix: ClassVar[str] = "om"

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENT = "sent", _("Sent")
        DELIVERED = "delivered", _("Delivered")
        READ = "read", _("Read")
        FAILED = "failed", _("Not delivered")
        DEAD = "dead", _("Given up")
        REFUSED = "refused", _("Not allowed")
        """By a guard, an opt-out or a closed window: nothing was sent."""
        CANCELED = "canceled", _("Canceled")

    channel = models.ForeignKey(Channel, on_delete=models.SET_NULL, null=True, related_name="+")
    thread = models.ForeignKey(Thread, on_delete=models.CASCADE, related_name="messages")
    contact = models.ForeignKey(Contact, on_delete=models.SET_NULL, null=True, related_name="+")
    conversation = models.ForeignKey(Conversation, on_delete=models.SET_NULL, null=True, related_name="outbound")
    leg = models.ForeignKey(Leg, on_delete=models.SET_NULL, null=True, related_name="+")
    key = models.CharField(max_length=200)
    content: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(_("content"), default=dict)
    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    due_at = models.DateTimeField(_("due"), default=timezone.now)
    lease_until = models.DateTimeField(null=True, blank=True)
    lease = models.CharField(max_length=40, blank=True)
    unsure = models.BooleanField(default=False)
    provider_id = models.CharField(_("provider's id"), max_length=200, blank=True)
    error_code = models.CharField(_("error code"), max_length=60, blank=True)
    error = models.CharField(_("error"), max_length=300, blank=True)
    segments = models.PositiveSmallIntegerField(_("segments"), default=0)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("outgoing message")
        verbose_name_plural = _("outgoing messages")
        constraints = (
            models.UniqueConstraint(fields=("workspace", "key"), name="channels_io_outbound_once"),
            models.UniqueConstraint(
                fields=("channel", "provider_id"),
                condition=~models.Q(provider_id=""),
                name="channels_io_outbound_provider",
            ),
        )
        indexes = (
            models.Index(fields=("due_at",), condition=models.Q(state="waiting"), name="channels_io_outbound_due"),
            models.Index(fields=("thread", "id"), name="channels_io_outbound_thread"),
            models.Index(fields=("workspace", "state", "-id"), name="channels_io_outbound_list"),
        )

    def __str__(self) -> str:
        return self.public_id
