"""Who talked in a conversation from when on, and who decided so."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from channels_io.models.conversation import Conversation
from parley.accounts.models import User


class OwnerChange(models.Model):
    """`number` is `Conversation.owner_number` after it. `user` is the person who talks now; none: the agent does.

    `by` is how it came about: "taken" (a person pressed), "given_back", "lost" (the person's browser went away),
    "ended", "expired" (nobody came), "flow" (the flow asked for a person). `node`: where the agent went on.
    """

    workspace = models.ForeignKey("accounts.Workspace", on_delete=models.CASCADE, related_name="+")
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="owner_changes")
    number = models.PositiveIntegerField()
    owner = models.CharField(max_length=10, choices=Conversation.Owner.choices)
    user = models.ForeignKey(User, on_delete=models.SET_NULL, related_name="+", null=True, blank=True)
    by = models.CharField(max_length=20)
    node = models.CharField(max_length=80, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("change of owner")
        verbose_name_plural = _("changes of owner")
        ordering = ("number",)
        constraints = (
            models.UniqueConstraint(fields=("conversation", "number"), name="channels_io_owner_change_once"),
        )

    def __str__(self) -> str:
        return f"{self.number}: {self.owner} ({self.by})"
