"""The agent page's saves, as JSON: autosave and undo."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.http import JsonResponse
from django.views.decorators.http import require_http_methods, require_POST

from agents.actions.edit_draft import Edited, edit_draft
from agents.actions.rename_agent import rename_agent
from agents.actions.undo_edit import undo_edit
from agents.engines import engine_menu
from agents.errors import AgentsError
from agents.models import Agent, Draft
from agents.pages.json_body import damaged, read_json, read_revision, refusal
from agents.pages.state import editor_state
from agents.refusals import field_label
from parley.accounts.pages.guard import WorkspaceRequest, workspace_page
from parley.accounts.permissions import Permission
from parley.accounts.scoping import get_or_404


@require_http_methods(["GET", "POST"])
@workspace_page(Permission.VIEW)
def agent_draft(request: WorkspaceRequest, public_id: str) -> JsonResponse:
    """GET: the draft now. POST {"revision": n, "changes": {field: value}}: save; the answer carries the new state.

    400 edit_refused: nothing was saved, the reasons are in `problems`. 409 draft_stale: nothing was
    saved, `conflicts` holds what the disputed fields say now.
    """
    agent = get_or_404(Agent, request.actor.workspace, public_id)
    if request.method == "GET":
        return _answer(Edited(_draft_of(agent), [], []))
    try:
        revision, changes = _read_body(request.body)
        with transaction.atomic():
            if "name" in changes:
                rename_agent(request.actor, agent, changes.pop("name"))
            edited = edit_draft(request.actor, agent, changes, revision=revision)
    except AgentsError as error:
        return refusal(error)
    return _answer(Edited(_draft_of(agent), edited.changed, edited.notices))


@require_POST
@workspace_page(Permission.EDIT_AGENT)
def undo_draft(request: WorkspaceRequest, public_id: str) -> JsonResponse:
    """POST {"revision": n}: take the last save back."""
    agent = get_or_404(Agent, request.actor.workspace, public_id)
    try:
        revision, _changes = _read_body(request.body)
        edited = undo_edit(request.actor, agent, revision=revision)
    except AgentsError as error:
        return refusal(error)
    return _answer(Edited(_draft_of(agent), edited.changed, []))


def _read_body(body: bytes) -> tuple[int, dict[str, Any]]:
    """Revision and changes. Raises AgentsError on anything else."""
    data = read_json(body)
    changes = data.get("changes", {})
    if not isinstance(changes, dict):
        raise damaged()
    return read_revision(data), changes


def _draft_of(agent: Agent) -> Draft:
    return Draft.objects.select_related("agent__published", "agent__workspace").get(agent=agent)


def _answer(edited: Edited) -> JsonResponse:
    draft = edited.draft
    notices: Sequence[Any] = [notice.as_dict() for notice in edited.notices]
    return JsonResponse(
        {
            **editor_state(draft, engine_menu()),
            "changed": [{"name": name, "label": field_label(name)} for name in edited.changed],
            "notices": notices,
            "content": {"name": draft.agent.name, **draft.content()},
        }
    )
