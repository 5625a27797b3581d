"""What a workspace hides and how long it keeps things."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _


class PrivacyRules(models.Model):
    """One per workspace. `rules` is checked and described in `channels_io.privacy.rules`; without a row its defaults hold."""

    workspace = models.OneToOneField("accounts.Workspace", on_delete=models.CASCADE, related_name="+")
    rules: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(_("rules"), default=dict)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("privacy rules")
        verbose_name_plural = _("privacy rules")

    def __str__(self) -> str:
        return f"rules of {self.workspace_id}"
