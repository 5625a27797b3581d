"""What happens inside the stack: the dental template's agent, its model chosen as the builder does it, its script held.

Run by `manage.py shell`: everything here prints JSON.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from django.test import Client

from agents.actions.create_agent import create_agent
from agents.actions.save_provider import ProviderForm, save_provider
from agents.cases import CaseStep, Checks
from agents.compile import compile_draft
from agents.evaluation.score import score_scene
from agents.evaluation.script import Scene, scripts
from agents.models import Agent, TestCase
from channels_io.models import Conversation, CostLine
from channels_io.testbench.run_case import run_case
from inference.rehearsal import Answered
from parley.accounts.actor import system_actor
from parley.accounts.models import Membership, Workspace

TEMPLATE = "dental_booking"
SCENE = "Step by step"
SLUG = "switched"


def scene() -> Scene:
    return next(each for each in scripts()[TEMPLATE].conversations if each.name == SCENE)


def make(url: str, key: str) -> None:
    """The agent, its script as a test case, and the service at `url`. Prints how the agent names the service."""
    actor = system_actor(Workspace.objects.get(slug="demo"))
    agent = create_agent(actor, "Switched", starter=TEMPLATE, slug=SLUG)
    said = (CaseStep(), *(CaseStep(said=line.say) for line in scene().turns))
    mocks = {name: {"result": json.dumps(tool.result), "ok": tool.ok} for name, tool in scene().tools.items()}
    TestCase.objects.create(
        workspace=agent.workspace,
        agent=agent,
        name=SCENE,
        steps=msgspec.to_builtins(said),
        # Places and values are judged by the script's own rules, which know a Tuesday on any day.
        checks=msgspec.to_builtins(Checks(path="none", variables=False)),
        mocks=mocks,
        day=datetime.now(UTC).date(),
    )
    form = ProviderForm(name="A server elsewhere", url=url, key=key, chat_model="default", binding="grammar", first_ms=15_000)
    print(save_provider(actor, None, form).engine)  # noqa: T201 - the answer


def hold(model: str) -> None:
    """Choose `model` for the agent and have the conversation. Prints what came of it."""
    agent = Agent.objects.get(slug=SLUG)
    _choose(agent, model)
    agent = Agent.objects.select_related("draft", "workspace").get(pk=agent.pk)
    actor = system_actor(agent.workspace)
    case = TestCase.objects.select_related("workspace").get(agent=agent)
    result = asyncio.run(run_case(actor, case))
    answered = _answered([step.got for step in result.steps if step.got is not None])
    scored = score_scene(TEMPLATE, compile_draft(agent.draft).flow, scene(), answered, datetime.now(UTC).date())
    paid = CostLine.objects.filter(conversation=Conversation.objects.get(public_id=result.conversation), component="llm")
    found = {
        "problem": result.problem,
        "wrong": [f"{each.said} → {each.reached} {each.missed} {each.wrong} {each.reply}" for each in scored if not each.routed or each.wrong],
        "services": sorted(set(paid.values_list("service_name", flat=True))),
        "ms": [round(step.ms) for step in result.steps if step.ms is not None],
        "said": [f"{each.said} → {each.reply}" for each in scored],
    }
    print(json.dumps(found))  # noqa: T201 - the answer


def _choose(agent: Agent, model: str) -> None:
    """As the builder's page does: over its API, signed in; `model` is one of those that the page offers."""
    person = Membership.objects.filter(workspace=agent.workspace, role="owner").select_related("user").first()
    assert person is not None
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(person.user, backend="django.contrib.auth.backends.ModelBackend")
    place = f"/api/v1/agents/{agent.public_id}/draft/"
    page = client.get(f"/agents/{agent.public_id}/")
    assert page.status_code == 200
    assert f'value="{model}"' in page.content.decode() or f'"{model}"' in page.content.decode(), "the builder offers it"
    revision = client.get(place).json()["revision"]
    changed = client.patch(place, {"chat_model": model, "revision": revision}, content_type="application/json")
    body: dict[str, Any] = changed.json()
    assert changed.status_code == 200, body
    assert not [each for each in body["problems"] if each["level"] == "error"], body["problems"]


def _answered(steps: Sequence[CaseStep]) -> list[Answered]:
    """Where each step left the conversation: at the last node that was entered so far."""
    found, node = list[Answered](), ""
    for step in steps:
        node = step.nodes[-1] if step.nodes else node
        found.append(Answered(step.said, step.answer, node.rpartition("/")[2], step.nodes, dict(step.variables)))
    return found
