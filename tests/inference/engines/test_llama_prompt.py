from __future__ import annotations

import pytest

from inference.engines.base import ChatOptions
from inference.engines.llama_prompt import chat_lines, chat_tools, sampling, without_oldest
from inference.errors import EngineError
from inference.events import Message
from inference.nodes import ToolSpec

HEAD = Message("system", "You are Ava.")
CALLER = Message("system", "Now: Sunday.")
ASK = Message("user", "Hello")


def test_system_lines_stand_where_they_are_when_the_template_can() -> None:
    assert chat_lines([HEAD, CALLER, ASK], system_anywhere=True) == [
        {"role": "system", "content": "You are Ava."},
        {"role": "system", "content": "Now: Sunday."},
        {"role": "user", "content": "Hello"},
    ]


def test_else_the_head_still_begins_the_prompt_byte_for_byte() -> None:
    note = Message("system", "The caller is a regular.")
    assert chat_lines([HEAD, CALLER, ASK, note], system_anywhere=False) == [
        {"role": "system", "content": "You are Ava.\n\nNow: Sunday."},
        {"role": "user", "content": "Hello"},
        {"role": "user", "content": "[The caller is a regular.]"},
    ]


def test_a_tool_call_and_its_answer() -> None:
    lines = [
        Message("assistant", "", "get_hours", "c1", '{"day":"Saturday"}'),
        Message("tool", "9 to 1", "get_hours", "c1"),
    ]
    assert chat_lines(lines, system_anywhere=True) == [
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [
                {"id": "c1", "type": "function", "function": {"name": "get_hours", "arguments": '{"day":"Saturday"}'}}
            ],
        },
        {"role": "tool", "tool_call_id": "c1", "name": "get_hours", "content": "9 to 1"},
    ]


def test_tools_carry_their_schema() -> None:
    assert chat_tools([ToolSpec("end", "Ends the call", '{"type":"object"}')]) == [
        {
            "type": "function",
            "function": {"name": "end", "description": "Ends the call", "parameters": {"type": "object"}},
        }
    ]
    with pytest.raises(EngineError, match="tool 'end' is not JSON") as refused:
        chat_tools([ToolSpec("end", "", "{")])
    assert refused.value.code == "options"


def test_sampling_fields() -> None:
    assert sampling(ChatOptions(temperature=0.0, max_tokens=9, stop=("\n",), seed=3)) == {
        "temperature": 0.0,
        "max_tokens": 9,
        "stop": ["\n"],
        "seed": 3,
    }
    assert sampling(ChatOptions(json_schema='{"type":"object"}'))["json_schema"] == {"type": "object"}
    assert sampling(ChatOptions(grammar='root ::= "a"'))["grammar"] == 'root ::= "a"'
    with pytest.raises(EngineError, match="JSON schema is not JSON"):
        sampling(ChatOptions(json_schema="nope"))


def test_leaving_out_the_older_half_keeps_the_head_and_begins_with_the_caller() -> None:
    history = [Message("user" if n % 2 == 0 else "assistant", str(n)) for n in range(7)]
    assert without_oldest([HEAD, CALLER, *history]) == [HEAD, CALLER, *history[4:]]
    assert without_oldest([HEAD, history[0], history[1]]) == [HEAD, history[1]]
    assert without_oldest([HEAD, ASK]) == []
