"""The speech workers: who is there, how loaded, what is kept for whom."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from channels_io.actions.drain_worker import drain_worker, runs_workers
from channels_io.models import ReservedPlaces
from channels_io.reads.fleet import fleet_view
from channels_io.workers.provision import holds_now
from inference.errors import ParleyError
from parley.accounts.pages import workspace_page
from parley.accounts.pages.guard import WorkspaceRequest
from parley.accounts.permissions import Permission
from parley.lib.pages import render_page


@require_safe
@workspace_page(Permission.MANAGE_WORKSPACE)
def workers(request: WorkspaceRequest) -> HttpResponse:
    rows = ReservedPlaces.objects.of(request.actor.workspace).select_related("agent", "workspace")
    context = {
        "fleet": fleet_view(request.actor.workspace),
        "may_drain": runs_workers(request.actor),
        "reserved": [{"row": row, "now": holds_now(row), "when": when_shown(row)} for row in rows],
        "lead": _("They listen, think and speak. A call goes to one that holds its agent ready and has room."),
    }
    return render_page(request, "channels_io/workers/list.html", context, title=_("Workers"))


def when_shown(row: ReservedPlaces) -> str:
    """Days and times in words."""
    days = ", ".join(str(WEEKDAYS_ABBR[day]) for day in row.days) or _("Every day")
    if row.begins is None or row.ends is None:
        return _("%(days)s, all day") % {"days": days}
    return _("%(days)s, %(begins)s to %(ends)s") % {
        "days": days,
        "begins": f"{row.begins:%H:%M}",
        "ends": f"{row.ends:%H:%M}",
    }


@require_safe
@workspace_page(Permission.MANAGE_WORKSPACE)
def workers_live(request: WorkspaceRequest) -> HttpResponse:
    """The part of the page that changes by itself."""
    context = {"fleet": fleet_view(request.actor.workspace), "may_drain": runs_workers(request.actor)}
    return render(request, "channels_io/workers/_live.html", context)


@require_POST
@workspace_page(Permission.MANAGE_WORKSPACE)
def worker_drain(request: WorkspaceRequest) -> HttpResponse:
    url, draining = request.POST.get("url", ""), request.POST.get("draining") == "1"
    try:
        drain_worker(request.actor, url, draining=draining)
    except LookupError as error:
        raise Http404 from error
    except ParleyError:
        messages.error(request, _("The worker does not answer. Nothing was changed."))
    else:
        done = (
            _("It takes no new calls; those that are left go on elsewhere.") if draining else _("It takes calls again.")
        )
        messages.success(request, done)
    return redirect("channels_io:workers")
