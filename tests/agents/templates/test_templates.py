"""The gallery's agents compile as they stand, and their scripts speak of nodes and variables that are there."""

from __future__ import annotations

import msgspec
import pytest

from agents.compile import find_problems
from agents.evaluation.matching import WEEKDAYS
from agents.evaluation.run import template_draft, template_spec
from agents.evaluation.score import all_nodes, slot_names
from agents.evaluation.script import Script, scripts
from agents.starters import STARTERS, TEMPLATES
from inference.nodes import CallNode, SendNode, TransferNode

KEYS = sorted(starter.key for starter in TEMPLATES)
SCRIPTS = scripts()


def test_there_are_five_and_each_has_a_script() -> None:
    assert len(KEYS) == 5
    assert sorted(SCRIPTS) == KEYS
    assert set(KEYS) <= set(STARTERS)


@pytest.mark.parametrize("key", KEYS)
def test_a_template_has_no_problems(key: str) -> None:
    assert [problem.as_dict() for problem in find_problems(template_draft(key))] == []


@pytest.mark.parametrize("key", KEYS)
def test_a_script_names_only_what_is_there(key: str) -> None:
    flow, script = template_spec(key).flow, SCRIPTS[key]
    nodes = {node.id for node in all_nodes(flow)}
    results = {name for node in all_nodes(flow) if isinstance(node, CallNode) for name, _path in node.results}
    values = slot_names(flow) | results | {name for name, _value in flow.variables}
    for line in (line for scene in script.conversations for line in scene.turns):
        assert {line.at, *line.through} <= nodes, line.say
        assert set(line.slots) <= values, line.say
        assert all(_is_known(value) for value in line.slots.values()), line.say


@pytest.mark.parametrize("key", KEYS)
def test_every_tool_of_a_template_is_mocked_in_a_scene(key: str) -> None:
    flow, script = template_spec(key).flow, SCRIPTS[key]
    mocked = {name for scene in script.conversations for name in scene.tools}
    for node in all_nodes(flow):
        match node:
            case CallNode(tool=tool):
                assert tool in mocked
            case SendNode():
                assert "parley.send" in mocked
            case TransferNode():
                assert "parley.transfer" in mocked


def test_the_scripts_hold_enough_of_everything() -> None:
    lines = [line for script in SCRIPTS.values() for scene in script.conversations for line in scene.turns]
    assert len(lines) >= 60
    assert len([line for line in lines if line.hard]) >= 20
    assert {line.hard for line in lines} == {"", "several", "correction", "off_topic"}
    assert all(any(line.hard for scene in each.conversations for line in scene.turns) for each in SCRIPTS.values())


def test_what_a_line_may_say_is_checked() -> None:
    with pytest.raises(msgspec.ValidationError, match="unknown field"):
        msgspec.json.decode(b'{"template":"x","conversations":[{"name":"a","turns":[],"sots":{}}]}', type=Script)


def _is_known(value: str) -> bool:
    kind, colon, rest = value.partition(":")
    if kind == "weekday":
        return rest in WEEKDAYS
    return not colon or kind in ("ends", "days") or kind.isdigit()
