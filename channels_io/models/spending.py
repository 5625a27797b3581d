"""What a workspace lets its agents dial and spend, what was spent and refused, and what it was told about it."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from agents.models import Agent
from channels_io.models.channel import Channel
from parley.accounts.models import WorkspaceModel


class SpendingRule(models.Model):
    """One per workspace. `rules` is checked and described in `channels_io.guards.rules`; without a row its defaults hold."""

    workspace = models.OneToOneField("accounts.Workspace", on_delete=models.CASCADE, related_name="+")
    rules: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(_("rules"), default=dict)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("spending rules")
        verbose_name_plural = _("spending rules")

    def __str__(self) -> str:
        return f"rules of {self.workspace_id}"


class Spending(models.Model):
    """One message or call that was let out. `cost` in millionths of the workspace's currency; an estimate until told better.

    `key` is that of the message or call: asked twice, it is counted once. `address` is a digest, not the number;
    `range` are the first digits of the number, shared by at least a thousand others.
    """

    class What(models.TextChoices):
        SMS = "sms", _("SMS")
        WHATSAPP = "whatsapp", "WhatsApp"
        CALL = "call", _("Call")

    workspace = models.ForeignKey("accounts.Workspace", on_delete=models.CASCADE, related_name="+")
    channel = models.ForeignKey(Channel, on_delete=models.SET_NULL, null=True, related_name="+")
    agent = models.ForeignKey(Agent, on_delete=models.SET_NULL, null=True, related_name="+")
    what = models.CharField(_("what"), max_length=12, choices=What.choices)
    key = models.CharField(max_length=200)
    address = models.CharField(max_length=64)
    range = models.CharField(max_length=16, blank=True, default="")
    country = models.CharField(_("country"), max_length=4, blank=True)
    rate = models.BigIntegerField(default=0)
    """Cost of one message part or one minute."""
    cost = models.BigIntegerField(_("cost"), default=0)
    at = models.DateTimeField(_("at"), default=timezone.now)
    day = models.DateField()
    """In the workspace's time zone: whose budget it is."""
    expires_at = models.DateTimeField(null=True, blank=True)
    """Of a call: it is over by then, even if nobody says so."""
    released_at = models.DateTimeField(null=True, blank=True)
    """Of a call: it is over, and counts no more as one that runs."""

    class Meta:
        verbose_name = _("spending")
        verbose_name_plural = _("spending")
        constraints = (models.UniqueConstraint(fields=("workspace", "key"), name="channels_io_spending_once"),)
        indexes = (
            models.Index(fields=("workspace", "at"), name="channels_io_spending_at"),
            models.Index(fields=("workspace", "address", "at"), name="channels_io_spending_to"),
            models.Index(
                fields=("workspace", "expires_at"),
                condition=models.Q(what="call", released_at__isnull=True),
                name="channels_io_spending_open",
            ),
        )

    def __str__(self) -> str:
        return f"{self.what} #{self.pk}"


class SpendingDay(models.Model):
    """A day's sums, kept with every `Spending`, so that a budget is one look and not a count of all rows."""

    workspace = models.ForeignKey("accounts.Workspace", on_delete=models.CASCADE, related_name="+")
    day = models.DateField(_("day"))
    what = models.CharField(_("what"), max_length=12, choices=Spending.What.choices)
    count = models.PositiveIntegerField(default=0)
    cost = models.BigIntegerField(_("cost"), default=0)

    class Meta:
        verbose_name = _("day's spending")
        verbose_name_plural = _("days' spending")
        constraints = (models.UniqueConstraint(fields=("workspace", "day", "what"), name="channels_io_day_once"),)

    def __str__(self) -> str:
        return f"{self.day} {self.what}"


class Refusal(models.Model):
    """A message or call that was not let out, and why. `shown` is the number with most of its digits hidden."""

    workspace = models.ForeignKey("accounts.Workspace", on_delete=models.CASCADE, related_name="+")
    channel = models.ForeignKey(Channel, on_delete=models.SET_NULL, null=True, related_name="+")
    agent = models.ForeignKey(Agent, on_delete=models.SET_NULL, null=True, related_name="+")
    what = models.CharField(_("what"), max_length=12, choices=Spending.What.choices)
    key = models.CharField(max_length=200)
    code = models.CharField(_("reason"), max_length=40)
    shown = models.CharField(_("number"), max_length=40, blank=True)
    country = models.CharField(_("country"), max_length=4, blank=True)
    count = models.PositiveIntegerField(_("times"), default=1)
    at = models.DateTimeField(_("last"), default=timezone.now)

    class Meta:
        verbose_name = _("refusal")
        verbose_name_plural = _("refusals")
        constraints = (models.UniqueConstraint(fields=("workspace", "key"), name="channels_io_refusal_once"),)
        indexes = (models.Index(fields=("workspace", "-at"), name="channels_io_refusal_list"),)

    def __str__(self) -> str:
        return f"{self.what} {self.code}"


class Alert(WorkspaceModel):
    """Something the workspace's people should look at. The same `key` again raises `count` until it is seen."""

    id_prefix: ClassVar[str] = "al"

    kind = models.CharField(_("kind"), max_length=40)
    key = models.CharField(max_length=200)
    text = models.CharField(_("text"), max_length=500)
    data: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict, blank=True)
    count = models.PositiveIntegerField(_("times"), default=1)
    last_at = models.DateTimeField(_("last"), default=timezone.now)
    seen_at = models.DateTimeField(_("seen"), null=True, blank=True)

    class Meta:
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")
        ordering = ("-last_at",)
        constraints = (
            models.UniqueConstraint(
                fields=("workspace", "key"),
                condition=models.Q(seen_at__isnull=True),
                name="channels_io_alert_open_once",
            ),
        )

    def __str__(self) -> str:
        return self.kind
