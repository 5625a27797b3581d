from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from asgiref.sync import async_to_sync
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from agents.errors import ToolRefused
from agents.models import Tool
from agents.text import clean_text
from agents.tools.build import origin_of
from agents.tools.check import ToolFinding, name_findings, tool_findings
from agents.tools.secrets import SecretRefused, secret_for
from agents.tools.shapes import BadValues, ToolValues, flat, plain, stored_values, tool_values_of
from parley.accounts.actor import Actor
from parley.accounts.audit import audit
from parley.accounts.permissions import Permission, require
from parley.lib.egress import EgressRefused
from parley.lib.outbound import OutboundClient, OutboundFailed, outbound_client


@dataclass(frozen=True, slots=True)
class SavedTool:
    """`notices` do not stand in the way: a server whose name is not known yet."""

    tool: Tool
    notices: Sequence[ToolFinding] = ()


def create_tool(actor: Actor, values: Mapping[str, Any], *, client: OutboundClient | None = None) -> SavedTool:
    """`values`: `name` and the keys of `agents.tools.shapes.TOOL_KEYS`. Raises ToolRefused; nothing is saved then."""
    require(actor, Permission.EDIT_AGENT)
    name = str(values.get("name", "")).strip()
    checked = checked_values(actor, {key: value for key, value in values.items() if key != "name"}, name=name)
    notices = look_up_server(checked, client)
    tool = Tool(workspace=actor.workspace, name=name)
    _write(tool, checked)
    try:
        with transaction.atomic():
            tool.save(force_insert=True)
            audit(actor, "tool.created", tool, name=tool.name)
    except IntegrityError as error:
        message = _("Another tool is called “%(name)s”.") % {"name": name}
        raise ToolRefused([("name", "name_taken", message)]) from error
    return SavedTool(tool, notices)


def edit_tool(
    actor: Actor, tool: Tool, changes: Mapping[str, Any], *, client: OutboundClient | None = None
) -> SavedTool:
    """Change some of it, at once for every agent that uses it. Raises ToolRefused; nothing is saved then."""
    require(actor, Permission.EDIT_AGENT)
    if changes.get("name", tool.name) != tool.name:
        raise ToolRefused([("name", "name_fixed", _("Agents call a tool by its name: it does not change."))])
    values = {**flat(stored_values(tool)), **{key: value for key, value in changes.items() if key != "name"}}
    checked = checked_values(actor, values)
    notices = look_up_server(checked, client)
    with transaction.atomic():
        locked: Tool = Tool.objects.of(actor.workspace).select_for_update().get(pk=tool.pk)
        before = flat(stored_values(locked))
        changed = [key for key, value in flat(checked).items() if before[key] != value]
        if changed:
            _write(locked, checked)
            locked.save()
            audit(actor, "tool.edited", locked, name=locked.name, fields=changed)
    return SavedTool(locked, notices)


def checked_values(actor: Actor, values: Mapping[str, Any], *, name: str | None = None) -> ToolValues:
    """The values cleaned. Raises ToolRefused with everything that is wrong."""
    try:
        checked = tool_values_of(_cleaned(dict(values)))
    except BadValues as error:
        message = _("This tool is damaged: %(reason)s") % {"reason": str(error)}
        raise ToolRefused([("", "not_a_tool", message)]) from error
    findings = [] if name is None else list(name_findings(name))
    findings += tool_findings(checked)
    if checked.request.auth == "none":
        checked = msgspec.structs.replace(
            checked, request=msgspec.structs.replace(checked.request, secret="", auth_name="")
        )
    elif checked.request.secret and not findings:
        try:
            secret_for(actor.workspace, checked.request)
        except SecretRefused as error:
            findings.append(("secret", error.code, error.message))
    if findings:
        raise ToolRefused(findings)
    return checked


def look_up_server(values: ToolValues, client: OutboundClient | None = None) -> list[ToolFinding]:
    """Whether the server's name leads where Parley may go, as it stands now. Raises ToolRefused when it does not."""
    probe = async_to_sync((client or outbound_client()).probe)
    try:
        probe(origin_of(values.request.url))
    except EgressRefused as error:
        raise ToolRefused([("url", error.code, error.message)]) from error
    except OutboundFailed as error:
        return [("url", error.code, error.message)]
    return []


def _write(tool: Tool, values: ToolValues) -> None:
    stored = plain(values)
    for name in ("description", "saying", "request", "parameters", "results"):
        setattr(tool, name, stored[name])


def _cleaned(value: Any, depth: int = 0) -> Any:
    """Texts without unusable characters, blanks around them cut; deeper than any tool is nothing."""
    match value:
        case str():
            return clean_text(value[:100_000])[0].strip()
        case dict() if depth < 4:
            return {str(key): _cleaned(item, depth + 1) for key, item in value.items()}
        case list() | tuple() if depth < 4:
            return [_cleaned(item, depth + 1) for item in value]
        case dict() | list() | tuple():
            return None
    return value
