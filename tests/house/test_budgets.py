"""Files and functions stay small enough to be read at once. What is longer is named here, with its reason."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("platform", "agents", "channels_io", "inference")
FILE_LINES = 400
FUNCTION_LINES = 60

LONG_FILES = {
    "channels_io/bench/driver.py": "one run of the benchmark, from the first call to the last",
    "channels_io/simulators/browser_caller.py": "a whole browser page's side of a call",
    "inference/conversation.py": "all that happens to a conversation, in one place",
    "inference/engines/apart.py": "both ends of an engine in a process of its own",
    "inference/events.py": "the whole wire is one file",
    "inference/replier.py": "the life of a reply, from the guess to what was heard of it",
    "inference/walk.py": "every step that a flow can ask for",
    "platform/parley/settings.py": "all settings are one flat file",
}
LONG_FUNCTIONS = {
    "inference/agent_side.py agent_side": "wires one agent's parts",
    "channels_io/live/opening.py open_leg_for": "one leg's facts, gathered in order",
    "channels_io/live/session.py __init__": "wires one leg's parts",
}


def files() -> Iterator[Path]:
    for folder in FOLDERS:
        yield from (path for path in (ROOT / folder).rglob("*.py") if "migrations" not in path.parts)


def test_no_file_is_longer_than_can_be_read_at_once() -> None:
    long = {str(path.relative_to(ROOT)) for path in files() if len(path.read_text().splitlines()) > FILE_LINES}
    assert long == set(LONG_FILES)


def test_no_function_is_longer_than_a_screen() -> None:
    long = {
        f"{path.relative_to(ROOT)} {node.name}"
        for path in files()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno >= FUNCTION_LINES
    }
    assert long == set(LONG_FUNCTIONS)
