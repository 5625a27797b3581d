"""Pages for what went wrong: in the look of the rest, with a code and the next step; JSON for whoever asked for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Problem:
    code: str
    title: str | Promise
    message: str | Promise


PROBLEMS: Final = {
    400: Problem(
        "bad_request",
        _("This request makes no sense"),
        _("Go back and try again. If it came from a program, check what it sends."),
    ),
    403: Problem(
        "forbidden", _("This is not allowed"), _("Your role does not allow this. Ask an owner of the workspace.")
    ),
    404: Problem("not_found", _("Nothing here"), _("There is nothing here, or it is not yours to see.")),
    429: Problem("too_many", _("Too fast"), _("Too many requests. Wait a moment and try again.")),
    500: Problem(
        "internal",
        _("Something broke on our side"),
        _(
            "Nothing you entered is lost if it was saved before. Try again; if it keeps happening, look into the log of the web process."
        ),
    ),
}


def problem(request: HttpRequest, status: int, message: str | Promise = "", *, code: str = "") -> HttpResponse:
    """The error page (or JSON) for a status."""
    known = PROBLEMS[status]
    text = str(message or known.message)
    if wants_json(request):
        return JsonResponse({"error": {"code": code or known.code, "message": text}}, status=status)
    context = {"status": status, "code": code or known.code, "title": known.title, "message": text}
    return HttpResponse(render_to_string("parley/error.html", context), status=status)


def wants_json(request: HttpRequest) -> bool:
    if request.path.startswith("/api/") or request.path.endswith(".json"):
        return True
    accept = request.headers.get("Accept", "")
    return "application/json" in accept and "text/html" not in accept


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return problem(request, 400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return problem(request, 403, str(exception or ""))


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return problem(request, 404)


def internal(request: HttpRequest) -> HttpResponse:
    return problem(request, 500)


def csrf_failure(request: HttpRequest, reason: str = "", **_kwargs: Any) -> HttpResponse:
    return problem(
        request,
        403,
        _("This form is out of date or came from another site. Reload the page and send it again."),
        code="csrf",
    )
