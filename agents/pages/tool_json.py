"""What the pages of tools send and are sent, as JSON."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from django.http import JsonResponse
from django.utils.translation import gettext as _

from agents.errors import ToolRefused

MAX_BODY: Final = 200_000


def read_json(body: bytes) -> dict[str, Any]:
    """A JSON object. Raises ToolRefused."""
    try:
        found = msgspec.json.decode(body) if len(body) <= MAX_BODY else None
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise ToolRefused([("", "not_json", _("This request is damaged. Reload the page and try again."))])
    return found


def refused(error: ToolRefused) -> JsonResponse:
    findings = [{"field": field, "code": code, "message": message} for field, code, message in error.findings]
    return JsonResponse({"error": {"code": error.code, "message": error.message, "findings": findings}}, status=400)
