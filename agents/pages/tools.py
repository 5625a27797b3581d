"""Tools: the list, one tool with its form, deleting it."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from agents.actions.delete_tool import delete_tool
from agents.actions.save_tool import SavedTool, create_tool, edit_tool
from agents.errors import ToolRefused
from agents.models import Secret, Tool
from agents.pages.tool_json import read_json, refused
from agents.reads import agents_with_tool
from agents.tools.build import origin_of
from agents.tools.shapes import ToolValues, flat, values_of
from parley.accounts.pages.guard import WorkspaceRequest, workspace_page
from parley.accounts.permissions import Permission
from parley.accounts.scoping import get_or_404
from parley.lib.pages import render_page

METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")


@require_GET
@workspace_page(Permission.VIEW)
def tool_list(request: WorkspaceRequest) -> HttpResponse:
    workspace = request.actor.workspace
    rows = [
        {
            "tool": tool,
            "method": tool.request.get("method", "GET"),
            "server": origin_of(tool.request.get("url", "")).partition("://")[2],
            "agents": agents_with_tool(workspace, tool.name),
        }
        for tool in Tool.objects.of(workspace)
    ]
    context = {
        "rows": rows,
        "secrets": Secret.objects.of(workspace).count(),
        "may_edit": request.actor.may(Permission.EDIT_AGENT),
    }
    return render_page(request, "agents/tools/list.html", context, title=_("Tools"))


@require_http_methods(["GET", "POST"])
@workspace_page(Permission.EDIT_AGENT)
def tool_new(request: WorkspaceRequest) -> HttpResponse:
    """POST {values with name} → {"url"}: where the new tool is. 400 tool_refused with `findings`."""
    if request.method == "POST":
        try:
            saved = create_tool(request.actor, read_json(request.body))
        except ToolRefused as error:
            return refused(error)
        _tell(request, saved, _("The tool is ready. Agents can use it from now on."))
        return JsonResponse({"url": reverse("agents:tool", args=[saved.tool.public_id])}, status=201)
    values = {"name": "", **flat(ToolValues())}
    return _page(request, None, values, reverse("agents:tool-new"), title=_("New tool"))


@require_http_methods(["GET", "POST"])
@workspace_page(Permission.VIEW)
def tool_detail(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    """POST {values} → {"values", "notices"}. 400 tool_refused with `findings`."""
    tool = get_or_404(Tool, request.actor.workspace, public_id)
    if request.method == "POST":
        try:
            saved = edit_tool(request.actor, tool, read_json(request.body))
        except ToolRefused as error:
            return refused(error)
        notices = [message for _field, _code, message in saved.notices]
        return JsonResponse({"values": values_of(saved.tool), "notices": notices})
    return _page(request, tool, values_of(tool), reverse("agents:tool", args=[tool.public_id]), title=tool.name)


@require_POST
@workspace_page(Permission.EDIT_AGENT)
def tool_delete(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    tool = get_or_404(Tool, request.actor.workspace, public_id)
    delete_tool(request.actor, tool)
    messages.success(request, _("“%(name)s” was deleted.") % {"name": tool.name})
    return redirect("agents:tools")


def _page(
    request: WorkspaceRequest, tool: Tool | None, values: dict[str, Any], url: str, *, title: str
) -> HttpResponse:
    workspace = request.actor.workspace
    editable = request.actor.may(Permission.EDIT_AGENT)
    secrets = Secret.objects.of(workspace)
    context = {
        "tool": tool,
        "editable": editable,
        "methods": METHODS,
        "secrets": secrets,
        "agents": agents_with_tool(workspace, tool.name) if tool else [],
        "config": {
            "values": values,
            "editable": editable,
            "isNew": tool is None,
            "saveUrl": url,
            "testUrl": reverse("agents:tool-test"),
            "secrets": [secret.name for secret in secrets],
            "words": _words(),
        },
    }
    return render_page(request, "agents/tools/detail.html", context, title=title)


def _words() -> dict[str, str]:
    """What the page's module says."""
    return {
        "saved": _("Saved. Agents use it like this from now on."),
        "saving": _("Saving…"),
        "offline": _("The server does not answer. Nothing was saved; try again."),
        "refused": _("Not saved: look at the marked fields."),
        "sending": _("Waiting for the server…"),
        "worked": _("It worked"),
        "failed": _("It failed"),
        "status": _("Status"),
        "milliseconds": _("ms"),
        "nothing": _("The answer was empty."),
        "noArguments": _("This tool takes nothing from the agent. Just send it."),
        "leave": _("Some changes are not saved yet."),
        "take": _("Tell the agent this value"),
        "choose": _("Choose"),
        "yes": _("yes"),
        "no": _("no"),
    }


def _tell(request: WorkspaceRequest, saved: SavedTool, message: str) -> None:
    messages.success(request, message)
    for _field, _code, notice in saved.notices:
        messages.warning(request, notice)
