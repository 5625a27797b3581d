"""Roles and keys over REST: every address and method refuses whoever lacks its scope, and nobody else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.urls import resolve

from parley.accounts.actions import issue_api_key
from parley.accounts.actor import system_actor
from parley.accounts.api_auth import ScopePermission
from parley.accounts.models import Role, User, Workspace
from parley.accounts.roles import SCOPE_PERMISSIONS
from parley.lib.ids import new_id
from tests.house.test_isolation import METHODS, object_of
from tests.support.routes import routes
from tests.support.world import World

pytestmark = pytest.mark.django_db

MEMBERS: dict[Role, set[str]] = {
    Role.OWNER: set(SCOPE_PERMISSIONS),
    Role.BUILDER: {
        "agents:read", "agents:write", "channels:read", "channels:write", "conversations:read", "conversations:write",
        "contacts:read", "contacts:write", "campaigns:read", "campaigns:write",
    },
    Role.OPERATOR: {
        "agents:read", "channels:read", "conversations:read", "conversations:write", "contacts:read", "contacts:write",
        "campaigns:read",
    },
    Role.VIEWER: {"agents:read", "channels:read"},
}  # fmt: skip
"""Scopes that a member of the role has when they call with their session; written out, so that it does not change unseen."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A method of an address. `random`: the same with ids that never were."""

    method: str
    path: str
    real: str
    random: str
    scope: str


def asked(world: World) -> Iterator[Asked]:
    ids = world.ids()
    for route in routes():
        if not route.path.startswith("api/v1/"):
            continue
        named = {parameter: ids[object_of(route, parameter)] for parameter in route.parameters}
        real = route.url(**named)
        random = route.url(**{parameter: new_id(value[:2]) for parameter, value in named.items()})
        view: Any = getattr(resolve(real).func, "cls", None)
        for method in METHODS:
            if view is None or not hasattr(view, method):
                continue
            made = view()
            made.request = SimpleNamespace(method=method.upper())
            scopes = [each.scope for each in made.get_permissions() if isinstance(each, ScopePermission)]
            if scopes:
                yield Asked(method, route.path, real, random, scopes[0])


@pytest.fixture(autouse=True)
def _unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """So many addresses are asked that the rate would be what answers."""
    monkeypatch.setattr("parley.api.ActorThrottle.allow_request", lambda *_: True)


def status(client: Client, method: str, url: str) -> int:
    code: int = getattr(client, method)(url, data={}, content_type="application/json").status_code
    return code


def wrongs(client: Client, who: str, scopes: set[str], everything: list[Asked]) -> list[str]:
    found = []
    for each in everything:
        may = each.scope in scopes
        code = status(client, each.method, each.random if may else each.real)
        if may and code == 403:
            found.append(f"{who} may not {each.method} {each.path}, which asks for {each.scope}")
        if not may and code != 403:
            found.append(f"{who} gets {code} of {each.method} {each.path}, which asks for {each.scope}")
    return found


def test_what_each_role_may_is_what_was_agreed(
    acme: Workspace, alice: User, bob: User, oscar: User, vera: User, client_of: Callable[[User], Client]
) -> None:
    world = World(acme, alice)
    everything = list(asked(world))
    assert len(everything) > 40
    assert {each.scope for each in everything} == set(SCOPE_PERMISSIONS)
    before = world.rows()
    people = {Role.VIEWER: vera, Role.OPERATOR: oscar, Role.BUILDER: bob, Role.OWNER: alice}
    wrong = [
        line for role, user in people.items() for line in wrongs(client_of(user), str(role), MEMBERS[role], everything)
    ]
    assert not wrong, "\n".join(wrong)
    assert world.rows() == before


def test_a_key_opens_what_its_scopes_say_and_nothing_else(acme: Workspace, alice: User) -> None:
    world = World(acme, alice)
    everything = list(asked(world))
    wrong: list[str] = []
    for scope in SCOPE_PERMISSIONS:
        its = [each for each in everything if each.scope == scope]
        for scopes in ({scope}, set(SCOPE_PERMISSIONS) - {scope}):
            _key, secret = issue_api_key(system_actor(acme), name="Key", scopes=sorted(scopes))
            program = Client(headers={"Authorization": f"Bearer {secret}"})
            wrong += wrongs(program, f"a key with {sorted(scopes)}", scopes, its)
    assert not wrong, "\n".join(wrong)
