"""Secret: a key or password of another service. Kept encrypted, used by name, sent to its hosts only, never shown."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from parley.accounts.models import WorkspaceModel


class Secret(WorkspaceModel):
    """`sealed` is bound to the workspace and the name: copied into another row it does not open."""

    id_prefix: ClassVar[str] = "se"

    name = models.CharField(_("name"), max_length=60)
    sealed = models.TextField(editable=False)
    hosts: models.JSONField[list[str], list[str]] = models.JSONField(_("may be sent to"), default=list)
    set_at = models.DateTimeField(_("set"))
    set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("set by")
    )

    class Meta:
        verbose_name = _("secret")
        verbose_name_plural = _("secrets")
        ordering = ("name",)
        constraints = [
            models.UniqueConstraint(fields=("workspace", "name"), name="agents_secret_name_unique"),
            models.CheckConstraint(condition=~Q(name=""), name="agents_secret_name_not_empty"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def place(self) -> str:
        """What the sealed text is bound to."""
        return f"secret {self.workspace.public_id} {self.name}"
