"""Begin a leg: find or make the person and the conversation it belongs to."""

from __future__ import annotations

from typing import Literal

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone

from agents.models import Agent, Version
from channels_io.actions.find_contact import find_contact
from channels_io.announce import announce
from channels_io.models import Channel, Contact, Conversation, Leg, TurnState
from channels_io.outgoing import emit
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
    contact: Contact | None = None,
    conversation: Conversation | None = None,
    test: bool = False,
    back_to: TurnState | None = None,
) -> Leg:
    """The new leg of `kind`. `running` is the published version, or the compiled draft under test.

    `contact` is whose conversation it is, or `identity` (kind, value) finds them; without either it is a new, nameless one.
    With `conversation` the leg goes on with it, and it is open again. ValueError when the parts
    belong to different workspaces or agents: callers resolve ids within one workspace first.

    `test` marks a new conversation as one. `back_to` sets the conversation back to that earlier turn of it.
    """
    _check_belonging(agent, running, channel, conversation or contact)
    now = timezone.now()
    with transaction.atomic():
        if conversation is None:
            conversation = Conversation.objects.create(
                workspace=agent.workspace,
                contact=_locked(contact or _contact(agent.workspace, identity)),
                agent=agent,
                started_at=now,
                last_at=now,
                test=test,
                last_kind=clean_text(kind, 40),
            )
            body = {"kind": kind, "media": media}
            emit(agent.workspace, "conversation.started", conversation, body, f"started:{conversation.public_id}")
        else:
            conversation.status, conversation.last_at = Conversation.Status.OPEN, now
            conversation.closed_at, conversation.last_kind = None, clean_text(kind, 40)
            conversation.save(update_fields=["status", "last_at", "closed_at", "last_kind", "updated_at"])
        if not test:
            Contact.objects.filter(pk=conversation.contact_id).update(seen_at=now)
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
        announce(agent.workspace, conversation, "live", "status")
        return leg


def _check_belonging(
    agent: Agent, running: Version | AgentSpec, channel: Channel | None, whose: Conversation | Contact | None
) -> None:
    if isinstance(running, Version) and running.agent_id != agent.pk:
        raise ValueError("The version is not one of this agent.")
    if channel is not None and channel.workspace_id != agent.workspace_id:
        raise ValueError("The channel is in another workspace than the agent.")
    if whose is not None and whose.workspace_id != agent.workspace_id:
        raise ValueError("The conversation, or the contact, is in another workspace than the agent.")


def _contact(workspace: Workspace, identity: tuple[str, str] | None) -> Contact:
    if identity is None:
        return find_contact(workspace, [])
    return find_contact(workspace, [identity], name=_known_name(*identity))


def _locked(contact: Contact) -> Contact:
    """As it is now, and not merged or erased before this transaction ends: who is merged into another is that other."""
    while True:
        found = Contact.objects.select_for_update().get(pk=contact.pk)
        if found.erased_at is not None:
            return find_contact(found.workspace, [])
        if found.merged_into is None:
            return found
        contact = found.merged_into


def _known_name(kind: str, value: str) -> str:
    """A signed-in user who tests an agent is shown by name."""
    if kind != "user":
        return ""
    user = get_user_model().objects.filter(public_id=clean_text(value, 40)).first()
    return "" if user is None else clean_text(user.get_full_name() or user.email, 200)
