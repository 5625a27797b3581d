from __future__ import annotations

from datetime import date

from agents.evaluation.report import as_json, as_text, share
from agents.evaluation.score import Scored, score_scene
from agents.evaluation.script import Line, Scene
from inference.nodes import CollectNode, FlowSpec, GoalNode, Slot, StartNode
from inference.rehearsal import Answered

FLOW = FlowSpec(
    "start", (StartNode("start"), GoalNode("desk", ""), CollectNode("day", Slot("day", "date")), GoalNode("bye", ""))
)
TODAY = date(2026, 11, 22)


def scored(*turns: Line, answered: tuple[Answered, ...]) -> list[Scored]:
    return score_scene("shop", FLOW, Scene("One", turns), answered, TODAY)


OPENING = Answered("", "Hello.", "desk", ("start", "desk"), {})


def test_a_right_line() -> None:
    line = Line("I need one tomorrow.", "day", hard="several", through=("desk",), slots={"day": "days:1"})
    [found] = scored(line, answered=(OPENING, Answered("", "", "day", ("desk", "day"), {"day": "2026-11-23"})))
    assert (found.routed, found.slots, found.slots_right, found.kind) == (True, 1, 1, "goal")


def test_a_wrong_place_a_wrong_value_and_a_node_left_out() -> None:
    line = Line("Tomorrow.", "bye", through=("day",), slots={"day": "days:1"})
    [found] = scored(line, answered=(OPENING, Answered("", "", "desk", (), {"day": "2026-12-23"})))
    assert not found.routed
    assert (found.missed, found.slots_right) == (("day",), 0)
    assert found.wrong == ("day: '2026-12-23' instead of 'days:1'",)


def test_a_value_that_nobody_gave_is_wrong() -> None:
    after = Answered("", "", "desk", (), {"day": "2026-11-23", "other": "x"})
    [found] = scored(Line("Hello?", "desk"), answered=(OPENING, after))
    assert (found.routed, found.slots, found.slots_right) == (True, 1, 0)
    [again] = scored(Line("Hello?", "desk"), answered=(after, after))
    assert (again.slots, again.wrong) == (0, ())


def test_a_reply_that_failed_is_not_right() -> None:
    after = Answered("", "Sorry.", "desk", (), {}, problem="engine_timeout: Too late.")
    [found] = scored(Line("When do you close?", "desk"), answered=(OPENING, after))
    assert not found.routed


def test_what_follows_a_wrong_turn_is_not_in_place() -> None:
    there, here = Answered("", "", "day", (), {}), Answered("", "", "desk", (), {})
    lines = (Line("Hello.", "desk"), Line("Tomorrow.", "day"), Line("When do you close?", "desk"))
    found = scored(*lines, answered=(OPENING, there, here, here))
    assert [each.in_place for each in found] == [True, False, False]
    report = as_json(found, {})
    assert (report["all"]["in_place"], report["all"]["in_place_routed"]) == (1, 0)
    assert "0.0 % of 1 were routed right" in as_text(report)


def test_lines_after_the_end_are_wrong() -> None:
    found = scored(Line("Bye.", "bye"), Line("Tomorrow.", "day", slots={"day": "days:1"}), answered=(OPENING, OPENING))
    assert [each.routed for each in found] == [False, False]
    assert (found[1].slots, found[1].slots_right, found[1].problem) == (1, 0, "The conversation was over.")


def test_the_report_counts_by_template_node_and_utterance() -> None:
    lines = (Line("Hello.", "desk"), Line("Tomorrow.", "day", hard="correction", slots={"day": "days:1"}))
    after = Answered("", "", "desk", (), {})
    report = as_json(scored(*lines, answered=(OPENING, OPENING, after)), {"model": "m"})
    assert (report["model"], report["all"]["routing"], report["all"]["slot_share"]) == ("m", 0.5, 0.0)
    assert report["by"]["utterance"]["correction"]["routed"] == 0
    assert report["by"]["utterance"]["plain"] == {
        "utterances": 1,
        "routed": 1,
        "routing": 1.0,
        "slots": 0,
        "slots_right": 0,
        "slot_share": None,
        "failed": 0,
        "in_place": 1,
        "in_place_routed": 1,
    }
    text = as_text(report)
    assert "50.0 %" in text
    assert "“Tomorrow.”" in text
    assert "“Hello.”" not in text


def test_nothing_has_no_share() -> None:
    assert share(0, 0) is None
