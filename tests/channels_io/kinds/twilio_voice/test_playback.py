from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from channels_io.kinds.twilio_voice.playback import Playback
from channels_io.live.messages import Played

RATE = 8000
FRAME = 160


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def frames(playback: Playback, turn: int, count: int) -> list[str]:
    return [name for _ in range(count) if (name := playback.sent(turn, FRAME))]


def test_a_mark_every_fifth_of_a_second_says_how_much_was_heard() -> None:
    playback = Playback(RATE, Clock())
    marks = frames(playback, 1, 20)
    assert len(marks) == 2
    assert playback.came_back(marks[0]) == Played(1, 1600, done=False)
    assert playback.came_back(marks[1]) == Played(1, 3200, done=False)
    assert playback.came_back(marks[1]) is None, "a mark comes back once"
    assert playback.came_back("stranger") is None


def test_the_end_of_a_reply_has_a_mark_of_its_own_whichever_is_known_first() -> None:
    playback = Playback(RATE, Clock())
    frames(playback, 1, 3)
    end = playback.complete(1, 3 * FRAME)
    assert playback.came_back(end) == Played(1, 480, done=True)
    assert playback.complete(2, 2 * FRAME) == ""
    assert playback.sent(2, FRAME) == ""
    end = playback.sent(2, FRAME)
    assert playback.came_back(end) == Played(2, 320, done=True)
    assert playback.complete(2, 2 * FRAME) == "", "the end is marked once"


def test_a_reply_without_sound_has_no_mark() -> None:
    assert Playback(RATE, Clock()).complete(1, 0) == ""


def test_marks_that_come_back_because_of_a_clear_prove_nothing() -> None:
    clock = Clock()
    playback = Playback(RATE, clock)
    marks = frames(playback, 1, 40)
    clock.now += 0.25
    playback.came_back(marks[0])
    clock.now += 0.05
    assert playback.cleared(1) == Played(1, 1600 + 400, done=True)
    assert [playback.came_back(name) for name in marks[1:]] == [None, None, None]


def test_where_a_reply_stopped_is_never_past_a_mark_that_is_still_owed() -> None:
    clock = Clock()
    playback = Playback(RATE, clock)
    marks = frames(playback, 1, 30)
    playback.came_back(marks[0])
    clock.now += 5.0
    assert playback.cleared(1) == Played(1, 3200, done=True)


def test_before_the_first_mark_time_alone_tells() -> None:
    clock = Clock()
    playback = Playback(RATE, clock)
    frames(playback, 1, 4)
    clock.now += 0.03
    assert playback.cleared(1) == Played(1, 240, done=True)
    assert playback.cleared(2) == Played(2, 0, done=True)


def test_after_a_hold_the_reply_goes_on_where_the_session_says() -> None:
    clock = Clock()
    playback = Playback(RATE, clock)
    before = frames(playback, 1, 10)
    playback.held(1, 1000)
    assert playback.came_back(before[0]) is None
    clock.now += 2.0  # The caller coughed; nothing sounds meanwhile.
    assert playback.complete(1, 1000 + 4 * FRAME) == ""
    clock.now += 0.5
    marks = frames(playback, 1, 4)
    assert len(marks) == 1
    assert playback.came_back(marks[0]) == Played(1, 1640, done=True)


def test_a_pause_between_two_pieces_of_a_reply_is_not_counted_as_heard() -> None:
    clock = Clock()
    playback = Playback(RATE, clock)
    (mark,) = frames(playback, 1, 10)
    clock.now += 0.2
    playback.came_back(mark)
    clock.now += 3.0
    frames(playback, 1, 5)
    clock.now += 0.01
    assert playback.cleared(1) == Played(1, 1680, done=True)


@given(
    moves=st.lists(
        st.tuples(st.sampled_from(["send", "back", "wait", "clear", "hold"]), st.integers(0, 30)), max_size=60
    )
)
def test_what_is_reported_only_grows_and_is_never_more_than_was_sent(moves: list[tuple[str, int]]) -> None:
    clock = Clock()
    playback = Playback(RATE, clock)
    turn, sent, reported, owed = 1, 0, 0, []
    for move, number in moves:
        played = None
        if move == "send":
            for _ in range(number):
                name = playback.sent(turn, FRAME)
                sent += FRAME
                owed += [name] if name else []
        elif move == "back" and owed:
            played = playback.came_back(owed.pop(0))
        elif move == "wait":
            clock.now += number / 50
        elif move == "hold":
            sent = min(sent, reported + number)
            playback.held(turn, sent)
            owed.clear()
            reported = min(reported, sent)
        elif move == "clear":
            played = playback.cleared(turn)
            assert reported <= played.samples <= sent
            turn, sent, reported, owed = turn + 1, 0, 0, []
            continue
        if played is not None:
            assert reported <= played.samples <= sent
            reported = played.samples
