from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self, TypeVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from parley.lib.ids import PublicIdField

if TYPE_CHECKING:
    from parley.accounts.models.workspace import Workspace

Row = TypeVar("Row", bound=models.Model, covariant=True)


class WorkspaceQuerySet(models.QuerySet[Row]):
    """Every read begins with `.of(workspace)`."""

    def of(self, workspace: Workspace | None) -> Self:
        """Rows of this workspace; none at all without one (never all of them)."""
        if workspace is None:
            return self.none()
        return self.filter(workspace=workspace)


class WorkspaceModel(models.Model):
    """A row that belongs to one workspace and is known outside by its public id, never by its number."""

    id_prefix: ClassVar[str] = ""

    public_id = PublicIdField(verbose_name=_("id"))
    workspace = models.ForeignKey(
        "accounts.Workspace", on_delete=models.CASCADE, related_name="+", editable=False, verbose_name=_("workspace")
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    objects = WorkspaceQuerySet.as_manager()

    class Meta:
        abstract = True
