"""T1: nothing that people write is ever evaluated. It is refused at compile, or kept and spoken as it stands."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from agents.compile_flow import compile_flow
from agents.fields import Field, ListField, RowsField, TextField
from agents.flow_field import FLOW
from agents.graph import read_flow
from agents.nodes.registry import node_kinds
from agents.placeholders import names_in
from inference.flow.templates import fill
from tests.support.flow_json import flow_of, node
from tests.support.hostile_texts import CANARY, HOSTILE_TEXTS

BANNED = {"eval", "exec", "compile", "__import__"}
SOURCES = sorted(
    path for folder in ("agents", "channels_io", "inference", "platform") for path in Path(folder).rglob("*.py")
)


def filled(fields: tuple[Field, ...], text: str) -> dict[str, Any]:
    """Values in which every free text is the hostile one."""
    values: dict[str, Any] = {}
    for field in fields:
        match field:
            case TextField():
                values[field.name] = text
            case RowsField():
                row = {column.name: text if isinstance(column, TextField) else "v" for column in field.columns}
                values[field.name] = [row]
            case ListField():
                values[field.name] = (
                    [{**filled(field.fields, text), "variable": "v"}]
                    if field.name == "slots"
                    else [filled(field.fields, text)]
                )
    return values


def texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ():
        yield from texts_in(inner)


def test_there_are_two_hundred() -> None:
    assert len(set(HOSTILE_TEXTS)) == 200


@pytest.mark.parametrize("text", HOSTILE_TEXTS)
def test_kept_and_compiled_as_it_stands(text: str) -> None:
    nodes = [
        node(
            kind.kind,
            title=text,
            entry={"label": text, "rows": [{"variable": "v", "value": text}]},
            **filled(kind.fields, text),
        )
        for kind in node_kinds()
        if kind.kind != "start"
    ]
    edges = [{"id": "e", "source": "goal", "port": "judged", "target": "end", "label": text}]
    flow = flow_of(nodes, edges, variables=[{"name": "v", "value": text}])
    kept = list(texts_in(flow))
    assert kept.count(text) >= 30
    assert FLOW.store(flow).value == flow
    spec = compile_flow(read_flow(flow), {})
    compiled = list(texts_in(msgspec.to_builtins(spec)))
    assert compiled.count(text) >= 20
    assert names_in(text) or fill(text, {"v": "x"}) == text
    assert not Path(CANARY).exists()


@pytest.mark.parametrize("name", ["config", "request", "self", "settings"])
def test_a_name_that_nobody_gave_is_said_to_be_unknown(name: str) -> None:
    from agents.compile import find_problems
    from tests.agents.test_compile_flow import draft_of

    flow = flow_of([node("say", text=f"{{{{{name}}}}}")])
    assert "variable_unknown" in {problem.code for problem in find_problems(draft_of(flow))}


def test_no_code_of_ours_evaluates_a_text() -> None:
    found = []
    for path in SOURCES:
        for call in ast.walk(ast.parse(path.read_text())):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in BANNED:
                found.append(f"{path}:{call.lineno} {call.func.id}")
    assert found == []
