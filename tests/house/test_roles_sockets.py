"""Roles over the two sockets of the team: who is let in, as whom, what they may hear and say there, and until when."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from asgiref.sync import async_to_sync
from django.conf import settings
from django.test import Client

from channels_io.inbox.door import Guest, let_in, still_welcome
from channels_io.live.operator_seat import OperatorSeat
from channels_io.live.operator_socket import still_may
from channels_io.live.operator_voice import unpack_microphone
from channels_io.live.watch_events import OwnerIs, Person, encode_event
from channels_io.models import Conversation
from channels_io.operator_tickets import OperatorTicket, redeem_operator_ticket
from parley.accounts.models import Membership, Role, User, Workspace
from tests.support.agents import make_agent, publish
from tests.support.conversations import make_conversation

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]
VERBS: dict[str, dict[str, object]] = {
    "take-over": {"number": 99},
    "give-back": {"node": "nowhere"},
    "whisper": {"text": ""},
    "say": {"text": ""},
    "hold": {"on": 3},
    "transfer": {"target": "nobody"},
    "end": {"more": 1},
}
"""Each as nobody may have it, so that nothing happens."""
LISTENS = SPEAKS = frozenset({Role.OWNER, Role.BUILDER, Role.OPERATOR})
FRAME = bytes(640)


@pytest.fixture
def call(acme: Workspace) -> Conversation:
    agent = make_agent(acme)
    publish(agent)
    return make_conversation(agent, end_reason=None)


@pytest.fixture
def people(alice: User, bob: User, oscar: User, vera: User) -> dict[Role, User]:
    return {Role.OWNER: alice, Role.BUILDER: bob, Role.OPERATOR: oscar, Role.VIEWER: vera}


def address(call: Conversation, verb: str) -> str:
    return f"/conversations/{call.public_id}/{verb}/"


def ticket(client: Client, call: Conversation) -> OperatorTicket:
    answer = client.post(address(call, "watch"), "{}", content_type="application/json")
    assert answer.status_code == 200, answer.content
    found = async_to_sync(redeem_operator_ticket)(answer.json()["ticket"])
    assert found is not None
    return found


def inbox_headers(client: Client | None) -> list[tuple[bytes, bytes]]:
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value if client is not None else "nobody"
    return [(b"cookie", f"{settings.SESSION_COOKIE_NAME}={cookie}".encode())]


def guest(client: Client) -> Guest:
    found = let_in(inbox_headers(client))
    assert found is not None
    return found


def test_a_seat_at_a_call_has_the_rights_of_its_role(
    people: dict[Role, User], call: Conversation, client_of: ClientOf
) -> None:
    for role, user in people.items():
        found = ticket(client_of(user), call)
        assert (found.listen, found.speak) == (role in LISTENS, role in SPEAKS), role
        assert (found.workspace, found.conversation) == (call.workspace.public_id, call.public_id)
        seat = OperatorSeat(found, 0.0)
        seat.take_text('{"type":"listen","on":true}')
        assert seat.listens == (role in LISTENS), role
        seat.pass_on(encode_event(OwnerIs("human", Person(user.public_id, "They"), 3)))
        sound = seat.take_sound(FRAME, 1.0)
        assert (sound is not None) == (role in SPEAKS), role
        assert sound is None or unpack_microphone(sound) == (3, FRAME)


def test_nobody_speaks_on_a_call_that_is_somebody_elses(
    people: dict[Role, User], call: Conversation, client_of: ClientOf
) -> None:
    for user in people.values():
        seat = OperatorSeat(ticket(client_of(user), call), 0.0)
        seat.pass_on(encode_event(OwnerIs("human", Person("us_other", "Other"), 3)))
        assert seat.take_sound(FRAME, 1.0) is None


def test_the_verbs_behind_the_socket_are_refused_to_a_viewer_and_to_another_workspace(
    people: dict[Role, User], charlie: User, call: Conversation, client_of: ClientOf
) -> None:
    for verb, body in VERBS.items():
        for role, user in people.items():
            code = client_of(user).post(address(call, verb), body, content_type="application/json").status_code
            assert (code == 403) == (role not in SPEAKS), f"{role} gets {code} of {verb}"
            assert code in (400, 403, 409), f"{role} gets {code} of {verb}"
        outside = client_of(charlie).post(address(call, verb), body, content_type="application/json")
        assert outside.status_code == 404, verb
    assert client_of(charlie).post(address(call, "watch"), {}, content_type="application/json").status_code == 404
    assert Client().post(address(call, "watch"), {}, content_type="application/json").status_code in (302, 401, 403)


def test_a_seat_ends_with_the_right_it_was_given_for(
    people: dict[Role, User], call: Conversation, globex: Workspace, client_of: ClientOf
) -> None:
    for role, user in people.items():
        found = ticket(client_of(user), call)
        assert still_may(found), role
        rows = Membership.objects.filter(user=user, workspace=call.workspace)
        rows.update(role=Role.VIEWER)
        assert still_may(found) == (role not in SPEAKS), role
        rows.update(workspace=globex, role=Role.OWNER)
        assert not still_may(found), role


def test_a_ticket_opens_one_socket_once(alice: User, call: Conversation, client_of: ClientOf) -> None:
    answer = client_of(alice).post(address(call, "watch"), {}, content_type="application/json").json()
    assert async_to_sync(redeem_operator_ticket)(answer["ticket"]) is not None
    assert async_to_sync(redeem_operator_ticket)(answer["ticket"]) is None


def test_the_inbox_line_is_of_ones_own_workspace(
    people: dict[Role, User], charlie: User, acme: Workspace, globex: Workspace, client_of: ClientOf
) -> None:
    for role, user in people.items():
        found = guest(client_of(user))
        assert (found.actor.workspace, found.actor.user, found.actor.role) == (acme, user, role)
    assert guest(client_of(charlie)).actor.workspace == globex
    assert let_in(inbox_headers(None)) is None
    assert let_in([]) is None


def test_the_inbox_line_ends_with_the_membership(
    people: dict[Role, User], acme: Workspace, globex: Workspace, client_of: ClientOf
) -> None:
    for user in people.values():
        found = guest(client_of(user))
        assert still_welcome(found)
        Membership.objects.filter(user=user, workspace=acme).update(workspace=globex)
        assert not still_welcome(found)
    alice = people[Role.OWNER]
    client = client_of(alice)
    found = guest(client)
    client.logout()
    assert not still_welcome(found)
