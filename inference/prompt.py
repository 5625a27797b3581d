"""How a conversation becomes a prompt. Order is for the cache: what changes least comes first.

1. the agent: instructions and the node's goal, byte-stable for every caller of this version
2. the caller and the moment, fixed for the conversation
3. a summary of the oldest turns, which changes once in many turns (`summary.py`)
4. the history as heard
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from inference.events import Message
from inference.nodes import GoalNode
from inference.spec import AgentSpec


def prefix(spec: AgentSpec, node: GoalNode) -> tuple[Message, ...]:
    """The byte-stable head that every conversation at this node shares."""
    text = "\n\n".join(part for part in (spec.instructions.strip(), node.prompt.strip()) if part)
    return (Message("system", text),) if text else ()


def prefixes(spec: AgentSpec) -> list[tuple[Message, ...]]:
    """Every head this agent can need, for warming."""
    return [prefix(spec, node) for node in spec.flow.nodes if isinstance(node, GoalNode)]


def prompt(
    spec: AgentSpec,
    node: GoalNode,
    caller: str,
    history: Sequence[Message],
    extra: Iterable[Message] = (),
    *,
    summary: str = "",
) -> list[Message]:
    """The whole prompt; consecutive lines of one side are joined, since chat templates alternate."""
    messages = [*prefix(spec, node)]
    if caller.strip():
        messages.append(Message("system", caller.strip()))
    if summary:
        messages.append(Message("system", f"Earlier in this conversation: {summary}"))
    joined: list[Message] = []
    for line in [*history, *extra]:
        last = joined[-1] if joined else None
        if last and last.role == line.role and line.role in ("user", "assistant") and not (line.name or last.name):
            joined[-1] = Message(line.role, f"{last.text} {line.text}".strip())
        elif line.text or line.name:
            joined.append(line)
    return messages + joined
