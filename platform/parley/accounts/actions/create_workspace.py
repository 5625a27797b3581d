from __future__ import annotations

from django.db import transaction
from django.utils.text import slugify

from parley.accounts.actor import Actor, system_actor
from parley.accounts.audit import audit
from parley.accounts.models import Membership, Role, User, Workspace


@transaction.atomic
def create_workspace(name: str, *, slug: str = "", timezone: str = "UTC", owner: User | None = None) -> Workspace:
    """A new workspace, with its first owner if one is named. Raises ValidationError on a bad name, slug or time zone."""
    workspace = Workspace(name=name.strip(), slug=slug or free_slug(name), timezone=timezone)
    workspace.full_clean()
    workspace.save()
    actor = system_actor(workspace)
    if owner is not None:
        membership = Membership.objects.create(workspace=workspace, user=owner, role=Role.OWNER)
        actor = Actor(workspace=workspace, user=owner, role=Role.OWNER, label=owner.email)
        audit(actor, "member.added", membership, email=owner.email, role=str(Role.OWNER))
    audit(actor, "workspace.created", workspace, name=workspace.name)
    return workspace


def free_slug(name: str) -> str:
    """A slug of the name that no workspace has yet."""
    stem = slugify(name)[:40] or "workspace"
    taken = set(Workspace.objects.filter(slug__startswith=stem).values_list("slug", flat=True))
    number = 1
    slug = stem
    while slug in taken:
        number += 1
        slug = f"{stem}-{number}"
    return slug
