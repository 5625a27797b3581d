"""The builder's reads and saves, as JSON: docs/builder-data.md."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.http import JsonResponse
from django.views.decorators.http import require_GET, require_http_methods

from agents.actions.edit_draft import edit_draft
from agents.actions.rename_agent import rename_agent
from agents.errors import AgentsError
from agents.flow_field import FLOW
from agents.models import Agent, Draft
from agents.pages.builder_state import builder_data, canvas_flow, draft_state
from agents.pages.json_body import damaged, read_json, read_revision, refusal
from agents.refusals import field_label
from parley.accounts.pages.guard import WorkspaceRequest, workspace_page
from parley.accounts.permissions import Permission
from parley.accounts.scoping import get_or_404


@require_GET
@workspace_page(Permission.VIEW)
def builder_data_page(request: WorkspaceRequest, public_id: str) -> JsonResponse:
    agent = get_or_404(Agent, request.actor.workspace, public_id)
    return JsonResponse(builder_data(request.actor, draft_of(agent)))


@require_http_methods(["PUT"])
@workspace_page(Permission.EDIT_AGENT)
def builder_flow(request: WorkspaceRequest, public_id: str) -> JsonResponse:
    """PUT {"revision", "flow", "fields"}: save. 400 edit_refused, 409 draft_stale: nothing was saved."""
    agent = get_or_404(Agent, request.actor.workspace, public_id)
    try:
        data = read_json(request.body)
        revision, changes = read_revision(data), _changes(data)
        with transaction.atomic():
            if "name" in changes:
                rename_agent(request.actor, agent, changes.pop("name"))
            edited = edit_draft(request.actor, agent, changes, revision=revision)
    except AgentsError as error:
        return refusal(error)
    draft = draft_of(agent)
    kept = canvas_flow(draft.flow)
    return JsonResponse(
        {
            **draft_state(draft),
            "changed": [{"name": name, "label": field_label(name)} for name in edited.changed],
            "notices": [notice.as_dict() for notice in edited.notices],
            "flow": None if changes.get(FLOW.name, kept) == kept else kept,
        }
    )


def _changes(data: dict[str, Any]) -> dict[str, Any]:
    """Draft values by name. Raises AgentsError for a save of another shape."""
    fields = data.get("fields", {})
    if set(data) - {"revision", "flow", "fields"} or not isinstance(fields, dict) or FLOW.name in fields:
        raise damaged()
    return {**fields, **({FLOW.name: data["flow"]} if "flow" in data else {})}


def draft_of(agent: Agent) -> Draft:
    return Draft.objects.select_related("agent__published", "agent__workspace").get(agent=agent)
