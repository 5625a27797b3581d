"""Remember what a person has said of themselves, where it was said, and since when."""

from __future__ import annotations

from collections.abc import Mapping
from zoneinfo import ZoneInfo

import msgspec
from django.db import transaction
from django.utils import timezone

from agents.models import Agent
from channels_io.fact_rules import LONGEST_NAME, LONGEST_VALUE, facts_in, name_in
from channels_io.models import Contact, Conversation, Fact, Leg
from channels_io.sanitize import clean_text
from inference.events import ConversationState
from inference.nodes import FlowSpec
from inference.spec import decode_spec


def learn_facts(
    conversation: Conversation, variables: Mapping[str, str], *, source: Fact.Source = Fact.Source.CALLER
) -> int:
    """Keep `variables` (none of them masked) as facts of the conversation's person; how many were new or changed.

    What is known already keeps its source: it was not learnt again. Nothing is learnt in a test.
    """
    if conversation.test or not variables:
        return 0
    with transaction.atomic():
        contact = Contact.objects.select_for_update().get(pk=conversation.contact_id)
        if contact.erased_at is not None:
            return 0
        known = dict(Fact.objects.filter(contact=contact, name__in=variables).values_list("name", "value"))
        wanted = {
            clean_text(name, LONGEST_NAME): clean_text(value.strip(), LONGEST_VALUE)
            for name, value in variables.items()
        }
        changed = {name: value for name, value in wanted.items() if name and value and known.get(name) != value}
        for name, value in changed.items():
            Fact.objects.update_or_create(
                contact=contact,
                name=name,
                defaults={
                    "workspace_id": contact.workspace_id,
                    "value": value,
                    "source": source,
                    "conversation": conversation,
                    "learnt_at": timezone.now(),
                },
            )
        return len(changed)


def learn_from(leg: Leg) -> None:
    """At the end of a leg: what its conversation's flow has found out by now."""
    conversation = Conversation.objects.select_related("workspace", "contact").get(pk=leg.conversation_id)
    if conversation.test or not conversation.state:
        return
    try:
        state = msgspec.convert(conversation.state, ConversationState)
        flows = _flows(leg, state)
    except msgspec.MsgspecError:
        return  # Of another release: what cannot be read teaches nothing.
    today = timezone.now().astimezone(ZoneInfo(conversation.workspace.timezone)).date()
    found = facts_in(state, flows, today)
    name = name_in(found, flows)
    if learn_facts(conversation, found) and name:
        Contact.objects.filter(pk=conversation.contact_id, name="", erased_at=None).update(name=clean_text(name, 200))


def _flows(leg: Leg, state: ConversationState) -> list[FlowSpec]:
    """Of the agent that the leg was opened with, and of the one it was handed to."""
    flows = []
    if leg.version is not None:
        flows.append(leg.version.agent_spec().flow)
    elif leg.spec:
        flows.append(decode_spec(leg.spec).flow)
    if state.agent:
        other = Agent.objects.filter(workspace=leg.workspace_id, public_id=state.agent).select_related("published")
        flows += [agent.published.agent_spec().flow for agent in other if agent.published is not None]
    return flows
