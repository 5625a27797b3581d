"""Tool calls as each family of models writes them, taken out of a reply's text.

`hermes` (Qwen, Hermes, SmolLM and others: a JSON object between marks) is read by our own `ReplyText`. Every other
family is read by vLLM's parser of that name, which knows its marks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from inference.engines.llama_prompt import chat_tools
from inference.engines.reply_text import ReplyText
from inference.errors import UnknownEngine
from inference.nodes import ToolSpec

HERMES = "hermes"


class Reading(Protocol):
    """One reply as it comes in."""

    def add(self, text: str, tokens: Sequence[int]) -> str:
        """The text that is certain to be said, by what came now."""

    def end(self) -> str:
        """The rest of it."""

    def requests(self) -> list[tuple[str, str]]:
        """(name, arguments as JSON text) of the tools asked for; after `end`."""


NewReading = Callable[[Sequence[ToolSpec]], Reading]


def readings(family: str, words: Any) -> NewReading:
    """What makes a `Reading` for each reply. Raises UnknownEngine for a family that vLLM does not know."""
    if family == HERMES:
        return lambda tools: MarkedReading(calls=bool(tools))
    from vllm.tool_parsers import ToolParserManager

    try:
        parser = ToolParserManager.get_tool_parser(family)
        parser(words)
    except (KeyError, ValueError, ImportError) as error:
        raise UnknownEngine(f"vLLM has no parser {family!r} for tool calls.") from error
    except RuntimeError as error:
        raise UnknownEngine(f"This model does not write tool calls as tools={family} wants: {error}") from error
    return lambda tools: ParsedReading(parser, words, tools) if tools else MarkedReading(calls=False)


class MarkedReading:
    """By `ReplyText`. Stop strings are vLLM's to look for."""

    def __init__(self, *, calls: bool) -> None:
        self._text = ReplyText(calls=calls)

    def add(self, text: str, tokens: Sequence[int]) -> str:
        return self._text.add(text.encode())

    def end(self) -> str:
        return self._text.end()

    def requests(self) -> list[tuple[str, str]]:
        return self._text.requests()


class ParsedReading:
    """By one of vLLM's parsers, step by step."""

    def __init__(self, parser: Any, words: Any, tools: Sequence[ToolSpec]) -> None:
        from vllm.entrypoints.openai.chat_completion.protocol import ChatCompletionRequest

        self._request = ChatCompletionRequest(messages=[], tools=chat_tools(tools), tool_choice="auto")
        self._parser = parser(words, self._request.tools)
        self._text = ""
        self._tokens: list[int] = []
        self._calls: dict[int, list[str]] = {}

    def add(self, text: str, tokens: Sequence[int]) -> str:
        before, told = self._text, list(self._tokens)
        self._text += text
        self._tokens += tokens
        delta = self._parser.extract_tool_calls_streaming(
            before, self._text, text, told, self._tokens, list(tokens), self._request
        )
        for call in (delta.tool_calls if delta is not None else None) or ():
            self._gather(call)
        return (delta.content or "") if delta is not None else ""

    def end(self) -> str:
        """Parsers that could not tell in the middle of a reply are asked once more for the whole of it."""
        if not self._calls:
            found = self._parser.extract_tool_calls(self._text, self._request)
            for number, call in enumerate(found.tool_calls if found.tools_called else ()):
                self._calls[number] = [call.function.name, call.function.arguments]
        return ""

    def requests(self) -> list[tuple[str, str]]:
        return [(name, arguments or "{}") for name, arguments in self._calls.values() if name]

    def _gather(self, call: Any) -> None:
        parts = self._calls.setdefault(call.index, ["", ""])
        if call.function is not None:
            parts[0] = parts[0] or call.function.name or ""
            parts[1] += call.function.arguments or ""
