"""What happens inside the stack: the dental template's agent, its model chosen as the builder does it, its script held.

Run by `manage.py shell`: everything here prints JSON.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from asgiref.sync import async_to_sync
from django.conf import settings
from django.test import Client

from agents.actions.create_agent import create_agent
from agents.actions.save_provider import ProviderForm, save_provider
from agents.cases import CaseStep, Checks
from agents.evaluation.run import template_spec
from agents.evaluation.score import score_scene
from agents.evaluation.script import Scene, scripts
from agents.models import Agent, TestCase
from agents.tasks import place_agents
from channels_io.after.cost import write_costs
from channels_io.models import Conversation, CostLine
from channels_io.testbench.run_case import run_case
from inference.client import worker_status
from inference.rehearsal import Answered
from inference.spec import prefix_digest
from parley.accounts.actor import system_actor
from parley.accounts.models import Membership, Workspace
from parley.lib.workers.store import known_urls

TEMPLATE = "dental_booking"
SCENES = ("All at once, then another mind", "Questions in between, and a person")
"""Those in which the model is asked: "Step by step" is understood by rules alone."""
SLUG = "switched"
WARM_SECONDS = 300


def scenes() -> list[Scene]:
    return [each for each in scripts()[TEMPLATE].conversations if each.name in SCENES]


def make(url: str, key: str) -> None:
    """The agent, its scripts as test cases, and the service at `url`. Prints how the agent names the service."""
    actor = system_actor(Workspace.objects.get(slug="demo"))
    agent = create_agent(actor, "Switched", starter=TEMPLATE, slug=SLUG)
    for scene in scenes():
        said = (CaseStep(), *(CaseStep(said=line.say) for line in scene.turns))
        TestCase.objects.create(
            workspace=agent.workspace,
            agent=agent,
            name=scene.name,
            steps=msgspec.to_builtins(said),
            # Places and values are judged by the script's own rules, which know a Tuesday on any day.
            checks=msgspec.to_builtins(Checks(path="none", variables=False)),
            mocks={name: {"result": json.dumps(tool.result), "ok": tool.ok} for name, tool in scene.tools.items()},
            day=datetime.now(UTC).date(),
        )
    form = ProviderForm(
        name="A server elsewhere", url=url, key=key, chat_model="default", binding="grammar", first_ms=15_000
    )
    print(save_provider(actor, None, form).engine)  # noqa: T201 - the answer


def hold(model: str) -> None:
    """Choose `model` for the agent, publish it, and have its conversations. Prints what came of each."""
    _choose(Agent.objects.get(slug=SLUG), model)
    agent = Agent.objects.select_related("published", "workspace").get(slug=SLUG)
    _wait_until_warm(agent)
    found = [_held(agent, scene) for scene in scenes()]
    print(json.dumps(found))  # noqa: T201 - the answer


def _held(agent: Agent, scene: Scene) -> dict[str, Any]:
    case = TestCase.objects.select_related("workspace").get(agent=agent, name=scene.name)
    result = asyncio.run(run_case(system_actor(agent.workspace), case, version="published"))
    answered = _answered([step.got for step in result.steps if step.got is not None])
    scored = score_scene(TEMPLATE, template_spec(TEMPLATE).flow, scene, answered, datetime.now(UTC).date())
    conversation = Conversation.objects.get(public_id=result.conversation)
    write_costs(conversation)
    asked = CostLine.objects.filter(conversation=conversation, component="llm")
    return {
        "problem": result.problem,
        "wrong": [f"{each.said}: at {each.reached}, {each.wrong}" for each in scored if not each.routed or each.wrong],
        "services": sorted(set(asked.values_list("service_name", flat=True))),
        "said": [
            (each.said, each.reply, round(step.ms or 0)) for each, step in zip(scored, result.steps[1:], strict=False)
        ],
    }


def _choose(agent: Agent, model: str) -> None:
    """As the builder's page does: over its API, signed in; `model` is one of those that the page offers."""
    person = Membership.objects.filter(workspace=agent.workspace, role="owner").select_related("user").first()
    assert person is not None
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(person.user, backend="django.contrib.auth.backends.ModelBackend")
    place = f"/api/v1/agents/{agent.public_id}/draft/"
    page = client.get(f"/agents/{agent.public_id}/").content.decode()
    assert f'<option value="{model}"' in page, "the settings offer it"
    revision = client.get(place).json()["revision"]
    changed = client.patch(place, {"chat_model": model, "revision": revision}, content_type="application/json")
    body: dict[str, Any] = changed.json()
    assert changed.status_code == 200, body
    published = client.post(
        f"/api/v1/agents/{agent.public_id}/publish/",
        {"note": "", "revision": body["revision"]},
        content_type="application/json",
    )
    assert published.status_code == 201, published.content


def _wait_until_warm(agent: Agent) -> None:
    """As a published agent is before its first caller: its head is read wherever it is kept."""
    assert agent.published is not None
    digest = prefix_digest(agent.published.agent_spec())
    assert place_agents(always=True)
    until = time.monotonic() + WARM_SECONDS
    while True:
        statuses = [async_to_sync(worker_status)(url, settings.PARLEY_WORKER_TOKEN) for url in known_urls()]
        keeping = [status for status in statuses if agent.public_id in status["agents"]]
        if keeping and all(status["resident"].get(agent.public_id) == digest for status in keeping):
            return
        assert time.monotonic() < until, statuses
        time.sleep(0.5)


def _answered(steps: Sequence[CaseStep]) -> list[Answered]:
    """Where each step left the conversation: at the last node that was entered so far."""
    found, node = list[Answered](), ""
    for step in steps:
        node = step.nodes[-1] if step.nodes else node
        found.append(Answered(step.said, step.answer, node.rpartition("/")[2], step.nodes, dict(step.variables)))
    return found
