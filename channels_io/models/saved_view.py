"""A filter of the inbox under a name."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from parley.accounts.models import User, WorkspaceModel


class SavedView(WorkspaceModel):
    """`query` is the inbox's own query string. Without a `user` all of the workspace have it."""

    id_prefix: ClassVar[str] = "sv"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", null=True, blank=True)
    name = models.CharField(_("name"), max_length=60)
    query = models.CharField(max_length=1000, blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        ordering = ("position", "name")
        constraints = (
            models.UniqueConstraint(
                fields=("workspace", "user", "name"), nulls_distinct=False, name="channels_io_view_once"
            ),
        )

    def __str__(self) -> str:
        return self.name
