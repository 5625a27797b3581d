"""The chat template that comes with a model, rendered as its makers wrote it (Jinja)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from inference.errors import EngineError, EngineNotReady

Line = dict[str, Any]

_CHATML = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
"""For a file that names no template, as llama.cpp does."""


class ChatTemplate:
    """`source` is the template's text; `begin` and `end` the model's own tokens for it."""

    def __init__(self, source: str, *, begin: str = "", end: str = "") -> None:
        from jinja2 import TemplateError
        from jinja2.ext import loopcontrols
        from jinja2.sandbox import ImmutableSandboxedEnvironment

        environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols])
        environment.filters["tojson"] = _to_json
        environment.globals.update(raise_exception=_refuse, strftime_now=_now, bos_token=begin, eos_token=end)
        try:
            self._template = environment.from_string(source or _CHATML)
        except TemplateError as error:
            raise EngineNotReady(f"The model's chat template cannot be read: {error}") from error

    def render(self, lines: Sequence[Line], tools: Sequence[Line] = (), *, answer: bool = True) -> str:
        """The prompt. `answer`: with the words after which the assistant speaks.

        Raises EngineError (`options`) for a conversation that the template does not take.
        """
        try:
            return self._template.render(
                messages=[_with_parsed_calls(line) for line in lines],
                tools=list(tools) or None,
                add_generation_prompt=answer,
            )
        except Exception as error:  # a template is a program of its own: it raises what it likes
            raise EngineError(
                f"The model's chat template does not take this conversation: {error}", code="options"
            ) from error

    def beginning(self, lines: Sequence[Line], tools: Sequence[Line] = ()) -> str:
        """The prompt up to the end of the last line's words: what stays as it is when that line grows."""
        prompt = self.render(lines, tools, answer=False)
        words = str(lines[-1]["content"]).strip() if lines else ""
        place = prompt.rfind(words) if words else -1
        return prompt[: place + len(words)] if place >= 0 else prompt


def _with_parsed_calls(line: Line) -> Line:
    """Templates print a tool call's arguments as JSON themselves: they want the object, not its text."""
    if not line.get("tool_calls"):
        return line
    calls = []
    for call in line["tool_calls"]:
        function = call["function"]
        try:
            arguments = json.loads(function["arguments"])
        except ValueError:
            arguments = None
        calls.append({**call, "function": {**function, "arguments": arguments if isinstance(arguments, dict) else {}}})
    return {**line, "tool_calls": calls}


def _to_json(
    value: Any,
    ensure_ascii: bool = False,
    indent: int | None = None,
    separators: tuple[str, str] | None = None,
    sort_keys: bool = False,
) -> str:
    """With the arguments that templates know it to take (Hugging Face's), and without HTML escapes."""
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


def _refuse(message: str) -> None:
    from jinja2 import TemplateError

    raise TemplateError(message)


def _now(form: str) -> str:
    return datetime.now().strftime(form)  # noqa: DTZ005 - templates mean the local day
