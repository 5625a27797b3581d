"""The agent, account and channel that are written to, and what the database holds afterwards: run inside the private stack."""

from __future__ import annotations

from collections import Counter
from typing import Any

from agents.actions.create_agent import create_agent
from agents.actions.edit_draft import edit_draft
from agents.actions.publish_agent import publish_agent
from agents.engines import fallback_menu
from channels_io.account_secrets import set_secrets
from channels_io.guards.rules import EVERY, Caps, Rules, as_json
from channels_io.models import Account, Channel, Conversation, InboundEvent, OutboundMessage, SpendingRule
from channels_io.stress.plan import OURS
from parley.accounts.actor import system_actor
from parley.accounts.models import Workspace

NAME = "Stress"
MANY = 1_000_000


def make_entrance(account_sid: str, auth_token: str) -> str:
    """Public id of the channel. Everything is of a workspace of its own."""
    workspace = Workspace.objects.create(name=NAME, slug="stress")
    actor = system_actor(workspace)
    agent = create_agent(actor, NAME)
    edit_draft(actor, agent, {"instructions": "Repeat what you are told.", "greeting": ""}, revision=1)
    publish_agent(actor, agent, note="", menu=fallback_menu())
    caps = Caps(number_hour=MANY, number_day=MANY, agent_hour=MANY, workspace_hour=MANY, workspace_day=MANY)
    rules = Rules(countries=(EVERY,), messages=caps, range_numbers=MANY)
    SpendingRule.objects.create(workspace=workspace, rules=as_json(rules))
    account = Account.objects.create(
        workspace=workspace, provider=Account.Provider.TWILIO, name=NAME, number=account_sid, simulated=True
    )
    set_secrets(account, {"auth_token": auth_token})
    account.save()
    channel: Channel = Channel.objects.create(
        workspace=workspace, kind="twilio_messaging", name=NAME, agent=agent, account=account, address=OURS
    )
    return channel.public_id


def stored() -> dict[str, Any]:
    """What the database says: to be compared with the simulator, never to judge by."""
    workspace = Workspace.objects.get(slug="stress")
    inbox = InboundEvent.objects.filter(workspace=workspace)
    outbox = OutboundMessage.objects.filter(workspace=workspace)
    return {
        "keys": list(inbox.filter(kind=InboundEvent.Kind.MESSAGE).values_list("key", flat=True)),
        "conversations": Conversation.objects.filter(workspace=workspace).count(),
        "inbox": dict(Counter(f"{kind} {state}" for kind, state in inbox.values_list("kind", "state"))),
        "outbox": dict(Counter(outbox.values_list("state", flat=True))),
    }


def unsettled() -> int:
    """Rows that somebody still has to work on."""
    workspace = Workspace.objects.get(slug="stress")
    waiting = InboundEvent.objects.filter(workspace=workspace, state=InboundEvent.State.WAITING).count()
    return waiting + OutboundMessage.objects.filter(workspace=workspace, state=OutboundMessage.State.WAITING).count()
