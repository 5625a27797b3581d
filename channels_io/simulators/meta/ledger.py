"""Everything the simulator sent and got, in order: the only judge of what happened."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class GraphSend:
    """A message that was taken: what the person would read."""

    id: str
    to: str
    """Digits, or a user id."""
    type: str
    body: dict[str, Any]
    """The whole request."""
    key: str = ""
    """`biz_opaque_callback_data`."""

    @property
    def text(self) -> str:
        """The words of it, whatever its type; a template's parameters."""
        part = self.body.get(self.type) or {}
        match self.type:
            case "text":
                return str(part.get("body", ""))
            case "interactive":
                return str((part.get("body") or {}).get("text", ""))
            case "template":
                parameters = [p for c in part.get("components") or [] for p in c.get("parameters") or []]
                return " ".join([str(part.get("name", "")), *(str(p.get("text", "")) for p in parameters)])
        return str(part.get("caption", ""))


@dataclass(frozen=True, slots=True)
class ReadMark:
    message: str
    typing: bool


@dataclass(frozen=True, slots=True)
class MediaFile:
    id: str
    data: bytes
    mime: str
    voice: bool = False


@dataclass(frozen=True, slots=True)
class Delivery:
    """One call of the webhook and what came back; `status` 0: nothing did."""

    body: bytes
    status: int
    milliseconds: int


@dataclass(slots=True)
class Ledger:
    sends: list[GraphSend] = field(default_factory=list)
    marks: list[ReadMark] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    uploads: dict[str, MediaFile] = field(default_factory=dict)
    """Files we gave to Meta, by id."""
    downloads: list[str] = field(default_factory=list)
    """Ids of files we took."""
    refusals: list[tuple[int, str]] = field(default_factory=list)
    """(HTTP status, words) of every Graph request that was not taken."""
