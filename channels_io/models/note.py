"""What somebody of the team wrote about a conversation, for the team alone."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from channels_io.models.conversation import Conversation
from parley.accounts.models import User, WorkspaceModel


class Note(WorkspaceModel):
    id_prefix: ClassVar[str] = "nt"

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="notes")
    author = models.ForeignKey(User, on_delete=models.SET_NULL, related_name="+", null=True)
    text = models.TextField(_("text"))

    class Meta:
        verbose_name = _("note")
        verbose_name_plural = _("notes")
        ordering = ("created_at", "pk")

    def __str__(self) -> str:
        return self.text[:40]
