"""Branch: go on by what is known."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from agents.nodes.base import NodeKind, Values
from agents.nodes.ports import CONDITION, ELSE, JUDGED
from inference.nodes import BranchNode


def compile_branch(node: str, values: Values) -> BranchNode:
    return BranchNode(id=node)


BRANCH = NodeKind(
    kind="branch",
    label=_("Branch"),
    summary=_("Takes the first path that holds."),
    docs=_(
        "Says nothing. Its paths are tried in order: conditions on variables first, then what the caller wants, in words, as the "
        "model judges it; “Otherwise” is taken when nothing holds."
    ),
    group="decide",
    icon="alt_route",
    fields=(),
    ports=(CONDITION, JUDGED, ELSE),
    compile=compile_branch,
)
