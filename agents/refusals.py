"""A refused write as an HTTP answer: the same for the pages' JSON and the API."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from agents.errors import AgentArchived, AgentsError, EditRefused, NothingToUndo, StaleDraft
from agents.problems import CompileError, Problem
from agents.schema import DRAFT_FIELDS, NAME


def field_label(name: str) -> str:
    """What the form calls the field."""
    field = NAME if name == NAME.name else DRAFT_FIELDS.get(name)
    return str(field.label) if field else name


def labelled(problems: Iterable[Problem]) -> list[dict[str, str]]:
    """Problems as data, each with its field's label."""
    return [{**problem.as_dict(), "label": field_label(problem.field)} for problem in problems]


def describe_refusal(error: AgentsError | CompileError) -> tuple[int, dict[str, Any]]:
    """Status and the inside of `{"error": ...}`: code, message and what the refusal is about."""
    match error:
        case CompileError(problems=problems):
            message = _("The draft has problems. Fix them, then publish.")
            return 409, {"code": "draft_has_problems", "message": message, "problems": labelled(problems)}
        case EditRefused(problems=problems):
            return 400, {"code": error.code, "message": error.message, "problems": labelled(problems)}
        case StaleDraft(draft=draft, conflicts=conflicts):
            return 409, {
                "code": error.code,
                "message": error.message,
                "revision": draft.revision,
                "conflicts": {name: {"label": field_label(name), "value": value} for name, value in conflicts.items()},
                "content": draft.content(),
            }
        case AgentArchived() | NothingToUndo():
            return 409, {"code": error.code, "message": error.message}
    return 400, {"code": error.code, "message": error.message}
