"""DraftSave: what a draft said before one of its last saves, for undo and for telling conflicts."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from agents.models.draft import Draft

KEPT_SAVES = 20


class DraftSave(models.Model):
    """One undo step: the saves that took the draft from `first_revision` to `last_revision`.

    Quick saves of the same field by the same person are one step. `before` holds the values the
    `changed` fields had at `first_revision`.
    """

    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="saves", verbose_name=_("draft"))
    first_revision = models.PositiveIntegerField(_("from revision"))
    last_revision = models.PositiveIntegerField(_("to revision"))
    changed = models.JSONField(_("changed fields"))
    before = models.JSONField(_("values before"))
    saved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("saved by")
    )
    saved_at = models.DateTimeField(_("saved"))

    class Meta:
        verbose_name = _("draft save")
        verbose_name_plural = _("draft saves")
        ordering = ("-last_revision",)
        constraints = [
            models.UniqueConstraint(fields=("draft", "last_revision"), name="agents_draftsave_revision_unique"),
            models.CheckConstraint(
                condition=Q(last_revision__gt=F("first_revision")), name="agents_draftsave_revisions_ordered"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first_revision} → {self.last_revision}"
