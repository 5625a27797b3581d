"""What is kept for the next worker, and what falls due."""

from __future__ import annotations

import pytest

from channels_io.live.standing import Standing
from inference.events import HUMAN, Control, ConversationState, Message


@pytest.fixture
def standing() -> Standing:
    state = ConversationState(turn=3, history=(Message("user", "Hello"),))
    return Standing(started=100.0, last_inbound=100.0, state=state, turn=3)


def test_a_time_is_an_offset_in_the_leg_and_never_before_it(standing: Standing) -> None:
    assert standing.ms(101.2345) == 1234
    assert standing.ms(99.0) == 0


def test_what_a_person_said_and_asked_for_waits_for_the_next_worker(standing: Standing) -> None:
    standing.keep(Control("told", "Tom here."))
    standing.keep(Control("instruct", "Offer ten percent off"))
    standing.keep(Control("pause"))
    assert standing.state.history == (Message("user", "Hello"), Message("assistant", "Tom here.", HUMAN))
    assert standing.state.instructions == ("Offer ten percent off",)
    assert standing.state.unfollowed == 1


def test_what_was_heard_of_a_broken_reply_is_part_of_the_conversation(standing: Standing) -> None:
    standing.turn = 4
    standing.keep_reply("We open at")
    assert standing.state.history[-1] == Message("assistant", "We open at")
    assert (standing.state.turn, standing.state.greeted) == (4, True)


def test_an_overdue_answer_is_noticed_once(standing: Standing) -> None:
    assert not standing.is_answer_overdue(1000.0)
    standing.answer_due = 112.0
    assert not standing.is_answer_overdue(112.0)
    assert standing.is_answer_overdue(112.1)
    assert not standing.is_answer_overdue(113.0)


def test_the_next_apology_is_due_again_and_again(standing: Standing) -> None:
    assert not standing.is_apology_due(1000.0, 15.0)
    standing.say_again_at = 110.0
    assert [now for now in (110.0, 111.0, 120.0, 126.0, 126.5) if standing.is_apology_due(now, 15.0)] == [111.0, 126.5]
