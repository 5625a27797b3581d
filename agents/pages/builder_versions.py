"""Versions in the builder: publish, list, compare, restore."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.http import JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from agents.actions.publish_agent import publish_agent
from agents.actions.restore_version import restore_version
from agents.diff import FieldChange, compare_drafts
from agents.diff_flow import EdgeChange, NodeChange, ValueChange, compare_flows
from agents.errors import AgentsError
from agents.flow_field import FLOW
from agents.graph import plain_flow
from agents.models import Agent, Version
from agents.models.draft import OLDER
from agents.pages.builder_data import draft_of
from agents.pages.builder_state import builder_data, describe_version, describe_versions
from agents.pages.json_body import read_json, read_revision, refusal
from agents.pages.state import publication
from agents.problems import CompileError
from parley.accounts.pages.guard import WorkspaceRequest, workspace_page
from parley.accounts.permissions import Permission
from parley.accounts.scoping import get_or_404


@require_POST
@workspace_page(Permission.PUBLISH_AGENT)
def builder_publish(request: WorkspaceRequest, public_id: str) -> JsonResponse:
    """POST {"revision", "note"}. 409 draft_has_problems, draft_stale."""
    agent = get_or_404(Agent, request.actor.workspace, public_id)
    try:
        data = read_json(request.body)
        version = publish_agent(request.actor, agent, note=data.get("note", ""), revision=read_revision(data))
    except (AgentsError, CompileError) as error:
        return refusal(error)
    draft = draft_of(agent)
    body = {"version": describe_version(version, live=True), **publication(draft.agent, draft)}
    return JsonResponse(body, status=201)


@require_GET
@workspace_page(Permission.VIEW)
def builder_versions(request: WorkspaceRequest, public_id: str) -> JsonResponse:
    agent = get_or_404(Agent, request.actor.workspace, public_id)
    return JsonResponse({"versions": describe_versions(agent)})


@require_POST
@workspace_page(Permission.EDIT_AGENT)
def builder_restore(request: WorkspaceRequest, public_id: str) -> JsonResponse:
    """POST {"version", "revision"}: the draft says again what the version said; undo takes it back."""
    agent = get_or_404(Agent, request.actor.workspace, public_id)
    try:
        data = read_json(request.body)
        revision = read_revision(data)
        version = get_or_404(Version, request.actor.workspace, str(data.get("version", "")), agent=agent)
        restore_version(request.actor, agent, version, revision=revision)
    except AgentsError as error:
        return refusal(error)
    return JsonResponse(builder_data(request.actor, draft_of(agent)))


@require_GET
@workspace_page(Permission.VIEW)
def builder_diff(request: WorkspaceRequest, public_id: str) -> JsonResponse:
    """`?before=&after=`: each "draft", "published" or a version's id. Without them: published against draft."""
    agent = get_or_404(Agent.objects.select_related("published"), request.actor.workspace, public_id)
    before, first = _side(request, agent, request.GET.get("before", "published"))
    after, second = _side(request, agent, request.GET.get("after", "draft"))
    old_flow, new_flow = first.get(FLOW.name, OLDER[FLOW.name]), second.get(FLOW.name, OLDER[FLOW.name])
    flow = compare_flows(old_flow, new_flow)
    fields = [change for change in compare_drafts(first, second) if change.name != FLOW.name]
    words = [*(_("%(field)s changed") % {"field": change.label} for change in fields), *flow.words]
    body = {
        "before": before,
        "after": after,
        "fields": [_describe_field(change) for change in fields],
        "nodes": [_describe_node(change, old_flow) for change in flow.nodes],
        "edges": [_describe_edge(change, old_flow) for change in flow.edges],
        "flows": [asdict(change) for change in flow.flows],
        "words": words,
    }
    return JsonResponse(body)


def _side(request: WorkspaceRequest, agent: Agent, key: str) -> tuple[dict[str, str], dict[str, Any]]:
    """What one side of a comparison is called, and what it says; of an agent that was never published nothing."""
    if key == "draft":
        return {"key": "draft", "label": _("Draft")}, draft_of(agent).content()
    if key == "published" and agent.published is None:
        return {"key": "", "label": _("Nothing")}, {}
    wanted = agent.published.public_id if key == "published" and agent.published else key
    version = get_or_404(Version, request.actor.workspace, wanted, agent=agent)
    label = _("Version %(number)d") % {"number": version.number}
    return {"key": version.public_id, "label": label}, version.draft


def _describe_field(change: FieldChange | ValueChange) -> dict[str, Any]:
    return {"name": change.name, "label": str(change.label), "lines": [asdict(line) for line in change.lines]}


def _describe_node(change: NodeChange, before: dict[str, Any]) -> dict[str, Any]:
    node = change.node
    return {
        "id": node.id,
        "flow": change.flow,
        "kind": node.kind,
        "name": node.title,
        "change": change.change,
        "words": list(change.words),
        "fields": [_describe_field(field) for field in change.fields],
        "node": _find(before, change.flow, "nodes", node.id) if change.change == "removed" else None,
    }


def _describe_edge(change: EdgeChange, before: dict[str, Any]) -> dict[str, Any]:
    edge = change.edge
    return {
        "id": edge.id,
        "flow": change.flow,
        "source": edge.source,
        "target": edge.target,
        "change": change.change,
        "words": list(change.words),
        "edge": _find(before, change.flow, "edges", edge.id) if change.change == "removed" else None,
    }


def _find(flow: dict[str, Any], graph: str, kind: str, row: str) -> dict[str, Any] | None:
    """A node or an edge of a stored flow, as it stands there."""
    whole = flow or plain_flow()
    places = whole["flows"] if graph else [whole]
    found = (item for place in places if place.get("id", "") == graph for item in place[kind] if item["id"] == row)
    return next(found, None)
