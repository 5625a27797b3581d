"""Spending & alerts: how much is used, the rules, what was refused, what to look at."""

from __future__ import annotations

from typing import Any

import msgspec
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from channels_io.actions.save_spending_rules import save_spending_rules
from channels_io.actions.see_alerts import see_alert, see_all_alerts
from channels_io.guards.ask import reaches_nobody, rules_in_force
from channels_io.guards.countries import country_name, country_of_zone, names
from channels_io.guards.presets import LIMITS, PRESETS, preset_of
from channels_io.guards.rules import EVERY, Rules
from channels_io.models import Alert, SpendingRule
from channels_io.pages.spending_form import WHATS, SpendingForm
from channels_io.reads.spending import refusals, usage
from parley.accounts.models import Workspace
from parley.accounts.pages import workspace_page
from parley.accounts.pages.guard import WorkspaceRequest
from parley.accounts.permissions import Permission
from parley.accounts.scoping import get_or_404
from parley.lib.pages import render_page

ALERTS_A_PAGE = 50


@require_http_methods(["GET", "POST"])
@workspace_page(Permission.VIEW)
def spending(request: WorkspaceRequest) -> HttpResponse:
    workspace = request.actor.workspace
    rules, readable = _rules(workspace)
    shown = _with_preset(rules, request.GET.get("preset", ""))
    form = SpendingForm(shown, request.POST or None)
    if request.method == "POST" and form.is_valid():
        save_spending_rules(request.actor, form.as_rules())
        messages.success(request, _("Saved. It holds from the next message and call on."))
        return redirect("channels_io:spending")
    home = country_of_zone(workspace.timezone)
    context = {
        "form": form,
        "rules": rules,
        "readable": readable,
        "saved": SpendingRule.objects.filter(workspace=workspace).exists(),
        "usage": usage(workspace, rules),
        "home": country_name(home) if home else "",
        "zone": workspace.timezone,
        "nobody": readable and reaches_nobody(workspace),
        "refusals": refusals(workspace),
        "alerts": Alert.objects.of(workspace).filter(seen_at=None)[:5],
        "unseen": Alert.objects.of(workspace).filter(seen_at=None).count(),
        "preset": preset_of(shown),
        "presets": _preset_cards(),
        "prices": form.price_rows(),
        "whats": WHATS,
        "countries": [(EVERY, _("Every other country")), *names().items()],
        "may_manage": request.actor.may(Permission.MANAGE_WORKSPACE),
        "may_see": request.actor.may(Permission.OPERATE),
    }
    status = 400 if form.errors else 200
    return render_page(request, "channels_io/spending.html", context, title=_("Spending"), status=status)


@require_safe
@workspace_page(Permission.VIEW)
def alerts(request: WorkspaceRequest) -> HttpResponse:
    rows = Alert.objects.of(request.actor.workspace)
    unseen_only = request.GET.get("show") == "unseen"
    page = Paginator(rows.filter(seen_at=None) if unseen_only else rows, ALERTS_A_PAGE).get_page(
        request.GET.get("page", "1")
    )
    context = {
        "page": page,
        "unseen_only": unseen_only,
        "unseen": rows.filter(seen_at=None).count(),
        "may_see": request.actor.may(Permission.OPERATE),
    }
    return render_page(request, "channels_io/alerts.html", context, title=_("Alerts"))


@require_POST
@workspace_page(Permission.OPERATE)
def alert_seen(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    see_alert(request.actor, get_or_404(Alert, request.actor.workspace, public_id))
    return redirect("channels_io:alerts")


@require_POST
@workspace_page(Permission.OPERATE)
def alerts_seen(request: WorkspaceRequest) -> HttpResponse:
    see_all_alerts(request.actor)
    messages.success(request, _("All alerts are marked as seen."))
    return redirect("channels_io:alerts")


def _rules(workspace: Workspace) -> tuple[Rules, bool]:
    """The rules, and whether what is stored could be read; else the defaults to begin again with."""
    try:
        return rules_in_force(workspace), True
    except msgspec.ValidationError:
        return Rules(), False


def _with_preset(rules: Rules, name: str) -> Rules:
    preset = PRESETS.get(name)
    if preset is None:
        return rules
    return msgspec.structs.replace(rules, **{limit: getattr(preset, limit) for limit in LIMITS})


def _preset_cards() -> list[dict[str, Any]]:
    words = {
        "careful": (_("Careful"), _("To try things out. A mistake stays cheap.")),
        "steady": (_("Steady"), _("A practice, a shop: some hundred people a day.")),
        "busy": (_("Busy"), _("Thousands of people a day.")),
    }
    return [
        {"name": name, "title": words[name][0], "text": words[name][1], "rules": rules}
        for name, rules in PRESETS.items()
    ]
