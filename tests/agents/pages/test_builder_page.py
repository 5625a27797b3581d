"""The page around the flow canvas, and the words that its script shows."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import reverse

from agents.models import Agent
from agents.pages.builder_words import WORDS
from parley.accounts.models import User, Workspace
from tests.support.agents import make_agent

SOURCES = Path(__file__).parents[3] / "agents" / "builder" / "src"
TEXT = r'"((?:[^"\\]|\\.)*)"'
CALLS = (rf"\bt\(\s*{TEXT}", rf"\btn\(\s*{TEXT},\s*{TEXT}", rf'\bt\(\s*[^")]*\?\s*{TEXT}\s*:\s*{TEXT}')


@pytest.fixture
def agent(acme: Workspace) -> Agent:
    return make_agent(acme, "Reception")


def sentences() -> Iterator[str]:
    """Every sentence that the script gives to `t` and `tn`. The test bench has words of its own."""
    for source in SOURCES.rglob("*.ts*"):
        if "bench" in source.parts or source.name.endswith(".test.ts"):
            continue
        for call in CALLS:
            for match in re.finditer(call, source.read_text(encoding="utf-8")):
                yield from (json.loads(f'"{text}"') for text in match.groups())


def test_every_word_of_the_script_can_be_translated() -> None:
    assert sorted(set(sentences())) == sorted(WORDS)


def test_the_page_brings_its_data_address_and_its_script(
    agent: Agent, alice: User, client_of: Callable[[User], Client]
) -> None:
    page = client_of(alice).get(reverse("agents:builder", args=[agent.public_id]))
    text = page.content.decode()
    assert page.status_code == 200
    assert f'"dataUrl": "/agents/{agent.public_id}/builder/data/"' in text
    assert 'src="/static/agents/builder/builder.js"' in text
    assert "csrfmiddlewaretoken" in text


def test_an_agent_of_another_workspace_is_not_there(
    agent: Agent, charlie: User, client_of: Callable[[User], Client]
) -> None:
    assert client_of(charlie).get(reverse("agents:builder", args=[agent.public_id])).status_code == 404


@pytest.mark.parametrize("name", ["builder.js", "builder.css", "licences.md"])
def test_the_built_bundle_is_there(name: str) -> None:
    assert finders.find(f"agents/builder/{name}")


def test_the_script_needs_nothing_from_elsewhere() -> None:
    """It runs offline and under the page's policy: no address of another host is loaded, nothing is evaluated."""
    found = finders.find("agents/builder/builder.js")
    assert isinstance(found, str)
    script = Path(found).read_text(encoding="utf-8")
    assert not re.search(r"""(?:import\(|from|src=)\s*["'`]https?:""", script)
    assert "eval(" not in script
    assert "new Function(" not in script
