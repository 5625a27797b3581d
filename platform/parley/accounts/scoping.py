"""Finding a row by its public id. A row of another workspace is missing, in the same words as one that never was."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db import models
from django.http import Http404
from django.utils.translation import gettext as _

from parley.accounts.models import Workspace

Row = TypeVar("Row", bound=models.Model)


def _rows(rows: type[Row] | models.QuerySet[Row], workspace: Workspace | None) -> models.QuerySet[Row]:
    queryset: models.QuerySet[Row] = rows if isinstance(rows, models.QuerySet) else rows._default_manager.all()
    if workspace is None:
        return queryset.none()
    return queryset.filter(workspace=workspace)


def _missing() -> Http404:
    return Http404(_("There is nothing here, or it is not yours to see."))


def _clean(public_id: str) -> str:
    # PostgreSQL refuses NUL in a parameter: such an id cannot exist.
    if "\0" in public_id:
        raise _missing()
    return public_id


def get_or_404(
    rows: type[Row] | models.QuerySet[Row], workspace: Workspace | None, public_id: str, **filters: Any
) -> Row:
    """The row of this workspace with this public id; Http404 otherwise. `rows`: a model, or a queryset of it."""
    row = _rows(rows, workspace).filter(public_id=_clean(public_id), **filters).first()
    if row is None:
        raise _missing()
    return row


async def aget_or_404(
    rows: type[Row] | models.QuerySet[Row], workspace: Workspace | None, public_id: str, **filters: Any
) -> Row:
    """`get_or_404` for async code."""
    row = await _rows(rows, workspace).filter(public_id=_clean(public_id), **filters).afirst()
    if row is None:
        raise _missing()
    return row
