"""Who talks in a conversation, as the row says it: what a running leg reads and, when its person is gone, changes."""

from __future__ import annotations

from typing import Protocol

from channels.db import database_sync_to_async

from channels_io.actions.change_owner import lose_owner
from channels_io.live.facts import OwnerNow
from channels_io.models import Conversation, OwnerChange


class OwnerDesk(Protocol):
    """The row of one conversation. Both raise DatabaseError and InterfaceError."""

    async def now(self) -> OwnerNow: ...

    async def lost(self, number: int) -> OwnerNow:
        """The person of owner number `number` is gone: the agent has the conversation again, unless it has changed."""


class NoDesk:
    """Of conversations that nobody can take over."""

    async def now(self) -> OwnerNow:
        return OwnerNow()

    async def lost(self, number: int) -> OwnerNow:
        return OwnerNow(number=number + 1, by="lost")


class StoredOwner:
    def __init__(self, conversation: int) -> None:
        """`conversation`: primary key."""
        self._conversation = conversation

    async def now(self) -> OwnerNow:
        found: OwnerNow = await database_sync_to_async(owner_of)(self._conversation)
        return found

    async def lost(self, number: int) -> OwnerNow:
        await database_sync_to_async(lose_owner)(self._conversation, number)
        return await self.now()


def owner_of(conversation: int) -> OwnerNow:
    """As of now; the agent, when the conversation was erased."""
    row = Conversation.objects.select_related("owner_user").defer("state").filter(pk=conversation).first()
    if row is None:
        return OwnerNow()
    change = OwnerChange.objects.filter(conversation=row, number=row.owner_number).first()
    return OwnerNow(
        owner="human" if row.owner == Conversation.Owner.HUMAN else "ai",
        number=row.owner_number,
        user=row.owner_user.public_id if row.owner_user else "",
        name=str(row.owner_user or ""),
        node=change.node if change else "",
        by=change.by if change else "",
    )
