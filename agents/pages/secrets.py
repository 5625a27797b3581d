"""Secrets: which there are, a new one, another text for one. None is ever shown."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from agents.actions.delete_secret import delete_secret
from agents.actions.set_secret import set_secret
from agents.errors import ToolRefused
from agents.models import Secret, Tool
from agents.reads import agents_with_secret
from parley.accounts.pages.guard import WorkspaceRequest, workspace_page
from parley.accounts.permissions import Permission
from parley.accounts.scoping import get_or_404
from parley.lib.pages import render_page


class SecretForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "placeholder": "crm_key"}),
        help_text=gettext_lazy("Requests name it. An existing name gets a new text."),
    )
    text = forms.CharField(
        label=gettext_lazy("Secret"),
        max_length=4000,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=gettext_lazy("Kept encrypted. Nobody can read it again, you neither."),
    )
    hosts = forms.CharField(
        label=gettext_lazy("May be sent to"),
        max_length=1000,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "placeholder": "api.example.com"}),
        help_text=gettext_lazy("The servers it belongs to, separated by commas. It goes nowhere else."),
    )


@require_http_methods(["GET", "POST"])
@workspace_page(Permission.EDIT_AGENT)
@never_cache
@sensitive_post_parameters("text")
def secret_list(request: WorkspaceRequest) -> HttpResponse:
    """The list; a POST makes or replaces one."""
    if request.method != "POST":
        return _page(request, SecretForm())
    form = SecretForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=400)
    data = form.cleaned_data
    try:
        secret = set_secret(request.actor, data["name"], data["text"], data["hosts"].split(","))
    except ToolRefused as error:
        for field, _code, message in error.findings:
            form.add_error(field or None, message)
        return _page(request, form, status=400)
    messages.success(request, _("“%(name)s” is kept. Requests send it from now on.") % {"name": secret.name})
    return redirect("agents:secrets")


@require_POST
@workspace_page(Permission.EDIT_AGENT)
def secret_delete(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    secret = get_or_404(Secret, request.actor.workspace, public_id)
    try:
        delete_secret(request.actor, secret)
    except ToolRefused as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("“%(name)s” was deleted.") % {"name": secret.name})
    return redirect("agents:secrets")


def _page(request: WorkspaceRequest, form: SecretForm, *, status: int = 200) -> HttpResponse:
    workspace = request.actor.workspace
    used: dict[str, list[Tool]] = {}
    for tool in Tool.objects.of(workspace):
        used.setdefault(tool.request.get("secret", ""), []).append(tool)
    secrets = Secret.objects.of(workspace).select_related("set_by")
    rows = [
        {
            "secret": secret,
            "tools": used.get(secret.name, []),
            "agents": agents_with_secret(workspace, secret.name),
        }
        for secret in secrets
    ]
    context = {"rows": rows, "form": form}
    return render_page(request, "agents/tools/secrets.html", context, title=_("Secrets"), status=status)
