from __future__ import annotations

from django.db import transaction

from agents.models import Tool
from parley.accounts.actor import Actor
from parley.accounts.audit import audit
from parley.accounts.permissions import Permission, require


@transaction.atomic
def delete_tool(actor: Actor, tool: Tool) -> None:
    """Agents that still name it are told that there is no such tool, and say so in their own words."""
    require(actor, Permission.EDIT_AGENT)
    audit(actor, "tool.deleted", tool, name=tool.name)
    tool.delete()
