"""What a conversation came to: written by the agent's model once it is over."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from channels_io.models.conversation import Conversation
from parley.accounts.models import User, WorkspaceModel


class Analysis(models.Model):
    """`of` is the `Conversation.last_at` it was made of: a conversation that went on is looked at again.

    `due_at`: when it is to be made; whoever makes it holds its lease. `fields` by the name the agent's settings give.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        SKIPPED = "skipped", _("Nothing was said")

    class Sentiment(models.TextChoices):
        POSITIVE = "positive", _("Content")
        NEUTRAL = "neutral", _("Neutral")
        NEGATIVE = "negative", _("Annoyed")

    workspace = models.ForeignKey("accounts.Workspace", on_delete=models.CASCADE, related_name="+")
    conversation = models.OneToOneField(Conversation, on_delete=models.CASCADE, related_name="analysis")
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.WAITING)
    of = models.DateTimeField(null=True, blank=True)
    summary = models.TextField(_("summary"), blank=True)
    sentiment = models.CharField(_("mood"), max_length=10, choices=Sentiment.choices, blank=True)
    fields: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(_("fields"), default=dict, blank=True)
    unanswered: models.JSONField[list[str], list[str]] = models.JSONField(
        _("questions not answered"), default=list, blank=True
    )
    contained = models.BooleanField(_("solved without a person"), null=True, blank=True)
    model = models.CharField(max_length=100, blank=True)
    error_code = models.CharField(max_length=60, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("analysis")
        verbose_name_plural = _("analyses")
        indexes = (
            models.Index(fields=("due_at",), condition=models.Q(due_at__isnull=False), name="channels_io_analysis_due"),
            models.Index(fields=("workspace", "sentiment"), name="channels_io_analysis_mood"),
        )

    def __str__(self) -> str:
        return f"{self.state}"


class FollowUp(WorkspaceModel):
    """Something that was promised, or that a person wrote down to be done."""

    id_prefix: ClassVar[str] = "fu"

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="follow_ups")
    text = models.CharField(_("what"), max_length=300)
    due_on = models.DateField(_("by"), null=True, blank=True)
    assignee = models.ForeignKey(User, on_delete=models.SET_NULL, related_name="+", null=True, blank=True)
    source = models.CharField(max_length=12, default="agent")
    """"agent": found in the conversation; "person": written by one; "handoff": nobody was there."""
    done_at = models.DateTimeField(_("done"), null=True, blank=True)
    done_by = models.ForeignKey(User, on_delete=models.SET_NULL, related_name="+", null=True, blank=True)

    class Meta:
        verbose_name = _("follow-up")
        verbose_name_plural = _("follow-ups")
        indexes = (
            models.Index(
                fields=("workspace", "created_at"),
                condition=models.Q(done_at__isnull=True),
                name="channels_io_follow_up_open",
            ),
        )

    def __str__(self) -> str:
        return self.text[:40]
