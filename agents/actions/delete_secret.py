from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from agents.errors import ToolRefused
from agents.models import Secret, Tool
from agents.reads import agents_with_secret
from parley.accounts.actor import Actor
from parley.accounts.audit import audit
from parley.accounts.permissions import Permission, require


@transaction.atomic
def delete_secret(actor: Actor, secret: Secret) -> None:
    """Raises ToolRefused while a tool or a request of an agent's own sends it."""
    require(actor, Permission.EDIT_AGENT)
    users = [tool.name for tool in Tool.objects.of(actor.workspace).filter(request__secret=secret.name)]
    users += [agent.name for agent in agents_with_secret(actor.workspace, secret.name)]
    if users:
        message = _("%(users)s sends this secret. Take it out there first.") % {"users": ", ".join(users)}
        raise ToolRefused([("", "secret_used", message)])
    audit(actor, "secret.deleted", secret, name=secret.name)
    secret.delete()
