"""What a flow says word for word, the same to every caller: sentences whose audio is worth keeping. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from inference.masking import slots_of
from inference.nodes import (
    CallNode,
    EndNode,
    FlowSpec,
    FormNode,
    HandoffNode,
    LanguageNode,
    MenuNode,
    MoveNode,
    Node,
    SayNode,
    SendNode,
    TransferNode,
    VerifyNode,
    WaitNode,
)


def fixed_texts(flow: FlowSpec) -> tuple[str, ...]:
    """Without repeats, in the order of the nodes; none with anything to be put into it."""
    nodes = [*flow.nodes, *(node for part in flow.flows for node in part.nodes)]
    texts = (text.strip() for node in nodes for text in _texts(node))
    return tuple(dict.fromkeys(text for text in texts if text and "{{" not in text))


def is_fixed(text: str, known: tuple[str, ...]) -> bool:
    """Whether `text` is made of known sentences and nothing else. Of two that fit the longer counts."""
    rest = text
    for sentence in sorted(known, key=len, reverse=True):
        rest = rest.replace(sentence, "")
    return not rest.strip()


def _texts(node: Node) -> Iterator[str]:
    for slot in slots_of(node):
        yield slot.ask
        yield slot.retry
    match node:
        case SayNode(text=text) | EndNode(text=text) | LanguageNode(text=text) | WaitNode(text=text):
            yield text
        case TransferNode(text=text) | HandoffNode(text=text):
            yield text
        case MenuNode(text=text, retry=retry):
            yield text
            yield retry
        case FormNode(summary=summary):
            yield summary
        case CallNode(saying=saying) | SendNode(saying=saying) | VerifyNode(saying=saying):
            yield saying
        case MoveNode(ask=ask, saying=saying, goodbye=goodbye):
            yield from (ask, saying, goodbye)
