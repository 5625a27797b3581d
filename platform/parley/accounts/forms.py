from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import available_timezones

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from parley.accounts.models import Role, User, Workspace
from parley.accounts.roles import SCOPE_LABELS

if TYPE_CHECKING:
    _UserForm = forms.ModelForm[User]
    _WorkspaceForm = forms.ModelForm[Workspace]
else:
    _UserForm = _WorkspaceForm = forms.ModelForm  # not subscriptable at run time


class SignInForm(AuthenticationForm):
    error_messages = {
        "invalid_login": _(
            "This e-mail and password do not fit together. Check both; capitals matter in the password."
        ),
        "inactive": _("This account is switched off. Ask an owner of your workspace."),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = _("E-mail")
        self.fields["username"].widget.input_type = "email"
        self.fields["username"].widget.attrs["autocomplete"] = "username"

    def clean_username(self) -> str:
        # One spelling: else each way of writing the capitals would have its own count of failures.
        return str(self.cleaned_data["username"]).strip().lower()


class MemberForm(forms.Form):
    email = forms.EmailField(label=_("E-mail"), max_length=254)
    name = forms.CharField(label=_("Name"), max_length=120, required=False)
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices, initial=Role.VIEWER)


class RoleForm(forms.Form):
    role = forms.ChoiceField(choices=Role.choices)


class KeyForm(forms.Form):
    LIFETIMES = [("30", _("30 days")), ("90", _("90 days")), ("365", _("1 year")), ("", _("Never"))]

    name = forms.CharField(
        label=_("Name"), max_length=80, help_text=_("Who or what uses it, such as “Website back end”.")
    )
    scopes = forms.MultipleChoiceField(
        label=_("It may"),
        choices=tuple(SCOPE_LABELS.items()),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one thing the key may do.")},
    )
    lifetime = forms.ChoiceField(label=_("Expires after"), choices=LIFETIMES, initial="90", required=False)

    def expires_at(self) -> datetime | None:
        days = self.cleaned_data["lifetime"]
        return timezone.now().astimezone(UTC) + timedelta(days=int(days)) if days else None


class ProfileForm(_UserForm):
    class Meta:
        model = User
        fields = ["name"]


class WorkspaceForm(_WorkspaceForm):
    timezone = forms.ChoiceField(
        label=_("Time zone"),
        choices=lambda: [(name, name.replace("_", " ")) for name in sorted(available_timezones())],
        help_text=_("Opening hours and days in reports follow it."),
    )

    class Meta:
        model = Workspace
        fields = ["name", "timezone"]
