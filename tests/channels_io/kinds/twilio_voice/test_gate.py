from __future__ import annotations

from contextlib import ExitStack

from channels_io.kinds.twilio_voice.gate import Gate


def test_five_hundred_silent_sockets_leave_room_for_a_real_one() -> None:
    gate = Gate(most=200, most_of_one=100)
    dropped: list[int] = []
    with ExitStack() as silent:
        for number in range(500):
            silent.enter_context(gate.waiting(f"192.0.2.{number % 5}", lambda number=number: dropped.append(number)))
            assert len(gate) <= 200
        with gate.waiting("198.51.100.1", lambda: dropped.append(-1)):
            assert -1 not in dropped
            assert len(gate) == 200
    assert len(gate) == 0


def test_one_address_cannot_push_out_another() -> None:
    gate = Gate(most=200, most_of_one=10)
    dropped: list[str] = []
    with ExitStack() as waiting:
        waiting.enter_context(gate.waiting("twilio", lambda: dropped.append("twilio")))
        for number in range(50):
            waiting.enter_context(gate.waiting("stranger", lambda number=number: dropped.append(f"stranger {number}")))
    assert dropped == [f"stranger {number}" for number in range(40)], "the longest silent of its own go first"


def test_a_crowd_of_addresses_is_thinned_where_it_is_thickest() -> None:
    gate = Gate(most=4, most_of_one=3)
    dropped: list[str] = []
    with ExitStack() as waiting:
        for address in ("a", "b", "b", "c", "d", "e"):
            waiting.enter_context(gate.waiting(address, lambda address=address: dropped.append(address)))
    assert dropped[0] == "b"
    assert len(dropped) == 2


def test_who_has_left_takes_no_place() -> None:
    gate = Gate(most=1, most_of_one=1)
    dropped: list[str] = []
    with gate.waiting("a", lambda: dropped.append("first")):
        pass
    with gate.waiting("a", lambda: dropped.append("second")):
        pass
    assert dropped == []
    assert gate.dropped == 0
