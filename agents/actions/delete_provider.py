from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from agents.errors import ToolRefused
from agents.models import Provider
from agents.providers import agents_with_provider
from parley.accounts.actor import Actor
from parley.accounts.audit import audit
from parley.accounts.permissions import Permission, require


@transaction.atomic
def delete_provider(actor: Actor, provider: Provider) -> None:
    """Raises ToolRefused while an agent names it, in its draft or in the version that is live."""
    require(actor, Permission.EDIT_AGENT)
    users = [agent.name for agent in agents_with_provider(provider)]
    if users:
        message = _("%(agents)s uses this service. Choose another model there first, and publish.")
        raise ToolRefused([("", "provider_used", message % {"agents": ", ".join(users)})])
    audit(actor, "provider.deleted", provider, name=provider.name)
    provider.delete()
