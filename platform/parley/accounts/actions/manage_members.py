"""Who belongs to the workspace, as what. Every change locks the workspace's owners, so two at once cannot orphan it."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from parley.accounts.actions.create_operator import new_password
from parley.accounts.actor import Actor
from parley.accounts.audit import audit
from parley.accounts.errors import AccountsError, AlreadyMember, LastOwner
from parley.accounts.models import Membership, Role, User, Workspace
from parley.accounts.permissions import Permission, require


@transaction.atomic
def add_member(actor: Actor, *, email: str, role: Role, name: str = "") -> tuple[Membership, str | None]:
    """Let a person in. Returns (membership, password): the password of a person new to Parley, to be handed over once.

    Raises PermissionDenied, AlreadyMember, AccountsError (bad e-mail).
    """
    require(actor, Permission.MANAGE_WORKSPACE)
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError as error:
        raise AccountsError(_("This is not an e-mail address."), code="bad_email") from error
    _lock(actor.workspace)
    user = User.objects.filter(email=email).first()
    password = None
    if user is None:
        password = new_password()
        user = User.objects.create_user(email, password, name=name.strip()[:120])
    membership, added = Membership.objects.get_or_create(
        workspace=actor.workspace, user=user, defaults={"role": Role(role)}
    )
    if not added:
        raise AlreadyMember(_("This person belongs to the workspace already. Change their role in the list."))
    audit(actor, "member.added", membership, email=email, role=str(membership.role))
    return membership, password


@transaction.atomic
def change_role(actor: Actor, membership: Membership, role: Role) -> Membership:
    """Raises PermissionDenied, and LastOwner when nobody would be left to manage the workspace."""
    require(actor, Permission.MANAGE_WORKSPACE)
    membership = _locked(actor, membership)
    if membership.role == Role.OWNER and role != Role.OWNER:
        _keep_an_owner(actor.workspace)
    before = membership.role
    membership.role = Role(role)
    membership.save(update_fields=["role"])
    audit(
        actor,
        "member.role_changed",
        membership,
        email=membership.user.email,
        before=str(before),
        role=str(membership.role),
    )
    return membership


@transaction.atomic
def remove_member(actor: Actor, membership: Membership) -> None:
    """Take a person out; they lose access with their next request. Raises PermissionDenied, LastOwner."""
    require(actor, Permission.MANAGE_WORKSPACE)
    membership = _locked(actor, membership)
    if membership.role == Role.OWNER:
        _keep_an_owner(actor.workspace)
    audit(actor, "member.removed", membership, email=membership.user.email, role=str(membership.role))
    membership.delete()


def _lock(workspace: Workspace) -> None:
    Workspace.objects.select_for_update().get(pk=workspace.pk)


def _locked(actor: Actor, membership: Membership) -> Membership:
    _lock(actor.workspace)
    return Membership.objects.select_related("user").get(pk=membership.pk, workspace=actor.workspace)


def _keep_an_owner(workspace: Workspace) -> None:
    if Membership.objects.filter(workspace=workspace, role=Role.OWNER).count() <= 1:
        raise LastOwner(_("This is the last owner. Make somebody else an owner first."))
