"""A script: what callers say to an agent, and where that should lead. JSON beside the template it is for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import Struct

TEMPLATES = Path(__file__).parent.parent / "templates"
FOLDER = TEMPLATES / "conversations"
FRESH = TEMPLATES / "conversations_fresh"
"""Written without the rules in view: their first figures are nearer to life. docs/flows.md says what was mended since."""

Hard = Literal["", "several", "correction", "off_topic"]
"""Several slots in one sentence, another mind about one given before, or a remark beside the point."""


class Line(Struct, frozen=True, forbid_unknown_fields=True):
    """One utterance. `at` is the node the conversation should stand at afterwards."""

    say: str
    at: str
    hard: Hard = ""
    through: tuple[str, ...] = ()
    """Nodes to be passed on the way."""
    slots: dict[str, str] = {}
    """What is known afterwards and was not before, or was something else; values as `matching.matches` reads them."""


class Mocked(Struct, frozen=True, forbid_unknown_fields=True):
    ok: bool
    result: Any


class Scene(Struct, frozen=True, forbid_unknown_fields=True):
    """One conversation. `tools` answers for the web side, by the names the worker calls them."""

    name: str
    turns: tuple[Line, ...]
    tools: dict[str, Mocked] = {}


class Script(Struct, frozen=True, forbid_unknown_fields=True):
    template: str
    conversations: tuple[Scene, ...]


def read_script(path: Path) -> Script:
    """Raises msgspec.ValidationError with the path of the offending field."""
    return msgspec.json.decode(path.read_bytes(), type=Script)


def scripts(*, fresh: bool = False) -> Mapping[str, Script]:
    """Every script of the gallery, by template: those the flows were tuned with, or those held out."""
    found = (read_script(path) for path in sorted((FRESH if fresh else FOLDER).glob("*.json")))
    return {script.template: script for script in found}
