"""Carrier accounts: which there are, a new one, other secrets for one. No secret is ever shown."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from channels_io.account_secrets import SECRETS
from channels_io.actions.save_account import FORMS, create_account, delete_account, edit_account
from channels_io.actions.test_account import test_account
from channels_io.models import Account, MessageTemplate
from channels_io.pages.channel_steps import step_context
from channels_io.pages.form_errors import show_refusal
from parley.accounts.pages.guard import WorkspaceRequest, workspace_page
from parley.accounts.permissions import Permission
from parley.accounts.scoping import get_or_404
from parley.lib.pages import render_page

SECRET_FIELDS: Final = tuple(FORMS)
LABELS: Final = {
    "auth_token": gettext_lazy("Auth token"),
    "api_key": gettext_lazy("API key SID (optional)"),
    "api_secret": gettext_lazy("API key secret (optional)"),
    "access_token": gettext_lazy("Access token"),
    "app_secret": gettext_lazy("App secret"),
}
HELP: Final = {
    "auth_token": gettext_lazy("Below the account SID in the Twilio console. Webhooks are signed with it."),
    "api_key": gettext_lazy("Requests then go out with this key, which you can take back by itself."),
    "access_token": gettext_lazy(
        "A permanent one, of a system user with whatsapp_business_messaging and whatsapp_business_management."
    ),
    "app_secret": gettext_lazy("In the app's settings, under Basic. Meta signs its webhooks with it."),
}
NUMBER_LABELS: Final = {
    Account.Provider.TWILIO: (gettext_lazy("Account SID"), "AC…"),
    Account.Provider.META: (gettext_lazy("WhatsApp Business Account id"), "102290129340398"),
}


class AccountForm(forms.Form):
    """Of one provider; `account` empty for a new one. Secrets that are left empty stay as they are."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=120,
        help_text=gettext_lazy("For you and your team, such as “Twilio, main”."),
    )
    number = forms.CharField(max_length=80, required=False)

    def __init__(self, provider: str, account: Account | None, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        label, placeholder = NUMBER_LABELS[Account.Provider(provider)]
        number = self.fields["number"]
        number.label = label
        number.widget.attrs |= {"placeholder": placeholder, "autocomplete": "off", "spellcheck": "false"}
        if account is not None:
            del self.fields["number"]
        for name in SECRETS[provider]:
            if name in SECRET_FIELDS:
                self.fields[name] = forms.CharField(
                    label=LABELS[name],
                    required=False,
                    max_length=1000,
                    widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "spellcheck": "false"}),
                    help_text=HELP.get(name, ""),
                )

    def secrets(self) -> dict[str, str]:
        """What was typed."""
        return {name: self.cleaned_data[name] for name in SECRET_FIELDS if self.cleaned_data.get(name)}

    def secret_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in SECRET_FIELDS if name in self.fields]


@require_safe
@workspace_page(Permission.MANAGE_CHANNELS)
def account_list(request: WorkspaceRequest) -> HttpResponse:
    rows = Account.objects.of(request.actor.workspace).annotate(used=Count("channels")).order_by("name", "pk")
    return render_page(request, "channels_io/accounts/list.html", {"rows": rows}, title=_("Carrier accounts"))


@require_http_methods(["GET", "POST"])
@workspace_page(Permission.MANAGE_CHANNELS)
@never_cache
@sensitive_post_parameters(*SECRET_FIELDS)
def account_new(request: WorkspaceRequest) -> HttpResponse:
    """`?provider=`; with `?kind=` it is a step of setting a channel up, and goes on to its number."""
    provider = request.GET.get("provider", "")
    if provider not in Account.Provider.values:
        raise Http404(_("There is no such provider."))
    form = AccountForm(provider, None, request.POST or None, initial={"name": _free_name(request, provider)})
    simulated = request.POST.get("simulated") == "1" and settings.PARLEY_SIMULATORS
    if request.method == "POST" and form.is_valid():
        try:
            account = create_account(
                request.actor,
                provider=provider,
                name=form.cleaned_data["name"],
                number=form.cleaned_data["number"],
                secrets=form.secrets(),
                simulated=simulated,
            )
        except ValidationError as error:
            show_refusal(form, error)
        else:
            return _after_new(request, account)
    context = {
        "form": form,
        "provider": Account.Provider(provider),
        "simulators": settings.PARLEY_SIMULATORS,
        "in_set_up": bool(request.GET.get("kind")),
        **(step_context("account") if request.GET.get("kind") else {}),
    }
    title = _("New %(provider)s account") % {"provider": Account.Provider(provider).label}
    status = 400 if form.errors else 200
    return render_page(request, "channels_io/accounts/new.html", context, title=title, status=status)


def _after_new(request: WorkspaceRequest, account: Account) -> HttpResponse:
    result = None if account.simulated else test_account(request.actor, account)
    if result is not None and result.verdict != "good":
        messages.warning(request, _("The account is kept, but: %(reason)s") % {"reason": account.problem})
        return redirect("channels_io:account", account.public_id)
    if request.GET.get("kind"):
        query = request.GET.copy()
        query.pop("provider", None)
        query["account"] = account.public_id
        return redirect(f"{reverse('channels_io:channel-new-number')}?{query.urlencode()}")
    messages.success(request, _("“%(name)s” is ready.") % {"name": account.name})
    return redirect("channels_io:account", account.public_id)


@require_http_methods(["GET", "POST"])
@workspace_page(Permission.MANAGE_CHANNELS)
@never_cache
@sensitive_post_parameters(*SECRET_FIELDS)
def account(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    row = get_or_404(Account.objects.select_related("workspace"), request.actor.workspace, public_id)
    form = AccountForm(row.provider, row, request.POST or None, initial={"name": row.name})
    if request.method == "POST" and form.is_valid():
        removed = {name: "" for name in ("api_key", "api_secret") if request.POST.get("remove_key")}
        try:
            edit_account(request.actor, row, name=form.cleaned_data["name"], secrets={**form.secrets(), **removed})
        except ValidationError as error:
            row.refresh_from_db()
            show_refusal(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("channels_io:account", row.public_id)
    context = {
        "account": row,
        "form": form,
        "secrets": [
            {"field": field, "set_at": parse_datetime(row.secrets_set.get(field.name, ""))}
            for field in form.secret_fields()
        ],
        "has_key": "api_key" in row.secrets_set,
        "channels": row.channels.select_related("agent").order_by("name"),
        "templates": MessageTemplate.objects.filter(account=row).count(),
    }
    status = 400 if form.errors else 200
    return render_page(request, "channels_io/accounts/account.html", context, title=row.name, status=status)


@require_POST
@workspace_page(Permission.MANAGE_CHANNELS)
def account_test(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    row = get_or_404(Account.objects.select_related("workspace"), request.actor.workspace, public_id)
    result = test_account(request.actor, row)
    tell = messages.success if result.verdict == "good" else messages.error
    tell(request, " ".join(filter(None, (result.text, result.advice))))
    return redirect("channels_io:account", row.public_id)


@require_POST
@workspace_page(Permission.MANAGE_CHANNELS)
def account_delete(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    row = get_or_404(Account, request.actor.workspace, public_id)
    try:
        delete_account(request.actor, row)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("channels_io:account", row.public_id)
    messages.success(request, _("“%(name)s” was deleted.") % {"name": row.name})
    return redirect("channels_io:accounts")


def _free_name(request: WorkspaceRequest, provider: str) -> str:
    taken = set(Account.objects.of(request.actor.workspace).values_list("name", flat=True))
    label = Account.Provider(provider).label
    return next(
        name
        for number in range(1, len(taken) + 2)
        if (name := f"{label} {number}" if number > 1 else label) not in taken
    )
