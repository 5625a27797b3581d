"""A word that the team puts on conversations."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from parley.accounts.models import WorkspaceModel


class Tag(WorkspaceModel):
    id_prefix: ClassVar[str] = "tg"

    name = models.CharField(_("name"), max_length=40)
    colour = models.CharField(_("colour"), max_length=12, default="grey")

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        ordering = ("name",)
        constraints = (models.UniqueConstraint(fields=("workspace", "name"), name="channels_io_tag_once"),)

    def __str__(self) -> str:
        return self.name
