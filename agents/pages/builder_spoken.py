"""How a text of a flow will be said."""

from __future__ import annotations

from django.http import JsonResponse
from django.views.decorators.http import require_POST

from agents.errors import AgentsError
from agents.graph import read_flow
from agents.models import Agent
from agents.pages.builder_data import draft_of
from agents.pages.json_body import damaged, read_json, refusal
from agents.placeholders import names_in, replace_names
from agents.text import clean_text
from agents.variables import variables_of
from inference.normalize.speech import speakable
from inference.spec import Pronunciation
from parley.accounts.pages.guard import WorkspaceRequest, workspace_page
from parley.accounts.permissions import Permission
from parley.accounts.scoping import get_or_404

MAX_TEXT = 2_000
SAMPLES = {"date": "24 November", "time": "3:30 pm", "caller": "+353 1 234 5678", "channel": "voice"}
"""What stands for a variable that was given no value, beside its own name."""


@require_POST
@workspace_page(Permission.VIEW)
def builder_spoken(request: WorkspaceRequest, public_id: str) -> JsonResponse:
    """POST {"text", "values"} → {"spoken", "variables", "unknown"}: the words as the voice is given them."""
    agent = get_or_404(Agent, request.actor.workspace, public_id)
    try:
        data = read_json(request.body)
        text, values = data.get("text"), data.get("values", {})
        if not isinstance(text, str) or not isinstance(values, dict):
            raise damaged()
    except AgentsError as error:
        return refusal(error)
    draft = draft_of(agent)
    text = clean_text(text[:MAX_TEXT])[0]
    names = names_in(text)
    known = {variable.name for variable in variables_of(read_flow(draft.flow))}
    shown = {
        name: clean_text(str(values.get(name) or SAMPLES.get(name) or name.replace("_", " ")))[0] for name in names
    }
    rows = tuple(Pronunciation(row["written"], row["spoken"]) for row in draft.pronunciations)
    return JsonResponse(
        {
            "spoken": speakable(replace_names(text, shown), draft.language, rows),
            "variables": names,
            "unknown": [name for name in names if name not in known],
        }
    )
