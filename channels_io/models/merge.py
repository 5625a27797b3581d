"""Two contacts that turned out to be one person, and how to take them apart again."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from channels_io.models.contact import Contact
from parley.accounts.models import WorkspaceModel


class ContactMerge(WorkspaceModel):
    """`moved`: which rows of `gone` went to `kept`, by table and public id or number; undoing moves those back."""

    id_prefix: ClassVar[str] = "cm"

    kept = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="merges")
    gone = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="+")
    moved: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    undone_at = models.DateTimeField(_("undone"), null=True, blank=True)

    class Meta:
        verbose_name = _("merge")
        verbose_name_plural = _("merges")

    def __str__(self) -> str:
        return self.public_id
