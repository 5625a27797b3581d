"""A person, and how each channel knows that person."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from parley.accounts.models import WorkspaceModel


class Contact(WorkspaceModel):
    id_prefix: ClassVar[str] = "ct"

    name = models.CharField(gettext_lazy("name"), max_length=200, blank=True)
    zone = models.CharField(gettext_lazy("time zone"), max_length=64, blank=True, default="")
    language = models.CharField(gettext_lazy("language"), max_length=20, blank=True, default="")
    merged_into = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True, related_name="was")
    """Not null: this contact turned out to be that one; it holds nothing and no list shows it."""
    erased_at = models.DateTimeField(gettext_lazy("erased"), null=True, blank=True)
    """All that was known of this person was removed then. What is left is a row without a name, which figures count by."""
    seen_at = models.DateTimeField(gettext_lazy("last seen"), default=timezone.now)

    class Meta:
        verbose_name = gettext_lazy("contact")
        verbose_name_plural = gettext_lazy("contacts")
        indexes = (
            models.Index(fields=("workspace", "-created_at"), name="channels_io_contact_new"),
            GinIndex(SearchVector("name", config="simple"), name="channels_io_contact_words"),
            models.Index(
                fields=("workspace", "-seen_at", "-public_id"),
                condition=models.Q(merged_into__isnull=True, erased_at__isnull=True),
                name="channels_io_contact_seen",
            ),
        )

    def __str__(self) -> str:
        return self.name or _("Visitor %(tail)s") % {"tail": self.public_id[-4:].upper()}


class Identity(models.Model):
    """One address of a contact: ("visitor", a browser's random id), ("user", us_...), ("phone", E.164),
    ("whatsapp", the user id that Meta gives, which outlives a number), ("email", lower case), ("api", the program's own).

    `verified_at`: the person has proved to have it (a one-time code). A caller's number alone proves nothing.
    """

    workspace = models.ForeignKey("accounts.Workspace", on_delete=models.CASCADE, related_name="+")
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="identities")
    kind = models.CharField(gettext_lazy("kind"), max_length=40)
    value = models.CharField(gettext_lazy("value"), max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)
    verified_at = models.DateTimeField(gettext_lazy("verified"), null=True, blank=True)

    class Meta:
        verbose_name = gettext_lazy("identity")
        verbose_name_plural = gettext_lazy("identities")
        constraints = (
            models.UniqueConstraint(fields=("workspace", "kind", "value"), name="channels_io_identity_once"),
        )

    def __str__(self) -> str:
        return f"{self.kind}: {self.value}"
