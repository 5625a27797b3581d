"""How a conversation becomes a prompt. Order is for the cache: what changes least comes first.

1. the agent: its instructions, byte-stable for every caller of this version
2. the caller and the moment, fixed for the conversation
3. a summary of the oldest turns, which changes once in many turns (`summary.py`)
4. the history as heard. A goal node's own prompt stands in it where the node was entered, as a line of the
   system: another node costs its own words and nothing else, in a flow of any size. So does an operator's
   instruction, behind the caller's words that were answered after it (`whisper.py`), and who talked to the caller (`ownership.py`)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from inference.events import Message
from inference.languages import language_name
from inference.nodes import FlowSpec, GoalNode, ToolSpec
from inference.ownership import said_by_a_person
from inference.spec import AgentSpec


def prefix(spec: AgentSpec) -> tuple[Message, ...]:
    """The byte-stable head that every conversation with this agent shares."""
    text = spec.instructions.strip()
    return (Message("system", text),) if text else ()


def prompt(
    spec: AgentSpec,
    caller: str,
    history: Sequence[Message],
    extra: Iterable[Message] = (),
    *,
    summary: str = "",
) -> list[Message]:
    """The whole prompt; consecutive lines of one side are joined, since chat templates alternate."""
    messages = [*prefix(spec)]
    if caller.strip():
        messages.append(Message("system", caller.strip()))
    if summary:
        messages.append(Message("system", f"Earlier in this conversation: {summary}"))
    joined: list[Message] = []
    for line in map(_as_read, [*history, *extra]):
        last = joined[-1] if joined else None
        if last and last.role == line.role and line.role in ("user", "assistant") and not (line.name or last.name):
            joined[-1] = Message(line.role, f"{last.text} {line.text}".strip())
        elif line.text or line.name:
            joined.append(line)
    return messages + joined


_INSTRUCTION = "Instruction: "


def instruction(words: str) -> Message:
    """What an operator wants of the answer that follows. A small model heeds it as part of the caller's turn alone."""
    return Message("system", f"{_INSTRUCTION}{words}")


def _as_read(line: Message) -> Message:
    if said_by_a_person(line):
        return Message("assistant", line.text)
    if line.role == "system" and not line.name and line.text.startswith(_INSTRUCTION):
        return Message("user", f"[{line.text.removeprefix(_INSTRUCTION)}]")
    return line


_SPEAK = "From now on speak "


def language_line(language: str, own: str, history: Iterable[Message]) -> Message | None:
    """The line to add when the agent, whose own language is `own`, speaks `language`; None when it was told so last."""
    told = language_name(own)
    for line in history:
        if line.role == "system" and not line.name and line.text.startswith(_SPEAK):
            told = line.text.removeprefix(_SPEAK).removesuffix(".")
    wanted = language_name(language)
    return Message("system", f"{_SPEAK}{wanted}.") if wanted != told else None


def is_task(line: Message) -> bool:
    """Whether a line of the history says what the node it was entered at is there for."""
    return line.role == "system" and bool(line.name)


def task(node: str, words: str, history: Iterable[Message]) -> Message | None:
    """The line to add when the goal node `node` is entered; None when it says nothing, or is what was said last."""
    last = ""
    for line in history:
        last = line.name if is_task(line) else last
    return Message("system", words.strip(), node) if words.strip() and last != node else None


def goal_tools(flow: FlowSpec) -> tuple[ToolSpec, ...]:
    """The tools of all goal nodes, the same at each of them: they stand in the head, before the whole history."""
    nodes = [*flow.nodes, *(node for part in flow.flows for node in part.nodes)]
    names = {name for node in nodes if isinstance(node, GoalNode) for name in node.tools}
    return tuple(tool for tool in flow.tools if tool.name in names)
