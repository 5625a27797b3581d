"""One node at a time: its values, the names in its texts, what it points at."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _

from agents.edges import ENTRY_FIELDS
from agents.graph import NodeRow
from agents.language_rows import not_spoken
from agents.lint.rows import row_problems
from agents.lint.scene import Scene
from agents.placeholders import misspelt_in, names_in
from agents.problems import Problem
from agents.prompt import HEAD_TOKENS, head_tokens
from agents.text import estimate_tokens
from agents.variables import written_in
from agents.voice_problems import voice_finding
from inference.nodes import VERIFIED

_PROMPTED = frozenset({"goal"})
_WIRED = frozenset({"http", "tool"})
"""Kinds whose texts go to another system; those of every other kind are said or sent."""


def node_problems(scene: Scene) -> Iterator[Problem]:
    for node in scene.graph.nodes:
        yield from node.known.check(node.id, node.values)
        if node.known.compile is None:
            continue
        yield from _proof(node)
        yield from _texts(scene, node)
        yield from _references(scene, node, node.known.whole(node.values))
        yield from _entry(scene, node)


def _proof(node: NodeRow) -> Iterator[Problem]:
    """What says that the caller has proved who they are must not be filled by what the caller says."""
    if any(name == VERIFIED for name, _kind in node.known.writes(node.known.whole(node.values))):
        message = _("“%(name)s” is given its value by a Verify node and nothing else. Choose another name.")
        yield Problem(node.id, "", "reserved", message % {"name": VERIFIED})


def _texts(scene: Scene, node: NodeRow) -> Iterator[Problem]:
    for path, text in node.known.texts(node.values):
        for name in names_in(text):
            if name not in scene.names:
                message = _("There is no variable “%(name)s”. Choose one from the list, or find it out before.")
                yield Problem(node.id, path, "variable_unknown", message % {"name": name})
            elif name in scene.masked and node.kind not in _WIRED:
                message = _("“%(name)s” is secret: it is left out here.") % {"name": name}
                yield Problem(node.id, path, "variable_masked", message, "warning")
        for braces in misspelt_in(text):
            message = _("“%(text)s” is no variable and is said as it stands. Names have letters, digits and _.")
            yield Problem(node.id, path, "not_a_name", message % {"text": braces[:60]}, "warning")


def _references(scene: Scene, node: NodeRow, values: Mapping[str, Any]) -> Iterator[Problem]:
    match node.kind:
        case "goal":
            yield from _goal(scene, node, values)
        case "tool":
            yield from _tool(scene, node, values)
        case "http":
            secret = values["secret"]
            if values["auth"] != "none" and secret and secret not in scene.setting.around.secrets:
                message = _("There is no secret “%(name)s”. Add it under Tools.") % {"name": secret[:40]}
                yield Problem(node.id, "secret", "secret_unknown", message)
        case "handoff":
            yield from _handoff(scene, node, values)
        case "subflow":
            yield from _subflow(scene, node, values)
        case "language":
            yield from _language(scene, node, values)


def _goal(scene: Scene, node: NodeRow, values: Mapping[str, Any]) -> Iterator[Problem]:
    setting = scene.setting
    prompt = values["prompt"] if isinstance(values["prompt"], str) else ""
    if not prompt.strip() and not setting.instructions.strip():
        yield Problem(
            node.id,
            "prompt",
            "required",
            _("Goal is empty, and so are the agent's instructions. Write what it is for."),
        )
    tokens = head_tokens(setting.persona, setting.instructions, setting.language) + estimate_tokens(prompt)
    if prompt.strip() and tokens > HEAD_TOKENS:
        message = _(
            "With the agent's instructions this takes about %(tokens)d tokens; at most %(limit)d fit beside a conversation."
        )
        yield Problem(node.id, "prompt", "prompt_too_long", message % {"tokens": tokens, "limit": HEAD_TOKENS})
    for name in values["tools"] if isinstance(values["tools"], list) else ():
        if name not in setting.around.tools:
            yield Problem(node.id, "tools", "tool_unknown", _tool_unknown(name))


def _tool(scene: Scene, node: NodeRow, values: Mapping[str, Any]) -> Iterator[Problem]:
    name = values["tool"]
    if not name:
        return
    tool = scene.setting.around.tools.get(name) if isinstance(name, str) else None
    if tool is None:
        yield Problem(node.id, "tool", "tool_unknown", _tool_unknown(str(name)))
        return
    schema = json.loads(tool.parameters)
    known = set(schema.get("properties", {}))
    rows = [row for row in values["arguments"] if isinstance(row, Mapping)]
    for number, row in enumerate(rows):
        if row.get("name") and row["name"] not in known:
            message = _("The tool “%(tool)s” has no parameter “%(name)s”.") % {"tool": name, "name": row["name"][:40]}
            yield Problem(node.id, f"arguments.{number}.name", "argument_unknown", message)
    given = {row.get("name") for row in rows if str(row.get("value", "")).strip()}
    for missing in sorted(set(schema.get("required", ())) - given):
        message = _("The tool “%(tool)s” needs “%(name)s”. Add a row for it.") % {"tool": name, "name": missing}
        yield Problem(node.id, "arguments", "argument_missing", message)


def _tool_unknown(name: str) -> str:
    return _("There is no tool “%(name)s” any more. Choose another, or make it under Tools.") % {"name": name[:40]}


def _handoff(scene: Scene, node: NodeRow, values: Mapping[str, Any]) -> Iterator[Problem]:
    target = values["agent"]
    other = scene.setting.around.agents.get(target) if isinstance(target, str) else None
    if not target:
        return
    if target == scene.setting.agent:
        yield Problem(node.id, "agent", "agent_itself", _("An agent cannot hand over to itself. Draw a path instead."))
    elif other is None:
        yield Problem(node.id, "agent", "agent_unknown", _("This agent does not exist any more. Choose another."))
    elif not other.live:
        message = _("“%(name)s” is not published: until it is, “Failed” is taken.") % {"name": other.name}
        yield Problem(node.id, "agent", "agent_not_live", message, "warning")


def _subflow(scene: Scene, node: NodeRow, values: Mapping[str, Any]) -> Iterator[Problem]:
    inner = scene.flow.subflow(str(values["flow"]))
    if inner is None:
        if values["flow"]:
            yield Problem(node.id, "flow", "flow_unknown", _("This sub-flow does not exist any more. Choose another."))
        return
    written = written_in(inner) | {row.get("variable") for row in values["inputs"] if isinstance(row, Mapping)}
    for number, row in enumerate(values["outputs"]):
        name = row.get("inside") if isinstance(row, Mapping) else None
        if name and name not in written:
            message = _("Nothing in “%(flow)s” gives “%(name)s” a value.") % {"flow": inner.name, "name": name}
            yield Problem(node.id, f"outputs.{number}.inside", "variable_unknown", message)


def _language(scene: Scene, node: NodeRow, values: Mapping[str, Any]) -> Iterator[Problem]:
    menu = scene.setting.around.menu
    language, voice = str(values["language"]), str(values["voice"])
    if language and not menu.hears(language, scene.setting.transcriber):
        message = _("The recogniser that is running does not understand %(language)s. It will hear English words.")
        yield Problem(node.id, "language", "language_not_heard", message % {"language": language}, "warning")
    engine, _slash, name = voice.rpartition("/")
    if voice and (engine or scene.setting.voice_engine) != scene.setting.voice_engine:
        message = _("A voice of another engine cannot take over in mid-call. Choose one of “%(engine)s”.")
        yield Problem(node.id, "voice", "voice_engine", message % {"engine": scene.setting.voice_engine})
    elif (
        voice
        and (finding := voice_finding(menu, scene.setting.voice_engine, name)) is not None
        and finding.severity == "error"
    ):
        yield Problem(node.id, "voice", *finding)
    elif language and (voice or language not in scene.setting.languages):
        speaks = scene.setting.voice_engine
        if not menu.speaks(language, speaks):
            yield replace(not_spoken("voice", language, menu.shown(speaks)), node=node.id)


def _entry(scene: Scene, node: NodeRow) -> Iterator[Problem]:
    entry = node.entry
    if entry is None:
        return
    if scene.graph.id or not node.known.may_be_global:
        yield Problem(
            node.id, "global", "global_here", _("This node cannot be entered from anywhere. Switch that off.")
        )
        return
    for code, message in ENTRY_FIELDS[0].check(entry.label):
        yield Problem(node.id, "global.label", code, message)
    if not entry.label.strip() and not entry.rows:
        message = _("Say in words when this node is entered, or give a condition: it would never be.")
        yield Problem(node.id, "global.label", "global_never", message)
    for path, code, text in row_problems(entry.rows, scene.names):
        yield Problem(node.id, f"global.{path}", code, text)
