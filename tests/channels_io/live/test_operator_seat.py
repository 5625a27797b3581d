from __future__ import annotations

import msgspec
import pytest

from channels_io.live.operator_notes import HereNote, WatchNote
from channels_io.live.operator_seat import OperatorSeat
from channels_io.live.operator_voice import unpack_microphone
from channels_io.live.watch_events import Hello, LegEnded, OwnerIs, Person, encode_event
from channels_io.operator_tickets import OperatorTicket
from inference.errors import ProtocolError

ALICE = OperatorTicket(workspace="ws_1", conversation="cv_1", user="us_1", name="Alice", listen=True, speak=True)
VIEWER = msgspec.structs.replace(ALICE, listen=False, speak=False)
FRAME = bytes(640)


def mine(number: int = 1) -> bytes:
    return encode_event(OwnerIs("human", Person("us_1", "Alice"), number))


def hello(seat: OperatorSeat, owner: str = "ai") -> bytes:
    return encode_event(
        Hello(
            leg="lg_1",
            kind="browser_voice",
            media="voice",
            agent="Ada",
            owner=owner,
            owner_user=None,
            node="",
            variables={},
            turns=(),
            number=0,
            to=seat.name,
        )
    )


def test_it_asks_until_a_leg_answers_and_then_keeps_its_place() -> None:
    seat = OperatorSeat(ALICE, 0.0)
    asked = [now / 10 for now in range(0, 60) if seat.notes(now / 10)]
    assert asked == [0.0, 2.0, 4.0]
    shown = seat.pass_on(hello(seat))
    assert shown is not None
    assert msgspec.json.decode(shown)["to"] == ""
    assert [now for now in range(6, 40) if seat.notes(float(now))] == [14, 24, 34]


def test_the_greeting_of_another_watcher_is_not_passed_on() -> None:
    seat, other = OperatorSeat(ALICE, 0.0), OperatorSeat(ALICE, 0.0)
    assert seat.pass_on(hello(other)) is None
    assert seat.pass_on(b"no json") is None


def test_after_the_end_it_asks_anew_under_another_name() -> None:
    seat = OperatorSeat(ALICE, 0.0)
    seat.notes(0.0)
    seat.pass_on(hello(seat))
    name = seat.name
    assert seat.pass_on(encode_event(LegEnded("hangup"))) is not None
    assert seat.name != name
    assert seat.notes(0.1) == [WatchNote(listen=False, watcher=seat.name)]


def test_whoever_may_not_listen_never_asks_for_sound() -> None:
    seat = OperatorSeat(VIEWER, 0.0)
    seat.take_text('{"type":"listen","on":true}')
    assert not seat.listens
    assert seat.notes(0.0) == [WatchNote(listen=False, watcher=seat.name)]
    allowed = OperatorSeat(ALICE, 0.0)
    allowed.notes(0.0)
    allowed.take_text('{"type":"listen","on":true}')
    assert allowed.notes(0.1) == [WatchNote(listen=True, watcher=allowed.name)]


def test_a_microphone_counts_only_while_the_conversation_is_theirs() -> None:
    seat = OperatorSeat(ALICE, 0.0)
    assert seat.take_sound(FRAME, 1.0) is None
    seat.pass_on(mine(3))
    payload = seat.take_sound(FRAME, 1.02)
    assert payload is not None
    assert unpack_microphone(payload) == (3, FRAME)
    seat.pass_on(encode_event(OwnerIs("human", Person("us_2", "Bob"), 4)))
    assert seat.take_sound(FRAME, 1.04) is None
    viewer = OperatorSeat(VIEWER, 0.0)
    viewer.pass_on(mine())
    assert viewer.take_sound(FRAME, 1.0) is None


def test_it_says_that_its_person_is_there() -> None:
    seat = OperatorSeat(ALICE, 0.0)
    seat.notes(0.0)
    seat.pass_on(hello(seat))
    assert seat.notes(1.0) == []
    seat.pass_on(mine(2))
    assert [now / 10 for now in range(10, 26) if HereNote(2) in seat.notes(now / 10)] == [1.0, 1.4, 1.8, 2.2]
    # Frames came, and stopped: the socket stands, the browser is gone.
    seat.take_sound(FRAME, 2.6)
    assert seat.notes(2.7) == [HereNote(2)]
    assert [now for now in range(4, 9) if HereNote(2) in seat.notes(float(now))] == []
    # Muted on purpose, it brings nothing and is there.
    seat.take_text('{"type":"mute","on":true}')
    assert HereNote(2) in seat.notes(9.5)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"type":"listen"}', '{"type":"own"}', '{"type":"listen","on":1}'])
def test_what_it_does_not_know_it_refuses(text: str) -> None:
    with pytest.raises(ProtocolError):
        OperatorSeat(ALICE, 0.0).take_text(text)


def test_sound_has_bounds() -> None:
    seat = OperatorSeat(ALICE, 0.0)
    for wrong in (bytes(3), bytes(6402)):
        with pytest.raises(ProtocolError):
            seat.take_sound(wrong, 0.0)
    with pytest.raises(ProtocolError):
        for _ in range(20):
            seat.take_sound(bytes(6400), 0.0)
