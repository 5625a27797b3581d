"""What `make run` says about its first call, from the JSON of `manage.py call`."""

from __future__ import annotations

import json
from typing import Any

import pytest

from parley.stack.first_call import QUESTION, judge, place_first_call
from parley.stack.stack import ROOT


def turn(**fields: Any) -> dict[str, Any]:
    spans = [{"name": "end of turn", "ms": 250.0}, {"name": "recognise", "ms": 150.0}]
    return {
        "heard": "What time do you open on Saturday?",
        "said": "At nine.",
        "v2v_ms": 410.0,
        "spans": spans,
        **fields,
    }


class FakeStack:
    web_url = "http://127.0.0.1:8000"

    def __init__(self, code: int, out: str, err: str = "") -> None:
        self.answer = code, out, err
        self.arguments: tuple[str, ...] = ()

    async def manage(self, *arguments: str, timeout: float = 300) -> tuple[int, str, str]:
        self.arguments = arguments
        return self.answer


def test_the_question_is_a_file_of_the_repository() -> None:
    assert (ROOT / QUESTION).is_file()


@pytest.mark.parametrize("said", ["We open at nine.", "On Saturday we are open from 9 am to 1 pm.", "NINE o'clock"])
def test_the_right_answer_passes(said: str) -> None:
    call = judge({"turns": [turn(said=said)]})
    assert call.right
    assert call.lines() == [
        "heard  What time do you open on Saturday?",
        f"said   {said}",
        "  end of turn       250 ms  ████████████████████",
        "  recognise         150 ms                      ████████████",
        "  sum of spans      400 ms; measured by the caller: 410 ms "
        "from the last sound of the question to the first sound of the answer",
    ]


@pytest.mark.parametrize(
    ("result", "problem"),
    [
        ({"turns": []}, "The agent heard nothing."),
        ({"turns": [turn(said="We are closed.")]}, "The answer should name nine o'clock."),
        ({"turns": [turn(v2v_ms=None, spans=[])]}, "No answer was audible."),
        ({"turns": [turn(v2v_ms=431.0)]}, "The waterfall does not add up"),
    ],
)
def test_anything_else_says_what_to_look_at(result: dict[str, Any], problem: str) -> None:
    call = judge(result)
    assert not call.right
    assert call.problem.startswith(problem)
    assert call.lines()


async def test_the_call_goes_through_the_command() -> None:
    stack = FakeStack(0, json.dumps({"turns": [turn()]}))
    call = await place_first_call(stack)
    assert call.right
    assert stack.arguments[stack.arguments.index("--url") + 1] == "ws://127.0.0.1:8000"
    assert stack.arguments[:1] == ("call",)


async def test_a_failed_command_is_told_in_its_own_words() -> None:
    call = await place_first_call(FakeStack(1, "", "CommandError: All places are taken. (worker_full)\n"))
    assert not call.right
    assert call.problem == "The call failed: CommandError: All places are taken. (worker_full)"
