"""Figures of hours and days, kept so that a month is a sum of few rows, and what is watched in them."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from agents.models import Agent, Version
from parley.accounts.models import WorkspaceModel


class Figures(models.Model):
    """What belongs to the hour or day from `begins` on, of one agent, version and kind of channel.

    A day is the workspace's own. `counts` are sums by name, `waits` a histogram of V2V {bucket: count}: what they hold is
    said in `channels_io.analytics`. A stretch of time is always counted as a whole: counting it again changes nothing.
    """

    class Unit(models.TextChoices):
        HOUR = "hour", _("Hour")
        DAY = "day", _("Day")

    workspace = models.ForeignKey("accounts.Workspace", on_delete=models.CASCADE, related_name="+")
    unit = models.CharField(max_length=4, choices=Unit.choices)
    begins = models.DateTimeField()
    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="+")
    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="+", null=True, blank=True)
    kind = models.CharField(max_length=40)
    counts: models.JSONField[dict[str, float], dict[str, float]] = models.JSONField(default=dict)
    waits: models.JSONField[dict[str, int], dict[str, int]] = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("figures")
        verbose_name_plural = _("figures")
        constraints = (
            models.UniqueConstraint(
                fields=("workspace", "unit", "begins", "agent", "version", "kind"),
                nulls_distinct=False,
                name="channels_io_figures_once",
            ),
        )

    def __str__(self) -> str:
        return f"{self.unit} {self.begins:%Y-%m-%d %H} {self.kind}"


class AlertRule(WorkspaceModel):
    """Tell somebody when `metric` over the last `minutes` is above (or below) `limit`. Metrics: `channels_io.alerting`.

    `firing_since` holds while it does, so that it is told once, and once when it is over.
    """

    id_prefix: ClassVar[str] = "ar"

    name = models.CharField(_("name"), max_length=80)
    metric = models.CharField(_("figure"), max_length=40)
    below = models.BooleanField(_("when it is below"), default=False)
    limit = models.FloatField(_("limit"))
    minutes = models.PositiveIntegerField(_("over the last (minutes)"), default=15)
    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="+", null=True, blank=True)
    emails: models.JSONField[list[str], list[str]] = models.JSONField(_("e-mail to"), default=list, blank=True)
    enabled = models.BooleanField(_("enabled"), default=True)
    firing_since = models.DateTimeField(null=True, blank=True)
    value = models.FloatField(null=True, blank=True)
    """As it was looked at last."""
    looked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("alert rule")
        verbose_name_plural = _("alert rules")
        ordering = ("name", "pk")

    def __str__(self) -> str:
        return self.name
