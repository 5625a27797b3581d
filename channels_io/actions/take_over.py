"""A person takes a conversation over from the agent, and gives it back. Of two who press at once, one wins."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from channels_io.actions.change_owner import change_owner, locked_conversation
from channels_io.messaging.waking import lock_threads, wake_agent
from channels_io.models import Conversation
from channels_io.owner_errors import AlreadyTaken, NotYours, UnknownPlace
from channels_io.reads.live_leg import is_live, spec_of_conversation
from parley.accounts.actor import Actor
from parley.accounts.permissions import Permission, require


def take_over(actor: Actor, conversation: Conversation, expected_number: int) -> Conversation:
    """The conversation as it is now: the actor's. Idempotent for the same person.

    `expected_number`: `owner_number` as the actor saw it. Raises PermissionDenied; AlreadyTaken, with the conversation as it
    is in truth; Conversation.DoesNotExist when it was erased meanwhile.
    """
    require(actor, Permission.TAKE_OVER)
    if actor.user is None:
        raise PermissionDenied(_("Only a person can take a conversation over."))
    with transaction.atomic():
        locked = locked_conversation(actor.workspace, conversation.pk)
        if locked.owner == Conversation.Owner.HUMAN:
            if locked.owner_user_id == actor.user.pk:
                return locked
            if locked.owner_user_id is not None:
                raise AlreadyTaken.by(locked)
        if locked.owner_number != expected_number:
            raise AlreadyTaken.by(locked)
        return change_owner(actor, locked, user=actor.user, by="taken")


def give_back(actor: Actor, conversation: Conversation, node: str = "") -> Conversation:
    """The agent goes on, at `node` of its main flow or ("") where the flow stands. Idempotent.

    Who may manage the workspace gives back for others too. Where nothing is live, the agent answers what waits. Raises
    PermissionDenied, NotYours; UnknownPlace, when the flow has no such node; Conversation.DoesNotExist.
    """
    require(actor, Permission.TAKE_OVER)
    if node and node not in nodes_to_go_on_at(conversation):
        raise UnknownPlace(_("The flow has no such step any more. Choose another."), conversation)
    with transaction.atomic():
        lock_threads(conversation)
        locked = locked_conversation(actor.workspace, conversation.pk)
        if locked.owner == Conversation.Owner.AI:
            return locked
        if (actor.user is None or locked.owner_user_id != actor.user.pk) and not actor.may(Permission.MANAGE_WORKSPACE):
            raise NotYours.of(locked)
        change_owner(actor, locked, user=None, by="given_back", node=node)
        if not is_live(locked):
            wake_agent(locked)
    return locked


def nodes_to_go_on_at(conversation: Conversation) -> list[str]:
    """Ids of the steps of the main flow that the conversation runs, in their order."""
    spec = spec_of_conversation(conversation)
    return [] if spec is None else [node.id for node in spec.flow.nodes]
