"""A refused write as an HTTP answer: the same for the pages' JSON and the API."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.translation import gettext as _

from agents.errors import AgentArchived, AgentsError, EditRefused, NothingToUndo, StaleDraft
from agents.fields import Field
from agents.graph import PLAIN_GOAL, Flow, NodeRow
from agents.nodes.registry import KINDS
from agents.problems import CompileError, Problem
from agents.schema import DRAFT_FIELDS, INSTRUCTIONS, NAME


def field_label(name: str) -> str:
    """What the form calls the field."""
    field = NAME if name == NAME.name else DRAFT_FIELDS.get(name)
    return str(field.label) if field else name


def labelled(problems: Iterable[Problem], flow: Flow | None = None) -> list[dict[str, str]]:
    """Problems as data, each with its field's label and, of a node of `flow`, the node's title."""
    found = []
    for problem in problems:
        node = flow.node(problem.node) if flow is not None and problem.node else None
        label = field_label(problem.field) if node is None else _label_in(node, problem)
        found.append({**problem.as_dict(), "label": label, "title": node.title if node else ""})
    return found


def _label_in(node: NodeRow, problem: Problem) -> str:
    """The label of a node's field by its path: "slots.2.ask" is "Question". "" for the node itself and its paths."""
    if problem.node == PLAIN_GOAL and problem.field == INSTRUCTIONS.name:
        return str(INSTRUCTIONS.label)
    fields: Sequence[Field] = () if problem.edge or node.kind not in KINDS else node.known.fields
    label = ""
    for part in problem.field.split("."):
        field = next((each for each in fields if each.name == part), None)
        if field is not None:
            label = str(field.label)
            fields = getattr(field, "fields", getattr(field, "columns", ()))
    return label


def describe_refusal(error: AgentsError | CompileError) -> tuple[int, dict[str, Any]]:
    """Status and the inside of `{"error": ...}`: code, message and what the refusal is about."""
    match error:
        case CompileError(problems=problems):
            message = _("The draft has problems. Fix them, then publish.")
            return 409, {"code": "draft_has_problems", "message": message, "problems": labelled(problems)}
        case EditRefused(problems=problems):
            return 400, {"code": error.code, "message": error.message, "problems": labelled(problems)}
        case StaleDraft(draft=draft, conflicts=conflicts):
            last = draft.saves.select_related("saved_by").first()
            return 409, {
                "code": error.code,
                "message": error.message,
                "revision": draft.revision,
                "conflicts": {name: {"label": field_label(name), "value": value} for name, value in conflicts.items()},
                "content": draft.content(),
                "saved_by": (last.saved_by.name or last.saved_by.email) if last and last.saved_by else "",
                "saved_at": last.saved_at.isoformat() if last else "",
            }
        case AgentArchived() | NothingToUndo():
            return 409, {"code": error.code, "message": error.message}
    return 400, {"code": error.code, "message": error.message}
