"""What is wrong with a draft, said so that the page can point at the field and the user can fix it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding. `node` is "" for the agent's own settings, else the node's id; `code` is stable.

    `edge`: the path that is meant, one that leaves that node. `field` may be a path into the values: "slots.2.ask".
    """

    node: str
    field: str
    code: str
    message: str
    severity: Severity = "error"
    edge: str = ""

    def as_dict(self) -> dict[str, str]:
        return asdict(self)


class CompileError(Exception):
    """The draft cannot become an AgentSpec; `problems` holds every reason, errors only."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = list(problems)
