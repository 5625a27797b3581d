"""The builder's data as JSON: docs/builder-data.md."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.urls import reverse

from agents.after_call import AFTER_CALL
from agents.edges import ENTRY_FIELDS, describe_operators
from agents.engines import EngineMenu, engine_menu
from agents.fields import Option
from agents.flow_field import FLOW
from agents.graph import plain_flow, read_flow
from agents.language_rows import languages_in
from agents.models import Agent, Draft, Version
from agents.nodes.base import GROUPS
from agents.nodes.registry import node_kinds
from agents.pages.state import editor_state
from agents.prompt import language_name
from agents.schema import DRAFT_FIELDS, SECTIONS
from agents.surroundings import Surroundings, surroundings_of
from agents.variables import variables_of
from parley.accounts.actor import Actor
from parley.accounts.permissions import Permission

MAX_VERSIONS = 200
ELSEWHERE = (FLOW.name, AFTER_CALL.name)
"""What the canvas does not draw in its form: the one is the canvas, the other has a form of its own."""

ADDRESSES = {
    "data": "builder_data",
    "flow": "builder_flow",
    "publish": "builder_publish",
    "versions": "builder_versions",
    "diff": "builder_diff",
    "restore": "builder_restore",
    "export": "builder_export",
    "import": "builder_import",
    "spoken": "builder_spoken",
    "undo": "undo",
    "preview": "preview",
    "draft": "draft",
}


def builder_data(actor: Actor, draft: Draft) -> dict[str, Any]:
    """Everything the canvas begins with."""
    agent = draft.agent
    menu = engine_menu()
    around = surroundings_of(agent.workspace, menu)
    editable = not agent.is_archived
    return {
        "agent": {
            "id": agent.public_id,
            "name": agent.name,
            "slug": agent.slug,
            "archived": agent.is_archived,
        },
        "may": {
            "edit": editable and actor.may(Permission.EDIT_AGENT),
            "publish": editable and actor.may(Permission.PUBLISH_AGENT),
            "talk": editable and actor.may(Permission.TALK),
        },
        "flow": canvas_flow(draft.flow),
        "fields": draft_fields(draft),
        **draft_state(draft, menu),
        **vocabulary(),
        "sources": sources(around, agent),
        "tools": [
            {
                "name": tool.name,
                "label": tool.name,
                "description": tool.description,
                "parameters": json.loads(tool.parameters),
            }
            for tool in around.tools.values()
        ],
        "versions": describe_versions(agent),
        "urls": {key: reverse(f"agents:{name}", args=[agent.public_id]) for key, name in ADDRESSES.items()},
        "menu_live": menu.live,
    }


def vocabulary() -> dict[str, Any]:
    """What a flow is made of: the same for every agent."""
    return {
        "agent_fields": [field.describe() for field in DRAFT_FIELDS.values() if field.name not in ELSEWHERE],
        "sections": [
            {"key": section.key, "title": str(section.title), "summary": str(section.summary)}
            for section in SECTIONS
            if section.key != AFTER_CALL.section
        ],
        "kinds": [kind.describe() for kind in node_kinds()],
        "groups": [{"key": key, "label": str(label)} for key, label in GROUPS],
        "operators": describe_operators(),
        "global_fields": [field.describe() for field in ENTRY_FIELDS],
    }


def draft_state(draft: Draft, menu: EngineMenu | None = None) -> dict[str, Any]:
    """What every save changes: revision, problems, variables, how the draft stands to the live version."""
    variables = [variable.describe() for variable in variables_of(read_flow(draft.flow))]
    return {**editor_state(draft, menu or engine_menu()), "variables": variables, "plain": not draft.flow}


def canvas_flow(flow: Mapping[str, Any]) -> dict[str, Any]:
    """The flow as it is drawn; of a plain agent the two nodes that it amounts to."""
    return dict(flow) or plain_flow()


def draft_fields(draft: Draft) -> dict[str, Any]:
    return {name: value for name, value in draft.content().items() if name not in ELSEWHERE}


def sources(around: Surroundings, agent: Agent) -> dict[str, list[dict[str, str]]]:
    """The lists that choices point at."""
    menu = around.menu
    lists: dict[str, Iterable[Option]] = {
        "languages": (Option(code, name) for code, name in menu.languages()),
        "voices": (
            Option(f"{engine}/{voice}", menu.voice_shown(voice), group=menu.shown(engine))
            for engine, voice in menu.voices()
        ),
        "models": (Option(name, menu.shown(name)) for name in menu.chat_models()),
        "transcribers": (Option(name, menu.shown(name)) for name in menu.transcribers()),
        "services": (Option(service.engine, service.name) for service in menu.services),
        "agents": (
            Option(public_id, other.name) for public_id, other in around.agents.items() if public_id != agent.public_id
        ),
        "teams": (Option(public_id, name) for public_id, name in around.teams.items()),
        "tools": (Option(name, name, help=tool.description) for name, tool in sorted(around.tools.items())),
        "secrets": (Option(name, name) for name in sorted(around.secrets)),
        "flows": (),
    }
    listed = {name: [option.describe() for option in options] for name, options in lists.items()}
    for language in dict.fromkeys((agent.draft.language, *languages_in(agent.draft.languages))):
        if language and language not in {option["value"] for option in listed["languages"]}:
            listed["languages"].append(Option(language, language_name(language)).describe())
    return listed


def describe_versions(agent: Agent) -> list[dict[str, Any]]:
    """Newest first."""
    versions = agent.versions.select_related("created_by").defer("spec").order_by("-number")[:MAX_VERSIONS]
    pinned: dict[int, list[str]] = {}
    for name, version in agent.channels.exclude(version=None).order_by("name").values_list("name", "version_id"):
        pinned.setdefault(version, []).append(name)
    return [
        describe_version(version, live=version.pk == agent.published_id, pinned_by=pinned.get(version.pk, ()))
        for version in versions
    ]


def describe_version(version: Version, *, live: bool, pinned_by: Sequence[str] = ()) -> dict[str, Any]:
    author = version.created_by
    return {
        "id": version.public_id,
        "number": version.number,
        "note": version.note,
        "by": (author.name or author.email) if author else "",
        "at": version.created_at.isoformat(),
        "live": live,
        "pinned_by": list(pinned_by),
        "nodes": sum(len(graph.running()) for graph in read_flow(version.draft.get(FLOW.name)).graphs()),
    }
