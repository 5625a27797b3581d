"""Alert rules: which figures are watched, how they stand, and a new one."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from agents.models import Agent
from channels_io.actions.save_alert_rule import LONGEST_MINUTES, RuleWishes, delete_alert_rule, save_alert_rule
from channels_io.alerting.metrics import METRICS, measured
from channels_io.models import AlertRule
from parley.accounts.models import Workspace
from parley.accounts.pages import workspace_page
from parley.accounts.pages.guard import WorkspaceRequest
from parley.accounts.permissions import Permission
from parley.accounts.scoping import get_or_404
from parley.lib.pages import render_page


class RuleForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    metric = forms.ChoiceField(label=gettext_lazy("Figure"))
    side = forms.ChoiceField(
        label=gettext_lazy("When it is"),
        choices=(("above", gettext_lazy("above")), ("below", gettext_lazy("below"))),
    )
    limit = forms.FloatField(label=gettext_lazy("Limit"))
    minutes = forms.IntegerField(
        label=gettext_lazy("Over the last (minutes)"), initial=15, min_value=1, max_value=LONGEST_MINUTES
    )
    agent = forms.ChoiceField(label=gettext_lazy("Agent"), required=False)
    emails = forms.CharField(
        label=gettext_lazy("E-mail to"),
        required=False,
        max_length=1000,
        help_text=gettext_lazy("Addresses with commas between. It is told on this page and to webhooks in any case."),
    )
    enabled = forms.BooleanField(label=gettext_lazy("Watch it"), required=False, initial=True)

    def __init__(self, workspace: Workspace, rule: AlertRule | None, data: Any = None) -> None:
        initial = {} if rule is None else {
            "name": rule.name, "metric": rule.metric, "side": "below" if rule.below else "above", "limit": rule.limit,
            "minutes": rule.minutes, "agent": rule.agent.public_id if rule.agent else "",
            "emails": ", ".join(rule.emails), "enabled": rule.enabled,
        }  # fmt: skip
        super().__init__(data, initial=initial)
        self._agents = {agent.public_id: agent for agent in Agent.objects.of(workspace).order_by("name")}
        self.fields["metric"].choices = [  # type: ignore[attr-defined]
            (name, f"{metric.label} ({metric.unit})" if metric.unit else metric.label)
            for name, metric in METRICS.items()
        ]
        self.fields["agent"].choices = [  # type: ignore[attr-defined]
            ("", _("All agents")),
            *((key, agent.name) for key, agent in self._agents.items()),
        ]

    def wishes(self) -> RuleWishes:
        cleaned = self.cleaned_data
        return RuleWishes(
            name=cleaned["name"],
            metric=cleaned["metric"],
            limit=cleaned["limit"],
            minutes=cleaned["minutes"],
            below=cleaned["side"] == "below",
            agent=self._agents.get(cleaned["agent"]),
            emails=[email for email in re.split(r"[,;\s]+", cleaned["emails"]) if email],
            enabled=cleaned["enabled"],
        )


@require_http_methods(["GET", "POST"])
@workspace_page(Permission.VIEW)
def alert_rules(request: WorkspaceRequest) -> HttpResponse:
    return _page(request, None)


@require_http_methods(["GET", "POST"])
@workspace_page(Permission.MANAGE_WORKSPACE)
def alert_rule(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    return _page(request, get_or_404(AlertRule.objects.select_related("agent"), request.actor.workspace, public_id))


@require_POST
@workspace_page(Permission.MANAGE_WORKSPACE)
def alert_rule_delete(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    delete_alert_rule(request.actor, get_or_404(AlertRule, request.actor.workspace, public_id))
    messages.success(request, _("The rule is gone."))
    return redirect("channels_io:alert-rules")


def _page(request: WorkspaceRequest, rule: AlertRule | None) -> HttpResponse:
    workspace = request.actor.workspace
    form = RuleForm(workspace, rule, request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            save_alert_rule(request.actor, rule, form.wishes())
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("Saved. It is looked at every minute."))
            return redirect("channels_io:alert-rules")
    rules = list(AlertRule.objects.of(workspace).select_related("agent"))
    now = timezone.now()
    context = {
        "form": form,
        "rule": rule,
        "rows": [(each, METRICS.get(each.metric)) for each in rules],
        "current": [
            (metric.label, measured(name, workspace, now, 15, None), metric.unit) for name, metric in METRICS.items()
        ],
        "may_manage": request.actor.may(Permission.MANAGE_WORKSPACE),
    }
    return render_page(
        request, "channels_io/alert_rules.html", context, title=_("Alert rules"), status=400 if form.errors else 200
    )
