"""Version: a draft as it was published, compiled and frozen. Never changed, never deleted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, NoReturn

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from agents.errors import ImmutableVersion
from agents.models.agent import Agent
from inference.spec import AgentSpec, decode_spec
from parley.accounts.models import WorkspaceModel, WorkspaceQuerySet


class VersionQuerySet(WorkspaceQuerySet["Version"]):
    """Reads only: bulk writes would go round `Version.save` and `Version.delete`."""

    def update(self, **kwargs: Any) -> NoReturn:
        raise ImmutableVersion("A version never changes. Publish a new one.")

    def delete(self) -> NoReturn:
        raise ImmutableVersion("A version is never deleted: calls that ran it still point at it.")


class Version(WorkspaceModel):
    """`spec` is the canonical JSON of the AgentSpec and `digest` its sha256; `draft` is what
    restoring brings back."""

    id_prefix = "vn"

    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="versions", verbose_name=_("agent"))
    number = models.PositiveIntegerField(_("number"))
    spec = models.TextField(_("compiled"))
    digest = models.CharField(_("digest"), max_length=64)
    draft = models.JSONField(_("draft at that time"))
    note = models.CharField(_("note"), max_length=500, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("published by"),
    )

    objects: ClassVar[Any] = VersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("version")
        verbose_name_plural = _("versions")
        ordering = ("-number",)
        constraints = [
            models.UniqueConstraint(fields=("agent", "number"), name="agents_version_number_unique"),
            models.CheckConstraint(condition=Q(number__gte=1), name="agents_version_number_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.agent} {self.number}"

    def save(
        self,
        force_insert: bool | tuple[models.base.ModelBase, ...] = False,
        force_update: bool = False,
        using: str | None = None,
        update_fields: Iterable[str] | None = None,
    ) -> None:
        if not self._state.adding:
            raise ImmutableVersion("A version never changes. Publish a new one.")
        super().save(force_insert=True, using=using)

    def delete(self, using: str | None = None, keep_parents: bool = False) -> NoReturn:
        raise ImmutableVersion("A version is never deleted: calls that ran it still point at it.")

    def agent_spec(self) -> AgentSpec:
        """What a conversation runs."""
        return decode_spec(self.spec)
