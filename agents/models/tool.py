"""Tool: something agents may do over HTTP. Its shape is in `agents.tools.shapes`."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from parley.accounts.models import WorkspaceModel


class Tool(WorkspaceModel):
    """`name` is what agents call it by, so it never changes. A change to the rest holds at once, for live agents too."""

    id_prefix: ClassVar[str] = "tl"

    name = models.CharField(_("name"), max_length=60)
    description = models.TextField(_("description"), blank=True)
    saying = models.CharField(_("said while it runs"), max_length=300, blank=True)
    request: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(_("request"), default=dict)
    parameters: models.JSONField[list[Any], list[Any]] = models.JSONField(_("parameters"), default=list, blank=True)
    results: models.JSONField[list[Any], list[Any]] = models.JSONField(_("result"), default=list, blank=True)

    class Meta:
        verbose_name = _("tool")
        verbose_name_plural = _("tools")
        ordering = ("name",)
        constraints = [
            models.UniqueConstraint(fields=("workspace", "name"), name="agents_tool_name_unique"),
            models.CheckConstraint(condition=~Q(name=""), name="agents_tool_name_not_empty"),
        ]

    def __str__(self) -> str:
        return self.name
