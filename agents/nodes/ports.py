"""Ports: where the edges of a node leave."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from django.utils.translation import gettext_lazy as _

from agents.fields import Label, When

EdgeKind = Literal["condition", "event", "judged", "else"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """An exit of a node, and the kind of edge that leaves it.

    `each` names a value that is a list: there is one port for each of its items then, and "{}" in `name` and
    `event` stands for the first of the item's `keys` that is not empty, in `label` for the first of its `captions`.
    `many`: any number of edges leave it. `required`: without an edge the flow cannot be published.
    """

    name: str
    label: Label
    kind: EdgeKind = "else"
    event: str = ""
    many: bool = False
    required: bool = False
    each: str = ""
    keys: tuple[str, ...] = ()
    captions: tuple[str, ...] = ()
    when: When | None = None

    def expand(self, values: Mapping[str, Any]) -> Iterator[Port]:
        """The ports that these values make of it."""
        if self.when is not None and not self.when.holds(values):
            return
        if not self.each:
            yield self
            return
        items = values.get(self.each)
        seen: set[str] = set()
        for item in items if isinstance(items, list) else ():
            key = _first(item, self.keys)
            if key and key not in seen:
                seen.add(key)
                yield replace(
                    self,
                    name=self.name.replace("{}", key),
                    event=self.event.replace("{}", key),
                    label=str(self.label).replace("{}", _first(item, self.captions) or key),
                )

    def describe(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "label": str(self.label),
            "kind": self.kind,
            "event": self.event,
            "many": self.many,
            "required": self.required,
            "each": self.each,
            "keys": list(self.keys),
            "captions": list(self.captions),
            "when": self.when.describe() if self.when else None,
        }


def _first(item: object, keys: tuple[str, ...]) -> str:
    if isinstance(item, str):
        return item
    if not isinstance(item, Mapping):
        return ""
    return next((text for key in keys if isinstance(text := item.get(key), str) and text), "")


NEXT = Port(name="next", label=_("Next"), required=True)
ELSE = Port(name="else", label=_("Otherwise"), required=True)
CONDITION = Port(name="condition", label=_("When a condition holds"), kind="condition", many=True)
JUDGED = Port(name="judged", label=_("When the caller…"), kind="judged", many=True)
SILENCE = Port(name="silence", label=_("No answer"), kind="event", event="silence")
NO_MATCH = Port(name="no_match", label=_("Not understood"), kind="event", event="no_match")
SUCCESS = Port(name="success", label=_("Done"), kind="event", event="success", required=True)
FAILURE = Port(name="failure", label=_("Failed"), kind="event", event="failure")
KEYS = Port(name="key:{}", label=_("Key {}"), kind="event", event="key:{}", each="keys")
