"""Places of the speech workers that are kept for an agent, or for the whole workspace, at certain times."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from agents.models import Agent
from parley.accounts.models import WorkspaceModel


class ReservedPlaces(WorkspaceModel):
    """`places` calls find a place whatever others do; `workers` hold the agent ready.

    Holds on `days` (0 is Monday; none: every day) from `begins` to `ends` by the workspace's clock, over midnight where
    it ends before it begins; without both, all day.
    """

    id_prefix: ClassVar[str] = "rp"

    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    places = models.PositiveIntegerField(_("places kept free"), default=1)
    workers = models.PositiveIntegerField(_("workers kept ready"), default=1)
    days: models.JSONField[list[int], list[int]] = models.JSONField(_("days"), default=list, blank=True)
    begins = models.TimeField(_("from"), null=True, blank=True)
    ends = models.TimeField(_("until"), null=True, blank=True)
    enabled = models.BooleanField(_("holds"), default=True)

    class Meta:
        verbose_name = _("reserved places")
        verbose_name_plural = _("reserved places")
        ordering = ("agent__name", "begins", "pk")
        constraints = (
            models.CheckConstraint(
                condition=Q(begins__isnull=True, ends__isnull=True) | Q(begins__isnull=False, ends__isnull=False),
                name="channels_io_reserved_times",
            ),
        )

    def __str__(self) -> str:
        return f"{self.agent or self.workspace}: {self.places}"
