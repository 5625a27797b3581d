"""The gallery's agents compile as they stand, and their scripts speak of nodes and variables that are there."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import pytest

from agents.compile import find_problems
from agents.evaluation.matching import WEEKDAYS
from agents.evaluation.run import template_draft, template_spec
from agents.evaluation.score import all_nodes, slot_names
from agents.evaluation.script import Line, Script, scripts
from agents.starters import STARTERS, TEMPLATES
from inference.nodes import CallNode, SendNode, TransferNode

KEYS = sorted(starter.key for starter in TEMPLATES)
SCRIPTS = scripts()
FRESH = scripts(fresh=True)


def test_there_are_five_and_each_has_a_script() -> None:
    assert len(KEYS) == 5
    assert sorted(SCRIPTS) == KEYS
    assert sorted(FRESH) == KEYS
    assert set(KEYS) <= set(STARTERS)


@pytest.mark.parametrize("key", KEYS)
def test_a_template_has_no_problems(key: str) -> None:
    assert [problem.as_dict() for problem in find_problems(template_draft(key))] == []


@pytest.mark.parametrize("found", [SCRIPTS, FRESH], ids=["gallery", "fresh"])
@pytest.mark.parametrize("key", KEYS)
def test_a_script_names_only_what_is_there(key: str, found: Mapping[str, Script]) -> None:
    flow, script = template_spec(key).flow, found[key]
    nodes = {node.id for node in all_nodes(flow)}
    results = {name for node in all_nodes(flow) if isinstance(node, CallNode) for name, _path in node.results}
    values = slot_names(flow) | results | {name for name, _value in flow.variables}
    for line in (line for scene in script.conversations for line in scene.turns):
        assert {line.at, *line.through} <= nodes, line.say
        assert set(line.slots) <= values, line.say
        assert all(_is_known(value) for value in line.slots.values()), line.say


@pytest.mark.parametrize("found", [SCRIPTS, FRESH], ids=["gallery", "fresh"])
@pytest.mark.parametrize("key", KEYS)
def test_every_tool_of_a_template_is_mocked_in_a_scene(key: str, found: Mapping[str, Script]) -> None:
    flow, script = template_spec(key).flow, found[key]
    mocked = {name for scene in script.conversations for name in scene.tools}
    for node in all_nodes(flow):
        match node:
            case CallNode(tool=tool):
                assert tool in mocked
            case SendNode():
                assert "parley.send" in mocked
            case TransferNode():
                assert "parley.transfer" in mocked


@pytest.mark.parametrize("found", [SCRIPTS, FRESH], ids=["gallery", "fresh"])
def test_the_scripts_hold_enough_of_everything(found: Mapping[str, Script]) -> None:
    lines = _lines(found)
    assert len(lines) >= 60
    assert len([line for line in lines if line.hard]) >= 20
    assert {line.hard for line in lines} == {"", "several", "correction", "off_topic"}
    assert all(any(line.hard for scene in each.conversations for line in scene.turns) for each in found.values())


def test_what_is_held_out_is_not_said_in_the_gallery() -> None:
    """Short answers ("Yes.") are the same everywhere; whole sentences are not."""
    known = {line.say.casefold() for line in _lines(SCRIPTS)}
    assert [line.say for line in _lines(FRESH) if len(line.say.split()) > 2 and line.say.casefold() in known] == []


def test_what_a_line_may_say_is_checked() -> None:
    with pytest.raises(msgspec.ValidationError, match="unknown field"):
        msgspec.json.decode(b'{"template":"x","conversations":[{"name":"a","turns":[],"sots":{}}]}', type=Script)


def _lines(found: Mapping[str, Script]) -> list[Line]:
    return [line for script in found.values() for scene in script.conversations for line in scene.turns]


def _is_known(value: str) -> bool:
    kind, colon, rest = value.partition(":")
    if kind in ("weekday", "next"):
        return rest in WEEKDAYS
    return not colon or kind in ("ends", "days", "monthday") or kind.isdigit()
