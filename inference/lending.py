"""A service with the OpenAI dialect, as the web lends it to one conversation.

The web side keeps the keys and decides where may be connected to; the worker gets, with `Open`, all that this one
conversation needs and connects to nothing else. An agent names a service as "provider:<public id>".
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

PREFIX = "provider:"
MOST_LENT = 8
"""Services that one conversation may be lent."""
MOST_ADDRESSES = 16

Binding = Literal["json_schema", "grammar", "structured_outputs", "none"]
"""How the service is made to answer within bounds: `response_format`, the field `grammar` (llama.cpp's server, another
Parley worker), vLLM's `structured_outputs`, or not at all: the words are read as they come."""


class ServiceLimits(Struct, frozen=True):
    """How long is waited, in milliseconds, before the next in the order is asked."""

    connect_ms: int = 2_000
    first_ms: int = 3_500
    """To the first token, the first sound, or the whole transcript."""
    between_ms: int = 4_000
    """Between two pieces of an answer."""


class LentService(Struct, frozen=True):
    """One service. What is said of it in logs and errors is its `name`; `key` is in no representation of it."""

    id: str
    """As agents name it, without the prefix."""
    name: str
    url: str
    """Up to and with the version, such as "https://api.example.com/v1"."""
    addresses: tuple[str, ...]
    """What the host's name stood for when the web looked: the only addresses that are connected to."""
    key: str = ""
    chat: str = ""
    """The service's name for its language model; empty: it has none. Likewise the next two."""
    transcriber: str = ""
    synthesizer: str = ""
    binding: Binding = "json_schema"
    partial_ms: int = 0
    """At least this long between two readings of an utterance that is not over; 0: only whole ones are sent."""
    rate: int = 24_000
    """Samples a second of its raw speech."""
    limits: ServiceLimits = ServiceLimits()

    def __repr__(self) -> str:
        return f"LentService({self.id!r}, {self.name!r}, key={'***' if self.key else ''!r})"

    __str__ = __repr__


def lent_id(engine: str) -> str:
    """The public id in "provider:<public id>"; "" for a model of the worker's own."""
    return engine.removeprefix(PREFIX) if engine.startswith(PREFIX) else ""


def is_lent(engine: str) -> bool:
    return engine.startswith(PREFIX)
