from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from parley.accounts.models.base import WorkspaceQuerySet
from parley.accounts.models.user import User
from parley.accounts.models.workspace import Workspace


def verb_label(verb: str) -> str:
    words = verb.replace(".", " ").replace("_", " ")
    return words[:1].upper() + words[1:]


class AuditEvent(models.Model):
    """Who did what, when. Written once: the rows are neither changed nor deleted while the workspace lives."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    actor = models.CharField(_("who"), max_length=200)
    user = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    verb = models.CharField(_("did"), max_length=64)
    target_type = models.CharField(_("kind"), max_length=64)
    target_id = models.CharField(_("what"), max_length=64)
    data = models.JSONField(_("details"), default=dict)
    at = models.DateTimeField(_("when"), auto_now_add=True)

    objects = WorkspaceQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name = _("audit event")
        verbose_name_plural = _("audit events")
        indexes = [
            models.Index(fields=["workspace", "-at"], name="audit_of_workspace"),
            models.Index(fields=["workspace", "target_id"], name="audit_of_target"),
        ]

    def __str__(self) -> str:
        return f"{self.actor} {self.verb} {self.target_id}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None:
            raise TypeError("An audit event is written once and never changed.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise TypeError("An audit event is never deleted on its own.")

    @property
    def label(self) -> str:
        """The verb as words: "key.issued" → "Key issued"."""
        return verb_label(self.verb)

    def details(self) -> list[tuple[str, str]]:
        """`data` as a person reads it: lists as words, not as code."""
        return [
            (name.replace("_", " "), _shown(value)) for name, value in self.data.items() if not isinstance(value, dict)
        ]


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
