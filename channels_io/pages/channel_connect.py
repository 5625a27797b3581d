"""Setting a number or sender up, second half: the carrier calls us, and it is proved that all of it holds."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from channels_io import registry
from channels_io.actions.connect_channel import connect_channel
from channels_io.models import Channel
from channels_io.pages.channel_steps import channel_page
from channels_io.pages.simulate_command import simulate_commands
from channels_io.reads.channel_checks import MISSING, checks_of, run_all, run_check, worst
from channels_io.setting_up import Check, SetUpFailed
from parley.accounts.pages import workspace_page
from parley.accounts.pages.guard import WorkspaceRequest
from parley.accounts.permissions import Permission
from parley.accounts.scoping import get_or_404


@require_http_methods(["GET", "POST"])
@workspace_page(Permission.MANAGE_CHANNELS)
@never_cache
def channel_connect(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    """What to paste at the carrier; a POST enters it there."""
    row = carrier_channel_or_404(request, public_id)
    assert row.account is not None
    if request.method == "POST":
        try:
            messages.success(request, connect_channel(request.actor, row))
        except SetUpFailed as failed:
            return _connect_page(request, row, failed=failed, status=409)
        again = "?new=1" if request.GET.get("new") else ""
        return redirect(reverse("channels_io:channel-test", args=[row.public_id]) + again)
    return _connect_page(request, row)


def _connect_page(
    request: WorkspaceRequest, row: Channel, *, failed: SetUpFailed | None = None, status: int = 200
) -> HttpResponse:
    assert row.account is not None
    context: dict[str, Any] = {"failed": failed, "commands": simulate_commands(row)}
    try:
        context["webhooks"] = registry.setup_of(row.kind, row.account).webhooks(row)
    except SetUpFailed as unreadable:
        context["failed"] = failed or unreadable
    return channel_page(request, "channels_io/set_up/connect.html", row, "connect", context, status=status)


@require_http_methods(["GET", "POST"])
@workspace_page(Permission.MANAGE_CHANNELS)
@never_cache
def channel_test(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    """The checks. A POST runs them all; from the page's own script, one after the other (`?step=`)."""
    row = carrier_channel_or_404(request, public_id)
    if request.method != "POST":
        rows = [(check, None) for check in checks_of(row)]
        return _test_page(request, row, {"rows": rows})
    if "HX-Request" in request.headers:
        return _one_step(request, row)
    rows_done = run_all(row)
    return _test_page(request, row, {"rows": rows_done, **_summary(worst(found for _check, found in rows_done))})


def _test_page(request: WorkspaceRequest, row: Channel, context: dict[str, Any]) -> HttpResponse:
    commands = simulate_commands(row)
    return channel_page(request, "channels_io/set_up/test.html", row, "test", {"commands": commands, **context})


def _one_step(request: WorkspaceRequest, row: Channel) -> HttpResponse:
    """No step: the list, of which the first one runs. Else that step's result, and the next one running."""
    checks = checks_of(row)
    name = request.GET.get("step", "")
    context: dict[str, Any] = {"channel": row}
    if not name:
        rows = [(check, None) for check in checks]
        return render(request, "channels_io/set_up/_checks.html", {**context, "rows": rows, "next": checks[0]})
    place = next((number for number, check in enumerate(checks) if check.name == name), None)
    if place is None:
        raise Http404(_("There is no such check."))
    # What came before is told by the page: it is for its own eyes only, and nothing is kept of it.
    without = set(request.GET.get("without", "").split(",")) & {check.name for check in checks}
    before = request.GET.get("worst", "")
    result = run_check(row, checks[place], without)
    if result.verdict in MISSING:
        without.add(name)
    verdict = "bad" if "bad" in (before, result.verdict) else "warn" if "warn" in (before, result.verdict) else ""
    following: Check | None = checks[place + 1] if place + 1 < len(checks) else None
    context |= {
        "check": checks[place],
        "found": result,
        "next": following,
        "without": ",".join(sorted(without)),
        "worst": verdict,
        **({} if following else _summary(verdict)),
    }
    return render(request, "channels_io/set_up/_check_done.html", context)


def _summary(verdict: str) -> dict[str, Any]:
    match verdict:
        case "bad":
            return {"tone": "is-error", "summary": _("Not ready yet: mend what is marked, then test again.")}
        case "warn":
            return {"tone": "is-warn", "summary": _("It works. What is marked would make it safer.")}
    return {"tone": "is-good", "summary": _("All of it holds. People can reach the agent.")}


def carrier_channel_or_404(request: WorkspaceRequest, public_id: str) -> Channel:
    rows = Channel.objects.select_related("agent__published", "version", "account__workspace", "workspace")
    row = get_or_404(rows, request.actor.workspace, public_id)
    if row.account is None or not registry.provider_of(row.kind):
        raise Http404(_("There is nothing here, or it is not yours to see."))
    return row
