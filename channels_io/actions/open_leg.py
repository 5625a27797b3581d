"""Begin a leg: find or make the person and the conversation it belongs to."""

from __future__ import annotations

from typing import Literal

from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.utils import timezone

from agents.models import Agent, Version
from channels_io.models import Channel, Contact, Conversation, Identity, Leg, TurnState
from channels_io.sanitize import clean_text
from inference.spec import AgentSpec, encode_spec
from parley.accounts.models import Workspace


def open_leg(
    *,
    agent: Agent,
    running: Version | AgentSpec,
    kind: str,
    media: Literal["voice", "text"],
    channel: Channel | None = None,
    identity: tuple[str, str] | None = None,
    conversation: Conversation | None = None,
    test: bool = False,
    back_to: TurnState | None = None,
) -> Leg:
    """The new leg of `kind`. `running` is the published version, or the compiled draft under test.

    `identity` (kind, value) finds the contact; without it the contact is a new, nameless one.
    With `conversation` the leg goes on with it, and it is open again. ValueError when the parts
    belong to different workspaces or agents: callers resolve ids within one workspace first.

    `test` marks a new conversation as one. `back_to` sets the conversation back to that earlier turn of it.
    """
    _check_belonging(agent, running, channel, conversation)
    now = timezone.now()
    with transaction.atomic():
        if conversation is None:
            conversation = Conversation.objects.create(
                workspace=agent.workspace,
                contact=_contact(agent.workspace, identity),
                agent=agent,
                started_at=now,
                last_at=now,
                test=test,
            )
        else:
            conversation.status, conversation.last_at = Conversation.Status.OPEN, now
            conversation.save(update_fields=["status", "last_at", "updated_at"])
        leg: Leg = Leg.objects.create(
            workspace=agent.workspace,
            conversation=conversation,
            channel=channel,
            kind=kind,
            version=running if isinstance(running, Version) else None,
            spec=encode_spec(running).decode() if isinstance(running, AgentSpec) else "",
            media=media,
            started_at=now,
            went_back_to=back_to,
        )
        if back_to is not None:
            conversation.state, conversation.state_leg, conversation.state_seq = back_to.state, leg.pk, 0
            conversation.save(update_fields=["state", "state_leg", "state_seq", "updated_at"])
        return leg


def _check_belonging(
    agent: Agent, running: Version | AgentSpec, channel: Channel | None, conversation: Conversation | None
) -> None:
    if isinstance(running, Version) and running.agent_id != agent.pk:
        raise ValueError("The version is not one of this agent.")
    if channel is not None and channel.workspace_id != agent.workspace_id:
        raise ValueError("The channel is in another workspace than the agent.")
    if conversation is not None and conversation.workspace_id != agent.workspace_id:
        raise ValueError("The conversation is in another workspace than the agent.")


def _contact(workspace: Workspace, identity: tuple[str, str] | None) -> Contact:
    if identity is None:
        return Contact.objects.create(workspace=workspace)
    kind, value = clean_text(identity[0], 40), clean_text(identity[1], 200)
    known = Identity.objects.filter(workspace=workspace, kind=kind, value=value).select_related("contact")
    found = known.first()
    if found is None:
        try:
            with transaction.atomic():
                contact = Contact.objects.create(workspace=workspace, name=_known_name(kind, value))
                found = Identity.objects.create(workspace=workspace, contact=contact, kind=kind, value=value)
        except IntegrityError:  # another leg of the same person began in this moment
            found = known.get()
    return found.contact


def _known_name(kind: str, value: str) -> str:
    """A signed-in user who tests an agent is shown by name."""
    if kind != "user":
        return ""
    user = get_user_model().objects.filter(public_id=value).first()
    return "" if user is None else clean_text(user.get_full_name() or user.email, 200)
