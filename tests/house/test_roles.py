"""Every page and every action behind a page, for every role: refused where the role lacks what it asks for, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import resolve

from parley.accounts.models import Membership, Role, User, Workspace
from parley.accounts.roles import ROLE_PERMISSIONS, SCOPE_PERMISSIONS, Permission
from tests.house.test_isolation import OBJECTS
from tests.support.routes import Route, routes
from tests.support.world import World

pytestmark = pytest.mark.django_db

MAY: dict[Role, set[str]] = {
    Role.OWNER: set(Permission),
    Role.BUILDER: {
        "view", "talk", "operate", "listen", "take_over", "read_numbers", "export",
        "edit_agent", "publish_agent", "manage_channels",
    },
    Role.OPERATOR: {"view", "talk", "operate", "listen", "take_over", "read_numbers", "export"},
    Role.VIEWER: {"view"},
}  # fmt: skip
"""Written out, so that who may do what does not change unseen."""


def test_what_each_role_may_is_what_was_agreed() -> None:
    assert {role: set(map(str, found)) for role, found in ROLE_PERMISSIONS.items()} == {
        role: set(map(str, found)) for role, found in MAY.items()
    }


def test_no_key_of_a_program_reveals_listens_or_manages() -> None:
    given = frozenset().union(*SCOPE_PERMISSIONS.values())
    assert given & {Permission.REVEAL, Permission.LISTEN, Permission.MANAGE_WORKSPACE} == set()


def guarded(world: World) -> Iterator[tuple[Route, str, Permission]]:
    """Every page that is behind `workspace_page`: its route, its address in the world, what it asks for."""
    for route in routes():
        url = address(route, world)
        if url is None:
            continue
        permission = getattr(resolve(url).func, "permission", None)
        if isinstance(permission, Permission):
            yield route, url, permission


def address(route: Route, world: World) -> str | None:
    values: dict[str, str] = {}
    for name in route.parameters:
        known = [(begin, target) for (begin, parameter), target in OBJECTS.items() if parameter == name]
        fitting = [
            target for begin, target in sorted(known, key=lambda each: -len(each[0])) if route.path.startswith(begin)
        ]
        if not fitting:
            return None
        values[name] = getattr(world, fitting[0]).public_id
    try:
        return route.url(**values)
    except Exception:  # noqa: BLE001 -- an admin route of a number: none of ours
        return None


@pytest.fixture
def signed_in(acme: Workspace) -> Callable[[Role], Client]:
    def sign_in(role: Role) -> Client:
        user: Any = User.objects.create_user(email=f"{role}@acme.example", password="x" * 20, name=role)
        Membership.objects.create(workspace=acme, user=user, role=role)
        client = Client()
        client.force_login(user)
        return client

    return sign_in


def test_a_role_is_refused_exactly_what_it_may_not(
    signed_in: Callable[[Role], Client], acme: Workspace, alice: User
) -> None:
    world = World(acme, alice)
    pages = list(guarded(world))
    assert len(pages) > 80
    wrong: list[str] = []
    for role in (Role.VIEWER, Role.OPERATOR, Role.BUILDER, Role.OWNER):
        client = signed_in(role)
        for route, url, permission in pages:
            allowed = permission in MAY[role]
            status = client.get(url).status_code
            if allowed and status == 403:
                wrong.append(f"{role} may not read {route.path}, which asks for {permission}")
            if not allowed:
                posted = client.post(url, {}).status_code
                # A page that takes one method answers 405 to the other, to whoever may ask it.
                if 403 not in (status, posted) or {status, posted} - {403, 405}:
                    wrong.append(f"{role} gets {status}/{posted} of {route.path}, which asks for {permission}")
    assert not wrong, "\n".join(wrong)
