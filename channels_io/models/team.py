"""People who take conversations over, by team, and who of them is there."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from parley.accounts.models import User, WorkspaceModel


class Team(WorkspaceModel):
    """`hours` is what `channels_io.business_hours` reads; empty: always open.

    `nobody`: what becomes of a conversation that nobody has taken after `answer_seconds`, or that comes when the team
    is closed or nobody is there: the caller is promised a call back, gets a message, or the agent goes on.
    """

    id_prefix: ClassVar[str] = "tm"

    class Nobody(models.TextChoices):
        AGENT = "agent", _("The agent goes on")
        CALLBACK = "callback", _("Promise a call back")
        MESSAGE = "message", _("Take a message")

    name = models.CharField(_("name"), max_length=60)
    hours: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(_("hours"), default=dict, blank=True)
    answer_seconds = models.PositiveIntegerField(_("answer within (s)"), default=60)
    nobody = models.CharField(_("when nobody is free"), max_length=12, choices=Nobody.choices, default=Nobody.AGENT)
    words = models.CharField(_("what the caller is told then"), max_length=300, blank=True)
    is_default = models.BooleanField(_("takes what names no team"), default=False)
    names = models.BooleanField(_("people are named to callers"), default=False)
    """Who writes to a contact is shown by name; otherwise as "A colleague"."""
    members = models.ManyToManyField(User, through="TeamMember", related_name="+")

    class Meta:
        verbose_name = _("team")
        verbose_name_plural = _("teams")
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(fields=("workspace", "name"), name="channels_io_team_once"),
            models.UniqueConstraint(
                fields=("workspace",), condition=models.Q(is_default=True), name="channels_io_team_default"
            ),
        )

    def __str__(self) -> str:
        return self.name


class TeamMember(models.Model):
    """`skills` are lower-case words; a hand-off that asks for some goes to members who have them all, if there are such."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    skills: models.JSONField[list[str], list[str]] = models.JSONField(_("skills"), default=list, blank=True)

    class Meta:
        verbose_name = _("team member")
        verbose_name_plural = _("team members")
        constraints = (models.UniqueConstraint(fields=("team", "user"), name="channels_io_team_member_once"),)

    def __str__(self) -> str:
        return f"{self.team}: {self.user_id}"


class OperatorPresence(models.Model):
    """Whether somebody is at the inbox: `seen_at` is renewed while a page of theirs is open."""

    workspace = models.ForeignKey("accounts.Workspace", on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    available = models.BooleanField(_("takes conversations"), default=True)
    seen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("presence")
        verbose_name_plural = _("presences")
        constraints = (models.UniqueConstraint(fields=("workspace", "user"), name="channels_io_presence_once"),)

    def __str__(self) -> str:
        return f"{self.user_id}"
