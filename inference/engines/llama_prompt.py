"""Our messages and options as llama.cpp's chat request. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import msgspec

from inference.engines.base import ChatOptions
from inference.errors import EngineError
from inference.events import Message
from inference.nodes import ToolSpec

Line = dict[str, Any]


def chat_lines(messages: Sequence[Message], *, system_anywhere: bool) -> list[Line]:
    """Messages for the chat template.

    Where the template cannot place a system message after the first line, those that lead are
    joined behind the first one, whose beginning stays the same and stays cached, and a later one
    is told as a note from the user's side.
    """
    lines: list[Line] = []
    for message in messages:
        if message.role == "system" and lines and not system_anywhere:
            if len(lines) == 1 and lines[0]["role"] == "system":
                lines[0] = {"role": "system", "content": f"{lines[0]['content']}\n\n{message.text}"}
            else:
                lines.append({"role": "user", "content": f"[{message.text}]"})
        else:
            lines.append(_line(message))
    return lines


def _line(message: Message) -> Line:
    if message.role == "tool":
        return {"role": "tool", "tool_call_id": message.tool_call, "name": message.name, "content": message.text}
    if message.role == "assistant" and message.name:
        function = {"name": message.name, "arguments": message.arguments or "{}"}
        call = {"id": message.tool_call, "type": "function", "function": function}
        return {"role": "assistant", "content": message.text, "tool_calls": [call]}
    return {"role": message.role, "content": message.text}


PROBE = (
    Message("system", "probe-alpha"),
    Message("system", "probe-beta"),
    Message("user", "probe-gamma"),
    Message("system", "probe-delta"),
    Message("user", "probe-epsilon"),
)


def keeps_system_in_place(prompt: str) -> bool:
    """Whether a template wrote PROBE (as lines with `system_anywhere`) with each system message where it stands."""
    return all(prompt.count(message.text) == 1 for message in PROBE) and (
        prompt.index(PROBE[1].text) > prompt.index(PROBE[0].text)
    )


def chat_tools(tools: Sequence[ToolSpec]) -> list[Line]:
    return [
        {
            "type": "function",
            "function": {
                "name": tool.name,
                "description": tool.description,
                "parameters": _json(tool.parameters, f"The parameters of tool {tool.name!r}"),
            },
        }
        for tool in tools
    ]


def sampling(options: ChatOptions) -> Line:
    """Options as request fields. Raises EngineError (`options`) for a schema that is not JSON."""
    fields: Line = {"temperature": options.temperature, "max_tokens": options.max_tokens}
    if options.stop:
        fields["stop"] = list(options.stop)
    if options.json_schema:
        fields["json_schema"] = _json(options.json_schema, "The JSON schema")
    elif options.grammar:
        fields["grammar"] = options.grammar
    if options.seed is not None:
        fields["seed"] = options.seed
    return fields


def without_oldest(messages: Sequence[Message]) -> list[Message]:
    """The prompt with the older half of its history left out; leading system messages stay.

    The history then begins with the caller's words. Empty when there is nothing left to leave out.
    """
    head = 0
    while head < len(messages) and messages[head].role == "system":
        head += 1
    history = list(messages[head:])
    if len(history) < 2:
        return []
    kept = history[(len(history) + 1) // 2 :]
    while kept and kept[0].role != "user":
        kept.pop(0)
    return [*messages[:head], *(kept or history[-1:])]


def shortened(messages: Sequence[Message]) -> list[Message]:
    """A shorter prompt: the older half of the history left out, then the longest line's middle.

    Raises EngineError (`context_full`) when only the head could be cut, which says what the agent is.
    """
    shorter = without_oldest(messages)
    if shorter and len(shorter) < len(messages):
        return shorter
    others = [index for index, line in enumerate(messages) if index or line.role != "system"]
    longest = max(others, key=lambda index: len(messages[index].text), default=-1)
    if longest < 0 or len(messages[longest].text) < _WORTH_CUTTING:
        raise EngineError("The agent's instructions leave no room in the model's window.", code="context_full")
    line = messages[longest]
    kept = len(line.text) // 4
    text = f"{line.text[:kept]} … {line.text[-kept:]}"
    return [*messages[:longest], msgspec.structs.replace(line, text=text), *messages[longest + 1 :]]


_WORTH_CUTTING = 80
"""Characters."""


def _json(text: str, what: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise EngineError(f"{what} is not JSON: {error}", code="options") from error
