"""The one form of an API error."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.exceptions import ValidationError as ModelError
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler

from inference.errors import ParleyError


def error_response(error: Exception, context: dict[str, Any]) -> Response | None:
    """{"error": {"code", "message", "fields"?}} for everything a view raises on purpose; None (500) for the rest."""
    if isinstance(error, ModelError):
        error = exceptions.ValidationError(getattr(error, "message_dict", {"non_field_errors": error.messages}))
    if isinstance(error, ParleyError):
        status = 409 if error.permanent else 503
        return Response({"error": {"code": error.code, "message": error.message}}, status=status)
    response = exception_handler(error, context)
    if response is None:
        return None
    response.data = {"error": _describe(error, response)}
    return response


def _describe(error: Exception, response: Response) -> dict[str, Any]:
    if isinstance(error, Http404 | exceptions.NotFound):
        return {"code": "not_found", "message": "There is nothing here, or it is not yours to see."}
    if isinstance(error, PermissionDenied):
        return {"code": "forbidden", "message": str(error) or "This is not allowed."}
    if isinstance(error, exceptions.ValidationError):
        return {"code": "invalid", "message": "Some fields cannot be used as sent.", "fields": response.data}
    if isinstance(error, exceptions.APIException):
        codes = error.get_codes()
        return {"code": codes if isinstance(codes, str) else error.default_code, "message": str(error.detail)}
    return {"code": "failed", "message": "This did not work."}
