"""A conversation that waits for a person of a team."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from channels_io.models.conversation import Conversation
from channels_io.models.leg import Leg
from channels_io.models.team import Team
from parley.accounts.models import User, WorkspaceModel


class Handoff(WorkspaceModel):
    """`key` is unique in the workspace: the same request twice is one. `reason` and `summary` are for the person who takes it."""

    id_prefix: ClassVar[str] = "ho"

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        TAKEN = "taken", _("Taken")
        EXPIRED = "expired", _("Nobody came")
        LEFT = "left", _("Caller left")
        RETURNED = "returned", _("Back with the agent")

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="handoffs")
    leg = models.ForeignKey(Leg, on_delete=models.SET_NULL, related_name="+", null=True, blank=True)
    team = models.ForeignKey(Team, on_delete=models.SET_NULL, related_name="+", null=True)
    key = models.CharField(max_length=200)
    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.WAITING)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    summary = models.TextField(_("summary"), blank=True)
    skills: models.JSONField[list[str], list[str]] = models.JSONField(_("skills"), default=list, blank=True)
    due_at = models.DateTimeField(_("answer by"))
    taken_by = models.ForeignKey(User, on_delete=models.SET_NULL, related_name="+", null=True, blank=True)
    taken_at = models.DateTimeField(_("taken"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    class Meta:
        verbose_name = _("hand-off")
        verbose_name_plural = _("hand-offs")
        constraints = (
            models.UniqueConstraint(fields=("workspace", "key"), name="channels_io_handoff_key_once"),
            models.UniqueConstraint(
                fields=("conversation",), condition=models.Q(state="waiting"), name="channels_io_handoff_open_once"
            ),
        )
        indexes = (
            models.Index(
                fields=("workspace", "due_at"), condition=models.Q(state="waiting"), name="channels_io_handoff_queue"
            ),
            models.Index(fields=("workspace", "created_at"), name="channels_io_handoff_new"),
        )

    def __str__(self) -> str:
        return f"{self.state} {self.pk}"

    @property
    def is_late(self) -> bool:
        return self.due_at <= timezone.now()
