"""One's own account: name, password, workspaces."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import PasswordChangeForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from parley.accounts.actor import actor_of
from parley.accounts.audit import audit
from parley.accounts.forms import ProfileForm
from parley.accounts.models import Membership, User
from parley.accounts.requests import extended
from parley.lib.pages import render_page


@login_required
@require_http_methods(["GET", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    user: User = request.user  # type: ignore[assignment]
    form = ProfileForm(request.POST or None, instance=user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Your profile is saved."))
        return redirect("accounts:profile")
    memberships = Membership.objects.filter(user=user).select_related("workspace").order_by("workspace__name")
    return render_page(request, "accounts/profile.html", {"form": form, "memberships": memberships}, title=_("Profile"))


@sensitive_post_parameters()
@login_required
@require_http_methods(["GET", "POST"])
def password(request: HttpRequest) -> HttpResponse:
    user: User = request.user  # type: ignore[assignment]
    form = PasswordChangeForm(user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        form.save()
        # Keeps this browser signed in; every other session of the person ends, its hash no longer fits.
        update_session_auth_hash(request, user)
        if extended(request).membership is not None:
            audit(actor_of(request), "change_password", user)
        messages.success(request, _("Your password is changed. Other browsers are signed out."))
        return redirect("accounts:profile")
    return render_page(request, "accounts/password.html", {"form": form}, title=_("Change password"))
