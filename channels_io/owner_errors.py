"""Why somebody cannot do that to a conversation now. Each says what to do, and who was faster."""

from __future__ import annotations

from django.utils.translation import gettext as _

from channels_io.models import Conversation
from inference.errors import ParleyError


class OwnerError(ParleyError):
    """`conversation` is as it is in truth."""

    code = "owner"
    permanent = True

    def __init__(self, message: str, conversation: Conversation) -> None:
        super().__init__(message)
        self.conversation = conversation


class AlreadyTaken(OwnerError):
    """Somebody else was faster, or it has changed hands since the page was drawn."""

    code = "taken"

    @classmethod
    def by(cls, conversation: Conversation) -> AlreadyTaken:
        if conversation.owner_user is None:
            return cls(_("This conversation has changed hands meanwhile. Look again."), conversation)
        who = {"name": str(conversation.owner_user)}
        return cls(_("%(name)s was faster and talks in this conversation.") % who, conversation)


class NotYours(OwnerError):
    """Another person talks, and only they may do that."""

    code = "not_yours"

    @classmethod
    def of(cls, conversation: Conversation) -> NotYours:
        if conversation.owner_user is None:
            return cls(_("Take the conversation over first."), conversation)
        who = {"name": str(conversation.owner_user)}
        return cls(_("%(name)s talks in this conversation. Ask them to give it back.") % who, conversation)


class NotLive(OwnerError):
    """There is no call or chat going on in it."""

    code = "not_live"

    @classmethod
    def now(cls, conversation: Conversation) -> NotLive:
        return cls(_("Nothing is going on in this conversation just now."), conversation)


class UnknownPlace(OwnerError):
    """The node, or the person to transfer to, is not there."""

    code = "unknown_place"
