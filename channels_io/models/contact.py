"""A person, and how each channel knows that person."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from parley.accounts.models import WorkspaceModel


class Contact(WorkspaceModel):
    id_prefix: ClassVar[str] = "ct"

    name = models.CharField(gettext_lazy("name"), max_length=200, blank=True)

    class Meta:
        verbose_name = gettext_lazy("contact")
        verbose_name_plural = gettext_lazy("contacts")
        indexes = (models.Index(fields=("workspace", "-created_at"), name="channels_io_contact_new"),)

    def __str__(self) -> str:
        return self.name or _("Visitor %(tail)s") % {"tail": self.public_id[-4:].upper()}


class Identity(models.Model):
    """One address of a contact: ("visitor", a browser's random id), ("user", us_...), ("phone", E.164)."""

    workspace = models.ForeignKey("accounts.Workspace", on_delete=models.CASCADE, related_name="+")
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="identities")
    kind = models.CharField(gettext_lazy("kind"), max_length=40)
    value = models.CharField(gettext_lazy("value"), max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = gettext_lazy("identity")
        verbose_name_plural = gettext_lazy("identities")
        constraints = (
            models.UniqueConstraint(fields=("workspace", "kind", "value"), name="channels_io_identity_once"),
        )

    def __str__(self) -> str:
        return f"{self.kind}: {self.value}"
