"""An agent as a file: what it says, without secrets and without ids of this installation. Pure."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from agents.errors import EditRefused
from agents.flow_field import FLOW
from agents.problems import Problem

FORMAT = "parley-agent"
FILE_SCHEMA = 1
MAX_FILE = 2_000_000
"""Bytes."""

_KEYS = frozenset({"format", "schema", "name", "fields", "flow", "tools"})
_OWN: dict[str, str] = {"agent": "handoff"}
"""Values that name something of one installation: field → node kind. They are emptied."""


@dataclass(frozen=True, slots=True)
class AgentFile:
    """`content` are draft values by field name, the flow among them; not yet checked."""

    name: str
    content: dict[str, Any]


def write_file(name: str, content: Mapping[str, Any]) -> dict[str, Any]:
    """`content`: a draft's, or a version's."""
    flow = copy.deepcopy(content.get(FLOW.name) or {})
    for node in _nodes(flow):
        for key, kind in _OWN.items():
            if node["kind"] == kind and key in node["values"]:
                node["values"][key] = ""
    return {
        "format": FORMAT,
        "schema": FILE_SCHEMA,
        "name": name,
        "fields": {key: value for key, value in content.items() if key != FLOW.name},
        "flow": flow,
        "tools": sorted(_tools(flow)),
    }


def read_file(data: object) -> AgentFile:
    """Raises EditRefused when it is no such file, or one of a newer Parley."""
    if not isinstance(data, Mapping) or data.get("format") != FORMAT:
        raise _refused("not_an_agent", _("This file holds no agent. Choose one that was exported here."))
    if data.get("schema") != FILE_SCHEMA:
        raise _refused("schema_unknown", _("This file was made by a newer Parley. Update this server first."))
    fields, flow, name = data.get("fields", {}), data.get("flow", {}), data.get("name", "")
    unknown = set(data) - _KEYS
    if unknown or not isinstance(fields, Mapping) or not isinstance(flow, Mapping) or not isinstance(name, str):
        raise _refused("file_damaged", _("This file is damaged. Export it again."))
    return AgentFile(name, {**fields, FLOW.name: dict(flow)})


def _refused(code: str, message: str) -> EditRefused:
    return EditRefused([Problem("", "file", code, message)])


def _nodes(flow: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for graph in (flow, *flow.get("flows", ())):
        yield from graph.get("nodes", ())


def _tools(flow: Mapping[str, Any]) -> set[str]:
    """The workspace's tools that the flow names: whoever imports it makes tools of these names."""
    found: set[str] = set()
    for node in _nodes(flow):
        values = node["values"]
        found.update(values.get("tools", ()) if node["kind"] == "goal" else ())
        found.update([values["tool"]] if node["kind"] == "tool" and values.get("tool") else ())
    return found
