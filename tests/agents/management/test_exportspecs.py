from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import msgspec
import pytest
from django.core.management import CommandError, call_command

from inference.spec import AgentSpec
from parley.accounts.models import Workspace
from tests.support.agents import make_agent, publish


def test_published_specs_are_written_whole(acme: Workspace, tmp_path: Path) -> None:
    version = publish(make_agent(acme))
    make_agent(acme, "Draft only")
    path = tmp_path / "deep" / "agents.json"
    out = StringIO()
    call_command("exportspecs", str(path), stdout=out)
    assert msgspec.json.decode(path.read_bytes(), type=list[AgentSpec]) == [version.agent_spec()]
    assert [file.name for file in path.parent.iterdir()] == ["agents.json"]
    assert out.getvalue() == f"1 published agents written to {path}\n"


def test_nothing_published(db: None, tmp_path: Path) -> None:
    call_command("exportspecs", str(tmp_path / "agents.json"), stdout=StringIO())
    assert json.loads((tmp_path / "agents.json").read_bytes()) == []


def test_a_path_that_cannot_be_written(db: None, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CommandError, match="Give a path that can be written"):
        call_command("exportspecs", str(tmp_path / "file" / "agents.json"), stdout=StringIO())
