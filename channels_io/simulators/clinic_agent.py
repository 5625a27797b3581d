"""The agent that the booking story calls: the dental template, with its HTTP steps led to the simulated clinic."""

from __future__ import annotations

import json
from typing import Any, Final

from agents.actions.create_agent import create_agent
from agents.actions.edit_draft import edit_draft
from agents.actions.publish_agent import publish_agent
from agents.engines import fallback_menu
from agents.models import Agent
from agents.templates import template_content
from channels_io.actions.save_channel import edit_channel
from channels_io.models import Channel
from parley.accounts.actor import system_actor
from parley.accounts.models import Workspace

SLUG: Final = "simulated-clinic"
NAME: Final = "Simulated clinic"
TEMPLATE: Final = "dental_booking"
EXAMPLE: Final = "https://api.smile-dental.example"
"""The template's addresses begin with it."""
DESK: Final = "Front desk"
"""Whom the template's transfer node names."""


def clinic_agent(workspace: Workspace, url: str) -> Agent:
    """Made once, and published again when the clinic's `url` or the template has changed."""
    actor = system_actor(workspace)
    agent = Agent.objects.of(workspace).filter(slug=SLUG, archived_at=None).first()
    if agent is None:
        agent = create_agent(actor, NAME, starter=TEMPLATE, slug=SLUG)
    wanted = clinic_flow(url)
    if agent.draft.flow != wanted:
        edit_draft(actor, agent, {"flow": wanted}, revision=agent.draft.revision)
    published = agent.published
    if published is None or published.draft.get("flow") != Agent.objects.get(pk=agent.pk).draft.flow:
        publish_agent(actor, agent, note="For the simulated clinic", menu=fallback_menu())
    return Agent.objects.select_related("workspace", "published").get(pk=agent.pk)


def clinic_flow(url: str) -> dict[str, Any]:
    """The template's, but for its addresses, and that the front desk is told who calls before it takes the call."""
    flow: dict[str, Any] = json.loads(json.dumps(template_content(TEMPLATE)["flow"]).replace(EXAMPLE, url))
    for node in flow["nodes"]:
        if node["kind"] == "transfer":
            node["values"]["mode"] = "warm"
    return flow


def put_at_desk(line: Channel, number: str) -> None:
    """`number` answers when the agent puts a caller of this line through."""
    edit_channel(
        system_actor(line.workspace),
        line,
        name=line.name,
        agent=line.agent,
        version=line.version,
        settings={**line.settings, "people": {**line.settings.get("people", {}), DESK: number}},
        enabled=line.enabled,
    )
