from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from parley.accounts.actions import issue_api_key, revoke_api_key
from parley.accounts.errors import AccountsError
from parley.accounts.forms import KeyForm
from parley.accounts.models import ApiKey
from parley.accounts.pages.guard import WorkspaceRequest, workspace_page
from parley.accounts.permissions import Permission
from parley.accounts.scoping import get_or_404
from parley.lib.pages import render_page


@require_http_methods(["GET", "POST"])
@workspace_page(Permission.MANAGE_WORKSPACE)
@never_cache
@sensitive_variables("secret")
def keys(request: WorkspaceRequest) -> HttpResponse:
    """The list; a POST makes a key and shows its secret in that one answer."""
    if request.method != "POST":
        return _list(request, KeyForm())
    form = KeyForm(request.POST)
    if not form.is_valid():
        return _list(request, form, status=400)
    try:
        key, secret = issue_api_key(
            request.actor,
            name=form.cleaned_data["name"],
            scopes=form.cleaned_data["scopes"],
            expires_at=form.expires_at(),
        )
    except AccountsError as error:
        form.add_error(None, error.message)
        return _list(request, form, status=409)
    return _list(request, KeyForm(), made=key, secret=secret)


@require_POST
@workspace_page(Permission.MANAGE_WORKSPACE)
def key_revoke(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    key = revoke_api_key(request.actor, get_or_404(ApiKey, request.actor.workspace, public_id))
    messages.success(request, _("The key “%(name)s” no longer works.") % {"name": key.name})
    return redirect("accounts:keys")


def _list(
    request: WorkspaceRequest, form: KeyForm, *, status: int = 200, made: ApiKey | None = None, secret: str = ""
) -> HttpResponse:
    now = timezone.now()
    rows = [{"key": key, "live": key.is_live(now)} for key in ApiKey.objects.of(request.workspace)]
    context = {"rows": rows, "form": form, "made": made, "secret": secret, "address": request.build_absolute_uri("/")}
    return render_page(request, "accounts/keys.html", context, title=_("API keys"), status=status)
