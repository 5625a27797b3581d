from __future__ import annotations

from inference.events import HUMAN, Message
from inference.nodes import FlowSpec, GoalNode
from inference.ownership import HANDED_BACK, TAKEN_OVER, has_person, marked, said_by_a_person, since_take_over, told
from inference.prompt import prompt
from inference.spec import AgentSpec
from inference.summary import without

SPEC = AgentSpec(agent="ag", version="vn", workspace="ws", name="A", flow=FlowSpec("g", (GoalNode("g", ""),)))
BEFORE = [Message("assistant", "Hello."), Message("user", "I am Ada.")]
TALK = [told("Which day?"), Message("user", "Tuesday."), Message("assistant", "One moment.")]


def test_what_was_said_since_a_person_took_over() -> None:
    tool = Message("assistant", "", "slots", "c1", "{}")
    assert since_take_over([*BEFORE, TAKEN_OVER, tool, *TALK]) == TALK
    assert since_take_over([*BEFORE, TAKEN_OVER, *BEFORE, HANDED_BACK, TAKEN_OVER, *TALK]) == TALK
    assert since_take_over([*BEFORE, TAKEN_OVER]) == []


def test_without_a_mark_all_of_it_counts() -> None:
    assert since_take_over([Message("system", "Task.", "node"), *BEFORE]) == BEFORE


def test_who_took_over_while_no_worker_had_the_conversation_did_so_before_their_first_words() -> None:
    assert marked([*BEFORE, *TALK]) == [*BEFORE, TAKEN_OVER, *TALK]
    assert marked(BEFORE) == [*BEFORE, TAKEN_OVER]
    assert marked([*BEFORE, TAKEN_OVER, *TALK]) == [*BEFORE, TAKEN_OVER, *TALK]
    once = [*BEFORE, TAKEN_OVER, *TALK, HANDED_BACK]
    assert marked([*once, *BEFORE, *TALK]) == [*once, *BEFORE, TAKEN_OVER, *TALK]
    assert [has_person(lines) for lines in ([], once, once[:-1])] == [False, False, True]


def test_a_person_is_no_tool() -> None:
    assert said_by_a_person(Message("assistant", "Hi.", HUMAN))
    assert not said_by_a_person(Message("assistant", "", HUMAN, "c1", "{}"))
    assert not said_by_a_person(Message("assistant", "Hi."))


def test_a_model_reads_a_person_as_its_own_side_between_the_marks() -> None:
    read = prompt(
        SPEC, "", [*BEFORE, TAKEN_OVER, told("Which"), told("day?"), Message("user", "Tuesday."), HANDED_BACK]
    )
    assert read == [*BEFORE, TAKEN_OVER, Message("assistant", "Which day?"), Message("user", "Tuesday."), HANDED_BACK]


def test_a_fold_keeps_the_mark_only_while_the_person_talks() -> None:
    notice = Message("system", "From now on speak German.")
    assert without([notice, TAKEN_OVER, *TALK], 4) == [notice, TAKEN_OVER, TALK[-1]]
    assert without([notice, TAKEN_OVER, *TALK, HANDED_BACK, *BEFORE], 6) == [notice, *BEFORE]
    assert without([TAKEN_OVER, *TALK, HANDED_BACK, *BEFORE], 3) == [TALK[-1], HANDED_BACK, *BEFORE]
