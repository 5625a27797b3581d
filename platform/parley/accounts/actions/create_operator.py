from __future__ import annotations

import secrets

from django.db import transaction

from parley.accounts.actor import system_actor
from parley.accounts.audit import audit
from parley.accounts.models import Membership, Role, User, Workspace


@transaction.atomic
def create_operator(
    email: str, workspace: Workspace, *, name: str = "", password: str | None = None, role: Role = Role.OWNER
) -> tuple[User, str | None]:
    """The person who signs in first, as an owner. Returns (user, the new password or None if they were there already).

    For the start of an installation: called by the machine's own commands, never by a request.
    """
    user = User.objects.filter(email=email.strip().lower()).first()
    made: str | None = None
    if user is None:
        made = password or new_password()
        user = User.objects.create_user(email, made, name=name)
    membership, added = Membership.objects.get_or_create(workspace=workspace, user=user, defaults={"role": role})
    if added:
        audit(system_actor(workspace), "member.added", membership, email=user.email, role=str(role))
    return user, made


def new_password() -> str:
    """Four groups of four characters that are not mistaken for each other: 80 bits, and it can be typed."""
    alphabet = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(alphabet) for _ in range(4)) for _ in range(4))
