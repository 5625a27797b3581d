"""Agent: the assistant being built. What it says lives in its draft and its versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from parley.accounts.models import WorkspaceModel

if TYPE_CHECKING:
    from agents.models.draft import Draft


class Agent(WorkspaceModel):
    """`slug` names it in commands and addresses and never changes; `published` is what channels run."""

    id_prefix = "ag"

    name = models.CharField(_("name"), max_length=80)
    slug = models.SlugField(_("slug"), max_length=60)
    published = models.ForeignKey(
        "agents.Version",
        verbose_name=_("published version"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True)

    draft: Draft

    class Meta:
        verbose_name = _("agent")
        verbose_name_plural = _("agents")
        ordering = ("name", "id")
        constraints = [
            models.UniqueConstraint(fields=("workspace", "slug"), name="agents_agent_slug_unique"),
            models.CheckConstraint(condition=~Q(name=""), name="agents_agent_name_not_empty"),
            models.CheckConstraint(condition=~Q(slug=""), name="agents_agent_slug_not_empty"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_archived(self) -> bool:
        return self.archived_at is not None
