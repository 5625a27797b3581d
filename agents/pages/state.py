"""What the agent page shows beside the form, as data: the page is drawn with it and every save returns it."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from agents.compile import find_problems
from agents.engines import EngineMenu
from agents.graph import read_flow
from agents.models import Agent, Draft
from agents.prompt import HEAD_TOKENS, head_tokens
from agents.refusals import labelled
from agents.surroundings import surroundings_of


def editor_state(draft: Draft, menu: EngineMenu) -> dict[str, Any]:
    """Revision, problems, token count, how the draft stands to the published version."""
    problems = find_problems(draft, around=surroundings_of(draft.agent.workspace, menu))
    return {
        "revision": draft.revision,
        "problems": labelled(problems, read_flow(draft.flow)),
        "can_publish": not any(problem.severity == "error" for problem in problems),
        "tokens": head_tokens(draft.persona, draft.instructions, draft.language),
        "token_limit": HEAD_TOKENS,
        "undo": draft.saves.exists(),
        **publication(draft.agent, draft),
    }


def publication(agent: Agent, draft: Draft) -> dict[str, Any]:
    """How draft and published version stand to each other. `status`: unpublished, changed or published."""
    if agent.published is None:
        return {"status": "unpublished", "status_text": _("Not published yet"), "number": 0, "differs": []}
    number = agent.published.number
    differs = draft.differs_from(agent.published.draft)
    if differs:
        text = _("Draft differs from version %(number)d") % {"number": number}
        return {"status": "changed", "status_text": text, "number": number, "differs": differs}
    text = _("Version %(number)d is live") % {"number": number}
    return {"status": "published", "status_text": text, "number": number, "differs": []}
