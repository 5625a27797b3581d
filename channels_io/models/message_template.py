"""A message that a provider has approved: the only thing WhatsApp takes outside its 24 hours."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from channels_io.models.account import Account
from parley.accounts.models import WorkspaceModel


class MessageTemplate(WorkspaceModel):
    """`reference`: Meta's template name, or Twilio's content SID. `body` with {{1}}, {{2}} ... where values go."""

    id_prefix: ClassVar[str] = "mt"

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="templates")
    reference = models.CharField(_("reference"), max_length=200)
    name = models.CharField(_("name"), max_length=200)
    language = models.CharField(_("language"), max_length=20, default="en")
    category = models.CharField(_("category"), max_length=40, blank=True)
    status = models.CharField(_("status"), max_length=40, blank=True)
    body = models.TextField(_("text"), blank=True)
    parts: models.JSONField[list[Any], list[Any]] = models.JSONField(default=list, blank=True)
    fetched_at = models.DateTimeField(_("fetched"), null=True, blank=True)

    class Meta:
        verbose_name = _("message template")
        verbose_name_plural = _("message templates")
        ordering = ("name", "language")
        constraints = (
            models.UniqueConstraint(
                fields=("account", "reference", "language"), name="channels_io_message_template_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} ({self.language})"
