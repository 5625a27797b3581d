"""One person's line on one messaging channel: what orders their messages and what is known of the line."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from channels_io.models.channel import Channel
from channels_io.models.contact import Contact
from channels_io.models.conversation import Conversation


class Thread(models.Model):
    """Whoever works on a thread holds its lease: one at a time, so answers keep the order of the questions.

    `due_at`: when its waiting messages are to be answered (later while more may follow); null = nothing waits.
    `heard_at`: the person's last message, which opens WhatsApp's 24 hours.
    """

    workspace = models.ForeignKey("accounts.Workspace", on_delete=models.CASCADE, related_name="+")
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="threads")
    address = models.CharField(_("address"), max_length=200)
    contact = models.ForeignKey(Contact, on_delete=models.SET_NULL, related_name="threads", null=True)
    conversation = models.ForeignKey(Conversation, on_delete=models.SET_NULL, related_name="threads", null=True)
    heard_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    lease = models.CharField(max_length=40, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("thread")
        verbose_name_plural = _("threads")
        constraints = (models.UniqueConstraint(fields=("channel", "address"), name="channels_io_thread_once"),)
        indexes = (
            models.Index(fields=("due_at",), condition=models.Q(due_at__isnull=False), name="channels_io_thread_due"),
            models.Index(fields=("contact",), name="channels_io_thread_contact"),
        )

    def __str__(self) -> str:
        return f"{self.channel} #{self.pk}"
