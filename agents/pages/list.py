"""Agents, as cards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from agents.models import Agent
from agents.pages.state import publication
from agents.prompt import language_name
from agents.text import clean_text
from parley.accounts.pages.guard import WorkspaceRequest, workspace_page
from parley.accounts.permissions import Permission
from parley.lib.pages import render_page

PAGE_SIZE = 24


@dataclass(frozen=True, slots=True)
class Card:
    agent: Agent
    state: dict[str, Any]
    language: str
    initials: str


@require_GET
@workspace_page(Permission.VIEW)
def agent_list(request: WorkspaceRequest) -> HttpResponse:
    """`?q=` searches names and slugs, `?archived=1` shows what is put away."""
    query = clean_text(request.GET.get("q", ""))[0].strip()[:80]
    archived = request.GET.get("archived") == "1"
    everything = Agent.objects.of(request.actor.workspace)
    page: Page[Agent] = Paginator(_shown(everything, query, archived), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "cards": [_card(agent) for agent in page],
        "page": page,
        "query": query,
        "archived": archived,
        "active_count": everything.filter(archived_at=None).count(),
        "archived_count": everything.exclude(archived_at=None).count(),
        "may_edit": request.actor.may(Permission.EDIT_AGENT),
        "may_talk": request.actor.may(Permission.TALK),
        "may_publish": request.actor.may(Permission.PUBLISH_AGENT),
    }
    return render_page(request, "agents/list.html", context, title=_("Agents"))


def _shown(agents: QuerySet[Agent], query: str, archived: bool) -> QuerySet[Agent]:
    shown = agents.filter(archived_at__isnull=not archived).select_related("published", "draft")
    if query:
        shown = shown.filter(Q(name__icontains=query) | Q(slug__icontains=query))
    return shown.order_by("-draft__updated_at", "pk")


def _card(agent: Agent) -> Card:
    words = agent.name.split()
    initials = "".join(word[0] for word in words[:2]).upper()
    return Card(agent, publication(agent, agent.draft), language_name(agent.draft.language), initials)
