"""A one-time code that proves that whoever talks has the address it was sent to."""

from __future__ import annotations

from django.db import models

from channels_io.models.conversation import Conversation
from channels_io.models.leg import Leg


class OneTimeCode(models.Model):
    """`digest` is of the code, keyed: the digits themselves are nowhere but in the message. Empty: it has served."""

    workspace = models.ForeignKey("accounts.Workspace", on_delete=models.CASCADE, related_name="+")
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="+")
    leg = models.ForeignKey(Leg, on_delete=models.SET_NULL, null=True, related_name="+")
    """On which it was used: what it proves holds there."""
    identity_kind = models.CharField(max_length=40, default="phone")
    address = models.CharField(max_length=200)
    digest = models.CharField(max_length=128)
    sent_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = (
            models.Index(fields=("workspace", "address", "-sent_at"), name="channels_io_code_address"),
            models.Index(fields=("conversation", "-id"), name="channels_io_code_conversation"),
        )

    def __str__(self) -> str:
        return f"code #{self.pk}"

    @property
    def message_key(self) -> str:
        """`OutboundMessage.key` of the message that carries it."""
        return self.key_of(self.pk)

    @staticmethod
    def key_of(number: int) -> str:
        return f"code:{number}"
