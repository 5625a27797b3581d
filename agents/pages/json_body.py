"""JSON that the builder's pages are sent, and refused writes as they are answered."""

from __future__ import annotations

import json
from typing import Any

from django.http import JsonResponse
from django.utils.translation import gettext as _

from agents.errors import AgentsError
from agents.problems import CompileError
from agents.refusals import describe_refusal

MAX_BODY = 2_000_000
"""Bytes: a flow of 500 nodes with long texts."""


def read_json(body: bytes) -> dict[str, Any]:
    """The object sent. Raises AgentsError: too_large, not_json."""
    if len(body) > MAX_BODY:
        raise AgentsError(_("This save is too large. Shorten the texts."), code="too_large")
    try:
        data = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise damaged() from error
    if not isinstance(data, dict):
        raise damaged()
    return data


def read_revision(data: dict[str, Any]) -> int:
    revision = data.get("revision")
    if not isinstance(revision, int) or isinstance(revision, bool):
        raise damaged()
    return revision


def damaged() -> AgentsError:
    return AgentsError(_("This save is damaged. Reload the page and try again."), code="not_json")


def refusal(error: AgentsError | CompileError) -> JsonResponse:
    """The error as the page shows it: a code, a sentence, and what it is about."""
    status, body = describe_refusal(error)
    return JsonResponse({"error": body}, status=status)
