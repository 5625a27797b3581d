from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from axes.helpers import get_client_ip_address, get_cool_off
from axes.models import AccessAttempt
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from parley.accounts.forms import SignInForm


class SignIn(LoginView):
    template_name = "accounts/login.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True
    extra_context = {"title": gettext_lazy("Sign in")}


class SignOut(LogoutView):
    """POST only: a link or an image of another site cannot sign anybody out."""

    http_method_names = ["post", "options"]


sign_in = SignIn.as_view()
sign_out = SignOut.as_view()


def locked_out(
    request: HttpRequest, response: HttpResponse | None = None, credentials: dict[str, Any] | None = None
) -> HttpResponse:
    """The sign-in page again, saying how long to wait. Django-axes calls it in place of the answer."""
    minutes = max(1, round(_left(request, credentials or {}).total_seconds() / 60 + 0.5))
    message = ngettext(
        "Too many failed attempts. Wait %(minutes)s minute, then try again.",
        "Too many failed attempts. Wait %(minutes)s minutes, then try again.",
        minutes,
    ) % {"minutes": minutes}
    context = {"form": SignInForm(request), "locked": message, "title": _("Sign in"), "next": ""}
    locked = render(request, "accounts/login.html", context, status=429)
    locked["Retry-After"] = str(minutes * 60)
    return locked


def _left(request: HttpRequest, credentials: dict[str, Any], now: datetime | None = None) -> timedelta:
    pause: timedelta = get_cool_off(request) or timedelta()
    attempt = (
        AccessAttempt.objects.filter(
            username=credentials.get("username") or request.POST.get("username", "").strip().lower(),
            ip_address=get_client_ip_address(request),
        )
        .order_by("-attempt_time")
        .first()
    )
    began: datetime = attempt.attempt_time if attempt else timezone.now()
    return began + pause - (now or timezone.now())
