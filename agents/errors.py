"""Every refusal of a write in the builder.

ParleyError                 code, message, permanent
 └─ AgentsError             the write was refused; nothing was changed
     ├─ EditRefused         a value cannot be stored (wrong type, far too long, unknown field)
     ├─ StaleDraft          somebody else changed the same fields since the given revision
     ├─ ToolRefused         a tool, a secret, a service or a voice cannot be saved or deleted like this
     ├─ AgentArchived       the agent is archived: restore it first
     ├─ NothingToUndo       no earlier save is kept
     └─ ImmutableVersion    a version was about to be changed or deleted
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from inference.errors import ParleyError

if TYPE_CHECKING:
    from agents.models import Draft
    from agents.problems import Problem


class AgentsError(ParleyError):
    code = "agents"
    permanent = True


class EditRefused(AgentsError):
    code = "edit_refused"

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(" ".join(problem.message for problem in problems))
        self.problems = list(problems)


class StaleDraft(AgentsError):
    """`conflicts` maps each disputed field to its value in the draft now; `draft` is that draft."""

    code = "draft_stale"

    def __init__(self, draft: Draft, conflicts: Mapping[str, Any], message: str) -> None:
        super().__init__(message)
        self.draft = draft
        self.conflicts = dict(conflicts)


class AgentArchived(AgentsError):
    code = "agent_archived"


class NothingToUndo(AgentsError):
    code = "nothing_to_undo"


class ImmutableVersion(AgentsError):
    code = "version_immutable"


class ToolRefused(AgentsError):
    """`findings`: (field, code, message); an empty field stands for the whole."""

    code = "tool_refused"

    def __init__(self, findings: Sequence[tuple[str, str, str]]) -> None:
        super().__init__(" ".join(message for _field, _code, message in findings))
        self.findings = list(findings)
