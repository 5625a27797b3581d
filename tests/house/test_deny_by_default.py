"""Without signing in nothing answers but what is on the reviewed list (T2)."""

from __future__ import annotations

import pytest
from channels.testing import WebsocketCommunicator
from django.http import HttpResponse
from django.test import Client
from django.urls import NoReverseMatch

from channels_io.registry import websocket_urlpatterns
from parley.asgi import application
from parley.lib.ids import new_id
from tests.support.routes import Route, routes

PUBLIC = {
    "health": "a probe of the process",
    "ready": "a probe of what the process needs",
    "channels_io:workers-wanted": "as /metrics: for this machine or the holder of a token",
    "metrics": "for this machine or the holder of a token; the test client comes from 127.0.0.1",
    "accounts:login": "signing in",
    "schema": "the shape of the API, without data",
    "channels_io:widget-js": "the widget's code, loaded by visitors' pages",
    "channels_io:worklet": "a script of the widget",
    "channels_io:widget-config": "visitors; the channel's allowed origins guard it",
    "channels_io:widget-ticket": "visitors; the channel's allowed origins guard it",
    "admin:logout": "sends a stranger on to /admin/, which asks to sign in",
    "admin:jsi18n": "translated words of the admin's scripts, without data",
}
METHODS = ("get", "post", "put", "patch", "delete")


def address_of(route: Route) -> str | None:
    for value in (new_id("ag"), "1"):
        try:
            return route.url(**dict.fromkeys(route.parameters, value))
        except NoReverseMatch:
            continue
    return None


def is_refusal(response: HttpResponse) -> bool:
    if response.status_code in (301, 302):
        return "/login/" in response.headers["Location"]
    return response.status_code in (401, 403, 404, 405)


@pytest.mark.django_db
def test_nothing_answers_a_stranger() -> None:
    stranger = Client()
    for route in routes():
        url = address_of(route)
        if url is None or route.name in PUBLIC:
            continue
        for method in METHODS:
            response = getattr(stranger, method)(url)
            assert is_refusal(response), (
                f"{method} {route.path} ({route.name}) answers {response.status_code} to a stranger"
            )


@pytest.mark.django_db
@pytest.mark.parametrize(
    "header",
    [
        "Bearer pk_aaaaaaaa_" + "x" * 43,
        "Bearer null",
        "Bearer '\"\\",
        "Bearer pk_aaaaaaaa_ü",
        "Bearer",
        "Token pk_aaaaaaaa_x",
        "Basic YWxpY2U6eA==",
    ],
)
def test_a_wrong_key_is_refused_everywhere(header: str) -> None:
    program = Client(headers={"Authorization": header})
    asked = [route for route in routes() if route.path.startswith("api/v1/")]
    assert asked
    for route in asked:
        url = address_of(route)
        assert url is not None
        response = program.get(url)
        assert response.status_code in (401, 405), f"{route.path} answers {response.status_code} to {header}"
        if response.status_code == 401:
            assert response.json()["error"]["code"] in ("key_invalid", "key_malformed")
            assert response.headers["WWW-Authenticate"] == 'Bearer realm="api"'


def test_the_public_list_names_only_routes_that_are_there() -> None:
    assert set(PUBLIC) <= {route.name for route in routes()}


@pytest.mark.django_db
@pytest.mark.parametrize("ticket", ["", "?ticket=", "?ticket=unknown", "?ticket=%00", "?ticket=" + "x" * 500])
async def test_no_socket_opens_without_a_ticket(ticket: str) -> None:
    for pattern in websocket_urlpatterns():
        path = str(pattern.pattern).replace("<str:channel>", new_id("ch"))
        socket = WebsocketCommunicator(application, f"/{path}{ticket}")
        accepted, _protocol = await socket.connect()
        if path != str(pattern.pattern):  # A carrier's: without its signature not even accepted.
            assert not accepted, path
            await socket.wait()
            continue
        assert accepted
        message = await socket.receive_output()
        while message["type"] != "websocket.close":
            message = await socket.receive_output()
        assert message["code"] == 4401, str(pattern.pattern)
        await socket.wait()


async def test_an_unknown_socket_is_closed_with_a_reason() -> None:
    socket = WebsocketCommunicator(application, "/ws/nothing/")
    accepted, _protocol = await socket.connect()
    assert accepted
    assert (await socket.receive_output()) == {"type": "websocket.close", "code": 4404, "reason": "no such socket"}
    await socket.wait()
