"""Versions: the list, one version with what it changed, two compared, restoring one, its JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from agents.actions.restore_version import restore_version
from agents.diff import compare_drafts
from agents.errors import AgentsError
from agents.models import Agent, Draft, Version
from agents.pages.state import publication
from parley.accounts.pages.guard import WorkspaceRequest, workspace_page
from parley.accounts.permissions import Permission
from parley.accounts.scoping import get_or_404
from parley.lib.pages import render_page

PAGE_SIZE = 30
MOST_CHOICES = 500
DRAFT = "draft"


@require_GET
@workspace_page(Permission.VIEW)
def version_list(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    agent = get_or_404(Agent.objects.select_related("published", "draft"), request.actor.workspace, public_id)
    versions = agent.versions.select_related("created_by").defer("spec")
    page = Paginator(versions, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "agent": agent,
        "page": page,
        "entries": [(version, _summary(agent, version)) for version in page],
        "choices": _choices(agent) if page.paginator.count > 1 else [],
        "state": publication(agent, agent.draft),
        "may_edit": request.actor.may(Permission.EDIT_AGENT) and not agent.is_archived,
        "tab": "versions",
    }
    return render_page(request, "agents/versions.html", context, title=_("Versions of %(name)s") % {"name": agent.name})


def _summary(agent: Agent, version: Version) -> list[str]:
    """The labels of the fields that this version changed against the one before it."""
    before = agent.versions.filter(number=version.number - 1).only("draft").first()
    return [str(change.label) for change in compare_drafts(before.draft, version.draft)] if before else []


@require_GET
@workspace_page(Permission.VIEW)
def version_detail(request: WorkspaceRequest, public_id: str, version_id: str) -> HttpResponse:
    """`?against=`: "draft", another version's id, or else the version before. What is older stands on the left."""
    agent = get_or_404(Agent.objects.select_related("published"), request.actor.workspace, public_id)
    version = get_or_404(Version.objects.select_related("created_by"), request.actor.workspace, version_id, agent=agent)
    draft = Draft.objects.get(agent=agent)
    comparison = _comparison(request, agent, version, draft)
    context = {
        "agent": agent,
        "version": version,
        "following": agent.versions.filter(number=version.number + 1).first(),
        "comparison": comparison,
        "others": [each for each in _choices(agent) if each.pk != version.pk],
        "changes": compare_drafts(comparison.before, comparison.after),
        "same_as_draft": not draft.differs_from(version.draft),
        "may_edit": request.actor.may(Permission.EDIT_AGENT) and not agent.is_archived,
        "tab": "versions",
    }
    title = _("%(name)s, version %(number)d") % {"name": agent.name, "number": version.number}
    return render_page(request, "agents/version.html", context, title=title)


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a version is held against. `other`: a version that is neither the one before nor the draft."""

    before: dict[str, Any]
    after: dict[str, Any]
    words: str
    previous: Version | None
    other: Version | None = None
    with_draft: bool = False


def _comparison(request: WorkspaceRequest, agent: Agent, version: Version, draft: Draft) -> Comparison:
    previous = agent.versions.filter(number=version.number - 1).first()
    against = request.GET.get("against") or "previous"
    if against == DRAFT:
        words = _("From version %(first)d to the draft") % {"first": version.number}
        return Comparison(version.draft, draft.content(), words, previous, with_draft=True)
    if against == "previous":
        words = _between(previous, version) if previous else ""
        return Comparison(previous.draft if previous else {}, version.draft, words, previous)
    other = get_or_404(Version, request.actor.workspace, against, agent=agent)
    older, newer = sorted((other, version), key=lambda each: each.number)
    if other == previous:
        return Comparison(older.draft, newer.draft, _between(older, newer), previous)
    return Comparison(older.draft, newer.draft, _between(older, newer), previous, other)


def _between(older: Version, newer: Version) -> str:
    return _("From version %(first)d to version %(second)d") % {"first": older.number, "second": newer.number}


def _choices(agent: Agent) -> list[Version]:
    """Versions to choose from, the newest first, without what they say."""
    return list(agent.versions.defer("spec", "draft")[:MOST_CHOICES])


@require_GET
@workspace_page(Permission.VIEW)
def version_compare(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    """`?first=&second=`: two versions' ids, or one and "draft". Leads to the page of the newer with the difference."""
    agent = get_or_404(Agent, request.actor.workspace, public_id)
    chosen = {request.GET.get("first", ""), request.GET.get("second", "")} - {""}
    versions = [
        get_or_404(Version.objects.defer("spec", "draft"), request.actor.workspace, key, agent=agent)
        for key in chosen - {DRAFT}
    ]
    if not versions:
        return redirect("agents:versions", agent.public_id)
    versions.sort(key=lambda each: each.number)
    against = DRAFT if DRAFT in chosen else versions[0].public_id
    return redirect(f"{version_address(agent, versions[-1])}?{urlencode({'against': against})}")


@require_POST
@workspace_page(Permission.EDIT_AGENT)
def version_restore(request: WorkspaceRequest, public_id: str, version_id: str) -> HttpResponse:
    agent = get_or_404(Agent, request.actor.workspace, public_id)
    version = get_or_404(Version, request.actor.workspace, version_id, agent=agent)
    try:
        restore_version(request.actor, agent, version)
    except AgentsError as error:
        messages.error(request, error.message)
        return redirect("agents:versions", agent.public_id)
    text = _("The draft now says what version %(number)d said. Publish it when you are ready; undo takes it back.")
    messages.success(request, text % {"number": version.number})
    return redirect("agents:detail", agent.public_id)


@require_GET
@workspace_page(Permission.VIEW)
def version_spec(request: WorkspaceRequest, public_id: str, version_id: str) -> HttpResponse:
    """The compiled version, byte for byte, as a download."""
    agent = get_or_404(Agent, request.actor.workspace, public_id)
    version = get_or_404(Version, request.actor.workspace, version_id, agent=agent)
    response = HttpResponse(version.spec, content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="{agent.slug}-v{version.number}.json"'
    response["ETag"] = f'"{version.digest}"'
    return response


def version_address(agent: Agent, version: Version) -> str:
    return reverse("agents:version", args=[agent.public_id, version.public_id])
