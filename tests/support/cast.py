"""The cast: Alice owns Acme, Bob builds there, Vera only looks, Charlie owns Globex and is the outsider."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from parley.accounts.actor import Actor, member_actor
from parley.accounts.models import Membership, Role, User, Workspace

PASSWORD = "correct horse battery"


def make_workspace(name: str, slug: str) -> Workspace:
    return Workspace.objects.create(name=name, slug=slug)


def make_member(name: str, workspace: Workspace, role: Role) -> User:
    user = User.objects.create_user(f"{name.lower()}@{workspace.slug}.example", PASSWORD, name=name)
    Membership.objects.create(user=user, workspace=workspace, role=role)
    return user


@pytest.fixture
def acme(db: None) -> Workspace:
    return make_workspace("Acme", "acme")


@pytest.fixture
def globex(db: None) -> Workspace:
    return make_workspace("Globex", "globex")


@pytest.fixture
def alice(acme: Workspace) -> User:
    return make_member("Alice", acme, Role.OWNER)


@pytest.fixture
def bob(acme: Workspace) -> User:
    return make_member("Bob", acme, Role.BUILDER)


@pytest.fixture
def oscar(acme: Workspace) -> User:
    return make_member("Oscar", acme, Role.OPERATOR)


@pytest.fixture
def vera(acme: Workspace) -> User:
    return make_member("Vera", acme, Role.VIEWER)


@pytest.fixture
def charlie(globex: Workspace) -> User:
    return make_member("Charlie", globex, Role.OWNER)


@pytest.fixture
def client_of() -> Callable[[User], Client]:
    """`client_of(alice)`: a browser in which Alice is signed in."""

    def signed_in(user: User) -> Client:
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return signed_in


def actor_for(user: User, workspace: Workspace | None = None) -> Actor:
    """The actor of a member, in their only (or the named) workspace."""
    memberships = Membership.objects.select_related("user", "workspace").filter(user=user)
    return member_actor(memberships.get(workspace=workspace) if workspace else memberships.get())
