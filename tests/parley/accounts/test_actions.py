from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from parley.accounts import actions
from parley.accounts.actor import Actor, system_actor
from parley.accounts.errors import AccountsError, AlreadyMember, BadExpiry, BadScopes, LastOwner
from parley.accounts.models import ApiKey, AuditEvent, Membership, Role, User, Workspace
from parley.accounts.permissions import Permission, require
from tests.support.cast import actor_for

pytestmark = pytest.mark.django_db


def verbs(workspace: Workspace) -> list[str]:
    return list(AuditEvent.objects.of(workspace).order_by("pk").values_list("verb", flat=True))


def member(user: User) -> Membership:
    return Membership.objects.get(user=user)


@pytest.mark.parametrize(
    "act",
    [
        lambda actor, row: actions.add_member(actor, email="new@acme.example", role=Role.VIEWER),
        lambda actor, row: actions.change_role(actor, row, Role.OWNER),
        lambda actor, row: actions.remove_member(actor, row),
        lambda actor, row: actions.issue_api_key(actor, name="k", scopes=["agents:read"]),
        lambda actor, row: actions.edit_workspace(actor, name="Mine", timezone="UTC"),
    ],
)
def test_only_an_owner_manages_the_workspace(
    act: Callable[[Actor, Membership], object], alice: User, bob: User, oscar: User, vera: User, acme: Workspace
) -> None:
    for user in (bob, oscar, vera):
        with pytest.raises(PermissionDenied):
            act(actor_for(user), member(vera))
    assert verbs(acme) == []
    act(actor_for(alice), member(vera))
    assert len(verbs(acme)) == 1


def test_a_new_person_gets_a_password_once(alice: User, acme: Workspace) -> None:
    membership, password = actions.add_member(
        actor_for(alice), email=" Dora@Acme.example ", role=Role.BUILDER, name="Dora"
    )
    assert password is not None
    assert membership.user.check_password(password)
    assert (membership.user.email, membership.user.name, membership.role) == ("dora@acme.example", "Dora", "builder")
    assert password not in str(list(AuditEvent.objects.of(acme).values()))


def test_a_person_of_another_workspace_keeps_their_password(alice: User, charlie: User, acme: Workspace) -> None:
    membership, password = actions.add_member(actor_for(alice), email=charlie.email, role=Role.VIEWER)
    assert password is None
    assert membership.user == charlie
    with pytest.raises(AlreadyMember):
        actions.add_member(actor_for(alice), email=charlie.email, role=Role.OWNER)
    assert Membership.objects.get(user=charlie, workspace=acme).role == Role.VIEWER


def test_a_word_is_no_email(alice: User) -> None:
    with pytest.raises(AccountsError) as caught:
        actions.add_member(actor_for(alice), email="dora", role=Role.VIEWER)
    assert caught.value.code == "bad_email"


def test_the_last_owner_stays(alice: User, bob: User, acme: Workspace) -> None:
    actor = actor_for(alice)
    for act in (
        lambda: actions.remove_member(actor, member(alice)),
        lambda: actions.change_role(actor, member(alice), Role.VIEWER),
    ):
        with pytest.raises(LastOwner):
            act()
    actions.change_role(actor, member(bob), Role.OWNER)
    actions.remove_member(actor, member(alice))
    assert verbs(acme) == ["member.role_changed", "member.removed"]


def test_a_membership_of_another_workspace_cannot_be_touched(alice: User, charlie: User) -> None:
    for act in (
        lambda: actions.remove_member(actor_for(alice), member(charlie)),
        lambda: actions.change_role(actor_for(alice), member(charlie), Role.VIEWER),
    ):
        with pytest.raises(Membership.DoesNotExist):
            act()
    assert member(charlie).role == Role.OWNER


def test_a_key_is_issued_and_revoked(alice: User, acme: Workspace) -> None:
    actor = actor_for(alice)
    key, secret = actions.issue_api_key(actor, name=" Site ", scopes=["agents:read", "agents:read"])
    assert (key.name, key.scopes, key.created_by) == ("Site", ["agents:read"], alice)
    assert ApiKey.find(secret) == key
    actions.revoke_api_key(actor, key)
    actions.revoke_api_key(actor, key)
    assert ApiKey.find(secret) is None
    assert verbs(acme) == ["key.issued", "key.revoked"]
    assert secret not in str(list(AuditEvent.objects.of(acme).values()))


@pytest.mark.parametrize("scopes", [[], ["everything"], ["agents:read", "workspace:write"]])
def test_a_key_has_known_scopes(alice: User, scopes: list[str]) -> None:
    with pytest.raises(BadScopes):
        actions.issue_api_key(actor_for(alice), name="k", scopes=scopes)


def test_a_key_has_a_name_and_a_future(alice: User) -> None:
    with pytest.raises(AccountsError):
        actions.issue_api_key(actor_for(alice), name=" ", scopes=["agents:read"])
    with pytest.raises(BadExpiry):
        actions.issue_api_key(
            actor_for(alice), name="k", scopes=["agents:read"], expires_at=timezone.now() - timedelta(seconds=1)
        )


def test_a_key_acts_by_its_scopes(acme: Workspace) -> None:
    key, _secret = actions.issue_api_key(system_actor(acme), name="k", scopes=["agents:write"])
    actor = Actor(workspace=acme, api_key=key, label="k")
    assert actor.permissions == {Permission.EDIT_AGENT, Permission.PUBLISH_AGENT}
    with pytest.raises(PermissionDenied):
        require(actor, Permission.VIEW)


def test_the_first_operator(acme: Workspace) -> None:
    user, password = actions.create_operator("Root@Acme.example", acme, name="Root")
    assert password is not None
    assert user.check_password(password)
    assert len(password) == 19
    again, none = actions.create_operator("root@acme.example", acme)
    assert (again, none) == (user, None)
    assert member(user).role == Role.OWNER


def test_workspaces_of_one_name_get_slugs_of_their_own(charlie: User) -> None:
    first = actions.create_workspace("Smile Dental", owner=charlie)
    second = actions.create_workspace("Smile Dental")
    assert (first.slug, second.slug) == ("smile-dental", "smile-dental-2")
    assert verbs(first) == ["member.added", "workspace.created"]
    with pytest.raises(ValidationError):
        actions.create_workspace("Smile", slug="smile-dental")
    with pytest.raises(ValidationError):
        actions.create_workspace("", slug="x")
