"""Runs scripts on a worker pool in this process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

from agents.compile import compile_draft
from agents.evaluation.score import Scored, score_scene
from agents.evaluation.script import Scene, Script
from agents.models import Agent, Draft
from agents.starters import STARTERS
from inference.rehearsal import Hall, ToolAnswer
from inference.spec import AgentSpec
from parley.accounts.models import Workspace


@dataclass(frozen=True, slots=True)
class Report:
    lines: list[Scored]
    about: dict[str, str]


async def evaluate(
    chosen: Mapping[str, Script],
    *,
    profile: str = "default",
    scene: str = "",
    show: Callable[[list[Scored]], None] | None = None,
) -> Report:
    """Every scene whose name holds `scene`. Raises ParleyError when the models cannot be loaded."""
    lines: list[Scored] = []
    async with Hall.open(profile) as hall:
        for key, script in chosen.items():
            spec = template_spec(key)
            for each in script.conversations:
                if scene in each.name:
                    found = await run_scene(hall, key, spec, each)
                    lines += found
                    if show is not None:
                        show(found)
        about = {"model": hall.model, "day": datetime.now(UTC).date().isoformat()}
    return Report(lines, about)


async def run_scene(hall: Hall, key: str, spec: AgentSpec, scene: Scene) -> list[Scored]:
    today: date = datetime.now(UTC).date()
    tools = {name: ToolAnswer(mocked.result, mocked.ok) for name, mocked in scene.tools.items()}
    answered = await hall.rehearse(spec, [line.say for line in scene.turns], tools=tools)
    return score_scene(key, spec.flow, scene, answered, today)


def template_spec(key: str) -> AgentSpec:
    """A template compiled as it stands. Raises CompileError."""
    return compile_draft(template_draft(key))


def template_draft(key: str) -> Draft:
    """A template's draft, in no workspace and no database."""
    workspace = Workspace(public_id="ws_template", name="Template", timezone="UTC")
    agent = Agent(public_id=f"ag_{key}", name=STARTERS[key].name, slug=key, workspace=workspace)
    return Draft(agent=agent, **STARTERS[key].content)
