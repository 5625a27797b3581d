"""Variables in texts, as each listener needs them: said to a caller, read by a model, passed to a tool."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from inference import slots
from inference.flow.graph import all_slots
from inference.flow.moves import Scene
from inference.flow.state import FlowState
from inference.flow.steps import Moment
from inference.flow.templates import fill, names, text_of
from inference.nodes import FlowSpec, Slot

LONGEST = 4000
"""Characters of a value that comes from outside."""


def known(state: FlowState, facts: Mapping[str, Any]) -> dict[str, Any]:
    """All that can be read here: facts, what outer flows know, what this one knows. The nearest wins."""
    values: dict[str, Any] = {"said": state.said, **facts}
    for frame in state.frames:
        values.update(frame.variables)
    return {**values, **state.variables}


def filled(scene: Scene, state: FlowState, text: str) -> str:
    """With the values as they are kept: for tools, conditions and other variables."""
    return fill(text, known(state, scene.moment.facts)) if "{{" in text else text


def voiced(scene: Scene, state: FlowState, text: str, *, moment: Moment | None = None) -> str:
    """With the values as they are said ("Tuesday the 24th of November"); masked ones are left out."""
    if "{{" not in text:
        return text
    values = known(state, scene.moment.facts)
    kinds = {slot.name: slot for slot in reversed(list(all_slots(scene.flow)))}
    spoken = {name: _voiced(kinds.get(name), text_of(values.get(name)), moment or scene.moment) for name in names(text)}
    return fill(text, spoken)


def prompted(flow: FlowSpec, state: FlowState, text: str, facts: Mapping[str, Any]) -> str:
    """With the values as they are kept, for a model to read; masked ones are left out."""
    if "{{" not in text:
        return text
    masked = {slot.name for slot in all_slots(flow) if slot.masked}
    return fill(text, {name: value for name, value in known(state, facts).items() if name not in masked})


def picked(result: str, path: str) -> str:
    """What stands at `path` ("slots.0.time") in a JSON answer, as text; the whole answer for an empty path.

    Empty where there is nothing, or where the answer is no JSON.
    """
    if not path:
        return result[:LONGEST]
    try:
        found = msgspec.json.decode(result)
    except (msgspec.DecodeError, RecursionError):
        return ""
    for part in path.split("."):
        if isinstance(found, dict):
            found = found.get(part)
        elif isinstance(found, list) and part.isascii() and part.isdigit() and int(part[:9]) < len(found):
            found = found[int(part[:9])]
        else:
            return ""
    return text_of(found)[:LONGEST]


def _voiced(slot: Slot | None, value: str, moment: Moment) -> str:
    if slot is None or not value:
        return value
    if slot.masked:
        return ""
    if slot.kind == "choice":
        return next((choice.label or value for choice in slot.choices if choice.value == value), value)
    return slots.spoken(slot.kind, value, moment)
