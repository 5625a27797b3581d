"""What one sentence answers, and what it takes back: "no, Tuesday", "make it four", "an hour later, please"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from inference import slots
from inference.flow.graph import find, key, slots_of
from inference.flow.moves import Enter, Result, Scene
from inference.flow.questions import open_slots, place, slot_named, trying_of
from inference.flow.remarks import only_asks
from inference.flow.state import FlowState
from inference.flow.templates import text_of
from inference.nodes import Node, Slot, SlotKind
from inference.slots import Parsed

_ONLY_ASKED: frozenset[SlotKind] = frozenset({"text", "yes_no"})
"""Any words could be these: only the answer to their question is one."""
_CHANGED_IN_PASSING: frozenset[SlotKind] = frozenset({"date", "time", "phone", "email"})
"""What is known already and said anew, in words that take nothing back."""


def unmistakable(scene: Scene, wanted: Sequence[Slot], text: str) -> dict[str, Parsed]:
    """What the words say of these slots although none of them was asked for."""
    found = [slot for slot in wanted if slot.kind not in _ONLY_ASKED]
    return slots.find_all(found, text, scene.moment, asked="") if found and text else {}


def answers(scene: Scene, state: FlowState, node: Node, text: str) -> dict[str, Parsed]:
    """All that one sentence answers at a node: the question asked, others of the node, and what it takes back."""
    trying = trying_of(state)
    asked = slot_named(node, trying.slot)
    still_open = open_slots(node, trying)
    known = [slot for slot in slots_of(node) if slot not in still_open]
    shifted = slots.moved(known, trying.values, text, scene.moment)
    if asked is None:
        return changed(shifted | unmistakable(scene, slots_of(node), text), trying.values)
    if asked.kind == "text":
        parsed = slots.parse(asked, text, scene.moment)
        return {asked.name: parsed} if parsed is not None else {}
    if known and not trying.attempts and slots.is_correction(text):
        return _taken_back_here(scene, [*reversed(known), *still_open], asked, trying.values, text)
    found = shifted | slots.find_all([*still_open, *known], text, scene.moment, asked=asked.name)
    return {name: found[name] for name in found if _counts(slot_named(node, name), asked, found[name], trying.values)}


def changed(found: Mapping[str, Parsed], values: Mapping[str, str]) -> dict[str, Parsed]:
    """Those that are not known already."""
    return {name: parsed for name, parsed in found.items() if parsed.value != values.get(name)}


def taken_back(scene: Scene, state: FlowState, text: str) -> Result | None:
    """Back to a node that got its answer earlier, with what is to stand instead; None when nothing is taken back.

    From there the path is walked again, so that what followed from the old answer is looked up anew; but what else
    the caller has said is not asked anew.
    """
    if not slots.is_correction(text) or only_asks(text):
        return None
    for index, name in reversed(list(enumerate(state.collected))):
        flow_id, _, node_id = name.rpartition("/")
        node = find(scene.flow, state.flow, node_id) if flow_id == state.flow and name != place(state) else None
        if node is None or key(state.flow, node.id) != name:
            continue
        values = {slot.name: text_of(state.variables.get(slot.name)) for slot in slots_of(node)}
        known = [slot for slot in slots_of(node) if values[slot.name]]
        found = changed(unmistakable(scene, known, text), values)
        shifted = slots.moved(known, values, text, scene.moment)
        if found or shifted:
            new = {name: parsed.value for name, parsed in shifted.items()} | dict.fromkeys(found, "")
            cleared = {**state.variables, **new}
            retracing = tuple(dict.fromkeys((*state.collected[index:], place(state))))
            return replace(state, variables=cleared, heard=text, retracing=retracing), Enter(node.id)
    return None


def _taken_back_here(
    scene: Scene, newest_first: Sequence[Slot], asked: Slot, values: Mapping[str, str], text: str
) -> dict[str, Parsed]:
    """A correction inside a form. What is unmistakable first; then it may be the answer asked for, or the one before."""
    shifted = slots.moved(newest_first, values, text, scene.moment)
    found = changed(shifted | unmistakable(scene, newest_first, text), values)
    if found:
        return found
    answer = slots.parse(asked, text, scene.moment)
    found = {} if answer is not None else slots.instead(newest_first, values, text, scene.moment, slots.parse)
    if found:
        return found
    for slot in (asked, newest_first[0]):
        parsed = slots.parse(slot, text, scene.moment)
        if parsed is not None:
            return {slot.name: parsed}
    return {}


def _counts(slot: Slot | None, asked: Slot, parsed: Parsed, values: Mapping[str, str]) -> bool:
    if slot is None or slot.name == asked.name:
        return slot is not None
    if slot.name not in values:
        return slot.kind not in _ONLY_ASKED
    return slot.kind in _CHANGED_IN_PASSING and slot.kind != asked.kind and parsed.value != values[slot.name]
