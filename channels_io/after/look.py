"""One look at a conversation: every part of the result, with a model or by the rules alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from channels_io.after.asking import Asks
from channels_io.after.fields import Value, find_fields
from channels_io.after.material import Material
from channels_io.after.outcome import find_mood, find_outcome, was_contained
from channels_io.after.promises import Promise, find_promises
from channels_io.after.summary import write_summary
from channels_io.after.unanswered import find_unanswered
from channels_io.sanitize import clean_json, clean_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """`outcome` is a name of the agent's list; empty where none could be said."""

    outcome: str = ""
    summary: str = ""
    sentiment: str = ""
    fields: dict[str, Any] = field(default_factory=dict)
    unanswered: list[str] = field(default_factory=list)
    promises: list[Promise] = field(default_factory=list)
    contained: bool = False
    model: str = ""


def look_at(material: Material, ask: Asks | None) -> Found:
    """`ask` None: nobody is asked, and what the flow, the words and the end say is all. Raises what `ask` raises."""
    outcome = find_outcome(material, ask)
    fields: dict[str, Value] = find_fields(material, ask)
    return Found(
        outcome=outcome.name if outcome is not None else "",
        summary=clean_text(write_summary(material, ask, outcome, fields)),
        sentiment=find_mood(material, ask),
        fields=clean_json(fields),
        unanswered=find_unanswered(material, ask),
        promises=find_promises(material),
        contained=was_contained(material, outcome),
        model=ask.name if ask is not None else "",
    )
