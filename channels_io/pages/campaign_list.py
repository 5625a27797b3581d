"""A campaign's list: uploading the file, saying what its columns are."""

from __future__ import annotations

from itertools import islice
from typing import Any, Final

import msgspec
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from channels_io.actions.save_campaign_list import map_campaign_list, upload_campaign_list
from channels_io.campaigns.columns import BadLine, ListMapping, guess, load_mapping, read_row, variable_name
from channels_io.campaigns.reasons import reason_label, sheet_label
from channels_io.campaigns.sheet import MOST_BYTES, PREVIEW, BadSheet, Row, read_sheet
from channels_io.guards.countries import country_of_zone, names
from channels_io.guards.numbers import masked
from channels_io.models import Campaign, CampaignList
from inference.flow.templates import is_name
from parley.accounts.actor import Actor
from parley.accounts.pages import workspace_page
from parley.accounts.pages.guard import WorkspaceRequest
from parley.accounts.permissions import Permission
from parley.accounts.scoping import get_or_404
from parley.lib.pages import render_page

ROLES: Final = ("number", "name", "zone", "variable")


@require_POST
@workspace_page(Permission.MANAGE_CHANNELS)
def campaign_upload(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    row = get_or_404(Campaign, request.actor.workspace, public_id)
    file = request.FILES.get("file")
    if file is None:
        messages.error(request, _("Choose a file first."))
    elif (file.size or 0) > MOST_BYTES:
        messages.error(request, sheet_label("sheet_too_large"))
    else:
        try:
            upload_campaign_list(request.actor, row, file_name=file.name or "", content=file.read())
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
    return redirect("channels_io:campaign", row.public_id)


@require_POST
@workspace_page(Permission.MANAGE_CHANNELS)
def campaign_map(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    """Takes the columns as marked; with `look` only shows again how the first rows are understood."""
    rows = Campaign.objects.select_related("channel__agent", "channel__account", "workspace")
    row = get_or_404(rows, request.actor.workspace, public_id)
    try:
        mapping = _posted(request.POST)
        if "look" not in request.POST:
            map_campaign_list(request.actor, row, mapping)
            return redirect("channels_io:campaign", row.public_id)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("channels_io:campaign", row.public_id)
    context = {"campaign": row, "may_manage": True, **preview_context(row, request.actor, mapping)}
    return render_page(request, "channels_io/campaign_columns.html", context, title=row.name)


def preview_context(campaign: Campaign, actor: Actor, mapping: ListMapping | None = None) -> dict[str, Any]:
    """The first rows of a file that waits for its columns, and how they are understood; {} without one."""
    waiting = CampaignList.objects.filter(campaign=campaign, mapping__isnull=True).first()
    if waiting is None:
        return {}
    home = country_of_zone(actor.workspace.timezone)
    try:
        sheet = read_sheet(bytes(waiting.content))
        rows = list(islice(sheet.rows(), PREVIEW + 1))
    except BadSheet as error:
        return {"sheet_problem": sheet_label(error.code, error.line)}
    mapping = mapping or guess(rows, home)
    titles = rows[0] if mapping.header else Row(0, ())
    below = rows[1:] if mapping.header else rows[:PREVIEW]
    width = max(len(row.cells) for row in rows)
    return {
        "file_name": waiting.file_name,
        "encoding": sheet.encoding,
        "columns": [_column(place, titles, below, mapping) for place in range(width)],
        "preview": [
            {"line": row.line, "cells": _padded(row, width), "read": _understood(row, mapping)} for row in below
        ],
        "mapping": mapping,
        "regions": list(names().items()),
    }


def _column(place: int, titles: Row, below: list[Row], mapping: ListMapping) -> dict[str, Any]:
    variable = next((name for name, column in mapping.variables.items() if column == place), "")
    role = next((role for role in ("number", "name", "zone") if getattr(mapping, role) == place), "")
    title = titles.cell(place)
    return {
        "place": place,
        "title": title or _("Column %(number)d") % {"number": place + 1},
        "examples": [cell for row in below[:3] if (cell := row.cell(place))],
        "role": role or ("variable" if variable else ""),
        "variable": variable or variable_name(title) or f"column_{place + 1}",
    }


def _padded(row: Row, width: int) -> list[str]:
    return [row.cell(place)[:80] for place in range(width)]


def _understood(row: Row, mapping: ListMapping) -> dict[str, str]:
    read = read_row(row, mapping)
    if isinstance(read, BadLine):
        return {"problem": reason_label(read.problem)}
    return {"number": read.number.text, "country": read.number.country, "shown": masked(read.number.text)}


def _posted(data: QueryDict) -> ListMapping:
    """Raises ValidationError."""
    roles = {place: role for place in range(60) if (role := data.get(f"role_{place}", "")) in ROLES}
    for role, label in (("number", _("telephone number")), ("name", _("name")), ("zone", _("time zone"))):
        if list(roles.values()).count(role) > 1:
            raise ValidationError(_("Only one column can be the %(role)s.") % {"role": label}, code="sheet_columns")
    found = {role: place for place, role in roles.items() if role != "variable"}
    if "number" not in found:
        raise ValidationError(sheet_label("sheet_columns"), code="sheet_columns")
    variables: dict[str, int] = {}
    for place, role in roles.items():
        if role != "variable":
            continue
        name = data.get(f"variable_{place}", "").strip()
        if not is_name(name) or name in variables:
            text = _("“%(name)s” cannot be a variable's name, or is there twice. Use letters, digits and _.")
            raise ValidationError(text % {"name": name}, code="sheet_columns")
        variables[name] = place
    stored = {**found, "variables": variables, "header": "header" in data, "region": data.get("region", "")}
    try:
        return load_mapping(stored)
    except msgspec.ValidationError as error:
        raise ValidationError(sheet_label("sheet_columns"), code="sheet_columns") from error
