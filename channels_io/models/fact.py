"""What was learnt about a person, and where from."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from channels_io.models.contact import Contact
from channels_io.models.conversation import Conversation
from parley.accounts.models import WorkspaceModel


class Fact(WorkspaceModel):
    """`name` is the flow's variable. A newer value replaces the older; the audit trail does not hold values."""

    id_prefix: ClassVar[str] = "fa"

    class Source(models.TextChoices):
        CALLER = "caller", _("Said by the person")
        MEMBER = "member", _("Written by a member")
        IMPORT = "import", _("Imported")
        TOOL = "tool", _("Looked up")

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="facts")
    name = models.CharField(_("name"), max_length=60)
    value = models.CharField(_("value"), max_length=1000)
    source = models.CharField(_("source"), max_length=12, choices=Source.choices, default=Source.CALLER)
    conversation = models.ForeignKey(Conversation, on_delete=models.SET_NULL, null=True, related_name="facts")
    learnt_at = models.DateTimeField(_("learnt"))

    class Meta:
        verbose_name = _("fact")
        verbose_name_plural = _("facts")
        ordering = ("name",)
        constraints = (models.UniqueConstraint(fields=("contact", "name"), name="channels_io_fact_once"),)

    def __str__(self) -> str:
        return self.name
