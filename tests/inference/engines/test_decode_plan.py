"""How much of each request the next batch takes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from inference.engines.decode_plan import AHEAD_PIECE, HELD_PIECE, URGENT_PIECE, Request, pieces, shares


def _request(
    pending: int, *, written: int = 0, urgent: bool = True, awaited: bool = True, held: bool = False
) -> Request:
    request = Request("x", [1], 9, urgent, lambda _: 0, lambda _: True, lambda _: None)
    request.pending, request.written = [1] * pending, written
    request.awaited, request.held = lambda: awaited, lambda: held
    return request


@given(
    st.lists(st.tuples(st.integers(1, 60), st.booleans(), st.booleans()), min_size=1, max_size=12), st.integers(1, 40)
)
def test_a_step_goes_on_with_replies_and_reads_for_the_urgent(wishes: list[tuple[int, bool, bool]], room: int) -> None:
    requests = [
        _request(1 if writes else count, written=int(writes), urgent=urgent) for count, writes, urgent in wishes
    ]
    plan = pieces(requests, room)
    assert plan
    assert sum(count for _, count in plan) <= room
    assert len({id(request) for request, _ in plan}) == len(plan)
    assert all(0 < count <= len(request.pending) for request, count in plan)
    writing = [request for request in requests if not request.reading]
    assert [request for request, _ in plan if not request.reading] == writing[:room]
    read = [(request, count) for request, count in plan if request.reading]
    if any(request.reading and request.urgent for request in requests):
        assert all(request.urgent for request, _ in read)
        assert sum(count for _, count in read) <= URGENT_PIECE
    else:
        assert sum(count for _, count in read) <= AHEAD_PIECE // (2 if writing else 1)


@given(st.lists(st.integers(1, 400), min_size=1, max_size=12), st.integers(1, 40))
def test_a_short_prompt_goes_first_and_the_oldest_always_gets_on(lengths: list[int], room: int) -> None:
    readers = [_request(length) for length in lengths]
    given_out = {id(request): count for request, count in shares(readers, room)}
    assert sum(given_out.values()) == min(room, sum(lengths))
    assert given_out.get(id(readers[0]), 0) >= min(lengths[0], max(1, room // 4))
    for shorter in readers[1:]:
        for longer in readers[1:]:
            if len(shorter.pending) < len(longer.pending) and given_out.get(id(longer)):
                assert given_out.get(id(shorter), 0) == len(shorter.pending)


def test_a_guess_is_read_after_an_answer_and_before_what_is_read_ahead() -> None:
    ahead = _request(40, urgent=False)
    guess = _request(40, awaited=False)
    answer = _request(9)
    assert pieces([ahead, guess, answer], 31) == [(answer, 9)]
    assert pieces([ahead, guess], 31) == [(guess, URGENT_PIECE)]
    writing = _request(1, written=1)
    assert pieces([ahead, guess, writing], 31) == [(writing, 1), (guess, URGENT_PIECE // 2)]
    held = _request(40, awaited=False, held=True)
    assert pieces([held, ahead], 31) == [(held, HELD_PIECE)]
    assert pieces([_request(1, written=1, held=True)], 31) == []
