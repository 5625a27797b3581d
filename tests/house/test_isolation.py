"""A member of another workspace finds nothing of this one, by any address the router knows (T3).

The table says what each parameter of a route names. A new route with an id that is not in it fails the test.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from django.contrib import admin
from django.http import HttpResponse
from django.test import Client
from django.urls import NoReverseMatch

from channels_io.registry import websocket_urlpatterns
from parley.accounts.models import User, Workspace
from parley.lib.ids import new_id
from tests.support.routes import Route, routes
from tests.support.world import World, api_key_of

OBJECTS = {
    ("agents/", "public_id"): "agent",
    ("agents/", "version_id"): "version",
    ("agents/", "case_id"): "case",
    ("conversations/", "public_id"): "conversation",
    ("inbox/views/", "public_id"): "view",
    ("inbox/tags/", "public_id"): "tag",
    ("conversations/", "leg_id"): "leg",
    ("calls/", "public_id"): "conversation",
    ("contacts/", "public_id"): "contact",
    ("contacts/", "fact_id"): "fact",
    ("contacts/", "merge_id"): "merge",
    ("channels/", "public_id"): "channel",
    ("channels/<str:public_id>/options/", "public_id"): "line",
    ("channels/<str:public_id>/connect/", "public_id"): "line",
    ("channels/<str:public_id>/test/", "public_id"): "line",
    ("channels/accounts/", "public_id"): "account",
    ("workspace/people/", "public_id"): "membership",
    ("workspace/keys/", "public_id"): "key",
    ("tools/", "public_id"): "tool",
    ("tools/secrets/", "public_id"): "secret",
    ("tools/services/", "public_id"): "provider",
    ("voices/", "public_id"): "cloned_voice",
    ("widget/", "public_id"): "channel",
    ("campaigns/", "public_id"): "campaign",
    ("teams/", "public_id"): "team",
    ("queue/", "public_id"): "handoff",
    ("workers/reserved/", "public_id"): "reserved",
    ("spending/alerts/", "public_id"): "alert",
    ("spending/alerts/rules/", "public_id"): "rule",
    ("turns/", "public_id"): "turn",
    ("follow-ups/", "public_id"): "follow_up",
    ("webhooks/", "public_id"): "endpoint",
    ("webhooks/", "delivery_id"): "delivery",
    ("hooks/twilio_voice/", "public_id"): "line",
    ("hooks/twilio_messaging/", "channel"): "line",
    ("hooks/whatsapp_cloud/", "channel"): "line",
    ("api/v1/agents/", "public_id"): "agent",
    ("api/v1/agents/", "version_id"): "version",
    ("api/v1/tools/", "tool_id"): "tool",
    ("api/v1/channels/", "public_id"): "channel",
    ("api/v1/channels/<str:public_id>/checks/", "public_id"): "line",
    ("api/v1/accounts/", "public_id"): "account",
    ("api/v1/conversations/", "public_id"): "conversation",
    ("api/v1/conversations/", "leg_id"): "leg",
    ("api/v1/contacts/", "public_id"): "contact",
    ("api/v1/contacts/", "fact_id"): "fact",
    ("api/v1/campaigns/", "public_id"): "campaign",
    ("api/v1/webhooks/", "public_id"): "endpoint",
    ("api/v1/webhooks/", "delivery_id"): "delivery",
}
"""(how the route begins, parameter) → the object of `World` that it names."""

PUBLIC_BY_ID = {
    "channels_io:twilio-message-media": "the carrier fetches a voice note and signs nothing; a ticket for an hour guards it",
    "channels_io:widget-config": "the visitor's page asks for it; the channel's allowed origins guard it",
    "channels_io:widget-ticket": "the visitor's page asks for it; the channel's allowed origins guard it",
}
SIGNED_SOCKETS = {
    "ws/twilio_voice/<str:channel>/": "says with whose key the carrier must have signed; a token names the one call it opens",
}
NOT_YET = {
    "channels_io:contact-proof": "a contact that nobody erased has no proof of it",
    "channels_io:sent-media": "asked for without the turn that sent something",
}
NO_ID = {
    "channels_io:worklet": "the name of a static script",
    "admin:app_list": "the name of an app",
    "admin:": "whatever else stands below /admin/",
}
METHODS = ("get", "post", "put", "patch", "delete")
ANSWERED_BEFORE_LOOKUP = 405


@dataclass(frozen=True, slots=True)
class Address:
    route: Route
    real: str
    random: str


def is_admin_object(route: Route) -> bool:
    return route.name.startswith("admin:") and route.parameters == ("object_id",)


def id_routes() -> list[Route]:
    return [route for route in routes() if route.parameters and route.name not in NO_ID]


def object_of(route: Route, parameter: str) -> str:
    for (start, name), what in sorted(OBJECTS.items(), key=lambda item: -len(item[0][0])):
        if route.path.startswith(start) and name == parameter:
            return what
    raise AssertionError(
        f"{route.path} takes {parameter}, and tests/house/test_isolation.py does not know what it names: add it to OBJECTS"
    )


def addresses(world: World) -> list[Address]:
    found = []
    for route in id_routes():
        if route.name in PUBLIC_BY_ID:
            continue
        if is_admin_object(route):
            found += admin_addresses(route, world)
            continue
        ids = world.ids()
        named = {parameter: object_of(route, parameter) for parameter in route.parameters}
        real = route.url(**{parameter: ids[what] for parameter, what in named.items()})
        random = route.url(**{parameter: new_id(ids[what][:2]) for parameter, what in named.items()})
        found.append(Address(route, real, random))
    return found


def admin_addresses(route: Route, world: World) -> list[Address]:
    for model in admin.site._registry:
        label = f"admin:{model._meta.app_label}_{model._meta.model_name}_"
        if route.name.startswith(label):
            row = world.admin_object(model)
            assert row is not None, f"tests/support/world.py makes no {model.__name__}"
            return [Address(route, route.url(object_id=row.pk), route.url(object_id=10**12))]
    raise AssertionError(f"{route.name} belongs to no registered model")


def answer(response: HttpResponse, address: str) -> tuple[int, str, str]:
    """What an outsider can tell apart. The id they asked for themselves may come back (in the admin's redirect message)."""
    body = b"" if response.streaming else response.content
    return (
        response.status_code,
        response.headers.get("Location", ""),
        body.decode(errors="replace").replace(address, ""),
    )


def test_every_id_route_is_known() -> None:
    for route in id_routes():
        if route.name in PUBLIC_BY_ID or is_admin_object(route):
            continue
        for parameter in route.parameters:
            object_of(route, parameter)


@pytest.fixture(autouse=True)
def _unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """So many routes are asked that the rate would be what answers."""
    monkeypatch.setattr("parley.api.ActorThrottle.allow_request", lambda *_: True)


def test_a_member_of_another_workspace_finds_nothing(
    acme: Workspace, alice: User, charlie: User, client_of: Callable[[User], Client]
) -> None:
    world = World(acme, alice)
    before = world.rows()
    outsider = client_of(charlie)
    for address in addresses(world):
        statuses = set()
        for method in METHODS:
            real = answer(getattr(outsider, method)(address.real), address.real)
            random = answer(getattr(outsider, method)(address.random), address.random)
            assert real == random, f"{method} {address.route.path} tells a foreign id from one that never was"
            statuses.add(real[0])
        if is_admin_object(address.route):
            # Django's admin sends a missing object to its index with a message.
            assert statuses <= {302, 403, 405}, f"{address.route.path} answers {statuses}"
        elif address.route.path.startswith("hooks/"):
            # Whoever has not signed as the carrier is told the same of every channel.
            assert statuses <= {403, 405}, f"{address.route.path} answers {statuses}"
        else:
            assert 404 in statuses, f"{address.route.path} never answers 404, but {statuses}"
            assert statuses <= {404, ANSWERED_BEFORE_LOOKUP}, f"{address.route.path} answers {statuses}"
    assert world.rows() == before


def test_a_key_of_another_workspace_finds_nothing(acme: Workspace, alice: User, globex: Workspace) -> None:
    world = World(acme, alice)
    before = world.rows()
    _key, secret = api_key_of(globex)
    program = Client(headers={"Authorization": f"Bearer {secret}"})
    asked = [address for address in addresses(world) if address.route.path.startswith("api/")]
    assert asked
    for address in asked:
        statuses = set()
        for method in METHODS:
            send = getattr(program, method)
            real = answer(send(address.real, content_type="application/json"), address.real)
            random = answer(send(address.random, content_type="application/json"), address.random)
            assert real == random, f"{method} {address.route.path} tells a foreign id from one that never was"
            statuses.add(real[0])
        assert 404 in statuses, f"{address.route.path} never answers 404, but {statuses}"
        assert statuses <= {404, ANSWERED_BEFORE_LOOKUP}, f"{address.route.path} answers {statuses}"
    assert world.rows() == before


def test_the_owner_finds_it_all(acme: Workspace, alice: User, client_of: Callable[[User], Client]) -> None:
    """The other half of the proof: the same addresses are there for a member."""
    world = World(acme, alice)
    member = client_of(alice)
    for address in addresses(world):
        if address.route.name in NOT_YET:
            continue
        status = member.get(address.real).status_code
        assert status in {200, 302, 403, ANSWERED_BEFORE_LOOKUP}, f"{address.route.path} answers {status} to its owner"


def test_lists_of_another_workspace_name_nothing(
    acme: Workspace, alice: User, charlie: User, client_of: Callable[[User], Client]
) -> None:
    """Search, filters and lists: no page without an id shows an id of Acme, even when asked for it."""
    world = World(acme, alice)
    outsider = client_of(charlie)
    for route in routes():
        if route.parameters:
            continue
        try:
            url = route.url()
        except NoReverseMatch:
            continue
        page = outsider.get(url)
        for name, public_id in world.ids().items():
            listed = not page.streaming and public_id.encode() in page.content
            assert not listed, f"{route.path} shows Charlie the {name} of Acme"
        asked, random = world.conversation.public_id, new_id("cv")
        assert shown(outsider, url, asked) == shown(outsider, url, random), f"{route.path} finds what is Acme's"


def shown(client: Client, url: str, public_id: str) -> int:
    """How often the page names the id it was asked for: an echo of the question counts the same for any id."""
    response = client.get(url, dict.fromkeys(("q", "s", "agent", "search", "channel", "verb"), public_id))
    return 0 if response.streaming else response.content.count(public_id.encode())


def test_socket_routes_carry_no_id() -> None:
    """A socket opens with a ticket and nothing else; what it may reach is in the ticket."""
    patterns = websocket_urlpatterns()
    assert patterns
    for pattern in patterns:
        if str(pattern.pattern) in SIGNED_SOCKETS:
            continue
        assert not pattern.pattern.converters, f"{pattern.pattern} takes an id: the ticket must name what it opens"
