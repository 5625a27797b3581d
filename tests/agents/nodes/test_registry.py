from __future__ import annotations

import pytest

from agents.nodes.registry import KINDS, node_kind, node_kinds
from inference.nodes import GoalNode


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_complete(kind: str) -> None:
    found = node_kind(kind)
    assert found.kind == kind
    assert all(str(text) for text in (found.label, found.summary, found.docs))
    assert all(str(field.label) and str(field.help) for field in found.fields)


def test_listing() -> None:
    assert [kind.kind for kind in node_kinds()] == list(KINDS)


def test_unknown_kind() -> None:
    with pytest.raises(KeyError):
        node_kind("nothing")


def test_goal_compiles_and_checks() -> None:
    goal = node_kind("goal")
    assert goal.compile("n1", {"instructions": "x", "prompt": "Ask for the day."}) == GoalNode("n1", "Ask for the day.")
    assert [(p.node, p.field, p.code) for p in goal.check("n1", {"instructions": " "})] == [
        ("n1", "instructions", "required")
    ]
