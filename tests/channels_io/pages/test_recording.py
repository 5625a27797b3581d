from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import AsyncRequestFactory, Client

from agents.models import Agent
from channels_io import recordings
from channels_io.models import Leg
from channels_io.pages.recording import recording_response
from parley.accounts.models import User, Workspace
from tests.support.agents import make_agent, publish
from tests.support.conversations import EXCHANGES, make_conversation


@pytest.fixture
def leg(acme: Workspace) -> Leg:
    agent: Agent = make_agent(acme)
    publish(agent)
    return make_conversation(agent, exchanges=EXCHANGES[:1], recorded=True).legs.get()


def address(leg: Leg) -> str:
    return f"/conversations/{leg.conversation.public_id}/legs/{leg.public_id}/recording.wav"


def content(leg: Leg) -> bytes:
    return recordings.path_of(leg.recording).read_bytes()


def test_the_whole_file(leg: Leg, vera: User, client_of: Callable[[User], Client]) -> None:
    response = client_of(vera).get(address(leg))
    data = content(leg)
    assert (response.status_code, response.getvalue()) == (200, data)
    assert response["Content-Type"] == "audio/wav"
    assert response["Content-Length"] == str(len(data))
    assert response["Accept-Ranges"] == "bytes"
    assert response["Cache-Control"] == "private, no-store"
    assert "Content-Range" not in response


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-", 0, None),
        ("bytes=44-99", 44, 100),
        ("bytes=-100", -100, None),
        ("bytes=10-999999999", 10, None),
        ("bytes=-999999999", 0, None),
    ],
)
def test_a_part(
    leg: Leg, vera: User, client_of: Callable[[User], Client], asked: str, start: int, end: int | None
) -> None:
    response = client_of(vera).get(address(leg), headers={"Range": asked})
    data = content(leg)
    first, last = slice(start, end).indices(len(data))[:2]
    assert (response.status_code, response.getvalue()) == (206, data[first:last])
    assert response["Content-Range"] == f"bytes {first}-{last - 1}/{len(data)}"
    assert response["Content-Length"] == str(last - first)


@pytest.mark.parametrize("asked", ["bytes=99999999-", "bytes=-0", "bytes=9-4"])
def test_a_part_that_is_not_there(leg: Leg, vera: User, client_of: Callable[[User], Client], asked: str) -> None:
    response = client_of(vera).get(address(leg), headers={"Range": asked})
    assert response.status_code == 416
    assert response["Content-Range"] == f"bytes */{len(content(leg))}"


@pytest.mark.parametrize("asked", ["bytes=0-1,5-6", "seconds=1-2", "bytes=x", "bytes=-"])
def test_what_is_not_understood_is_the_whole(
    leg: Leg, vera: User, client_of: Callable[[User], Client], asked: str
) -> None:
    response = client_of(vera).get(address(leg), headers={"Range": asked})
    assert response.getvalue() == content(leg)


def test_head_sends_no_sound(leg: Leg, vera: User, client_of: Callable[[User], Client]) -> None:
    response = client_of(vera).head(address(leg))
    assert (response.status_code, response.content) == (200, b"")
    assert response["Content-Length"] == str(len(content(leg)))


async def test_over_asgi_it_is_streamed(leg: Leg) -> None:
    response = recording_response(AsyncRequestFactory().get("/"), leg)
    assert response.is_async
    assert b"".join([chunk async for chunk in response.streaming_content]) == content(leg)


def test_nobody_else_hears_it(leg: Leg, charlie: User, client_of: Callable[[User], Client]) -> None:
    outsider = client_of(charlie)
    theirs = outsider.get(address(leg))
    nothing = outsider.get("/conversations/cv_x/legs/lg_x/recording.wav")
    assert (theirs.status_code, nothing.status_code) == (404, 404)
    assert theirs.content == nothing.content
    assert Client().get(address(leg)).status_code == 302


def test_a_lost_file_and_a_running_call_are_404(leg: Leg, vera: User, client_of: Callable[[User], Client]) -> None:
    Leg.objects.filter(pk=leg.pk).update(ended_at=None)
    assert client_of(vera).get(address(leg)).status_code == 404
    Leg.objects.filter(pk=leg.pk).update(ended_at=leg.ended_at)
    recordings.remove(leg.recording)
    assert client_of(vera).get(address(leg)).status_code == 404


def test_the_conversation_in_the_address_must_be_its_own(
    leg: Leg, vera: User, client_of: Callable[[User], Client]
) -> None:
    other = make_conversation(leg.conversation.agent)
    path = f"/conversations/{other.public_id}/legs/{leg.public_id}/recording.wav"
    assert client_of(vera).get(path).status_code == 404
