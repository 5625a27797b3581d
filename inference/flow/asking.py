"""Nodes that ask: collect, form and menu. A menu is a question with choices, a collect node a form of one slot."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from inference import slots
from inference.flow import confirming
from inference.flow.corrections import answers, taken_back, unmistakable
from inference.flow.graph import slots_of
from inference.flow.moves import Enter, Exit, Result, Scene, Then, say
from inference.flow.puzzled import MOST_ASIDES, after_fill, aside_step, missed, puzzled
from inference.flow.questions import ALL, open_slots, place, question, read_back, slot_named, trying_of
from inference.flow.remarks import asks, lacks, parted
from inference.flow.routes import by_event
from inference.flow.sentences import as_sentence
from inference.flow.state import FlowState, Trying
from inference.flow.steps import Say
from inference.flow.taking import answer_of, confirmed, finished, known_already, reopen, skip, take
from inference.nodes import FormNode, MenuNode, Node, Slot, SlotKind
from inference.slots import Parsed

_MENTIONED: frozenset[SlotKind] = frozenset({"date", "time", "number", "choice", "name"})
"""What a question may name without being an answer: "are you open on Saturday?" """
_SAID_IN_WORDS: frozenset[SlotKind] = frozenset({"text", "choice", "yes_no"})
"""Where "I don't have any" is an answer of its own."""


def begin(scene: Scene, state: FlowState, node: Node) -> Result:
    """Take what is known and what was just said, then ask for the rest.

    A form that knows everything asks all of it again when it is entered once more; what was emptied since, only that.
    On the way back from something that was taken back, nothing is asked that is known.
    """
    retraced = place(state) in state.retracing
    known = known_already(scene, state, node) if retraced or isinstance(node, FormNode) else {}
    if not retraced and state.visits.get(place(state), 0) > 1 and len(known) == len(slots_of(node)):
        known = {}
    state = replace(state, trying=Trying(values=known), retracing=_still_retracing(state))
    taken = take(scene, state, node, unmistakable(scene, open_slots(node, trying_of(state)), state.heard))
    return say(taken.state, taken.problem, "ask")


def _still_retracing(state: FlowState) -> tuple[str, ...]:
    """Without this node; nothing any more at the last, where the caller was."""
    name = place(state)
    if state.retracing[-1:] == (name,):
        return ()
    return tuple(other for other in state.retracing if other != name)


def ask(scene: Scene, state: FlowState, node: Node) -> Result:
    """The next thing the node wants: read back in passing, confirm, ask, sum up; or it is done."""
    trying = trying_of(state)
    if trying.noted:
        text = as_sentence(read_back(scene, node, trying.noted, trying))
        return say(replace(state, trying=replace(trying, noted=())), f"{text}." if text else "", "ask")
    trying = replace(trying, pending=tuple(name for name in trying.pending if name in trying.values))
    still_open = open_slots(node, trying)
    if trying.pending and not read_back(scene, node, trying.pending, trying):
        return confirmed(replace(state, trying=trying), node), Then("ask")
    if trying.pending:
        name = trying.pending[0] if len(trying.pending) == 1 else ALL
        trying = replace(trying, confirming=name, slot=trying.pending[0])
    elif still_open:
        slot = trying.slot if any(other.name == trying.slot for other in still_open) else still_open[0].name
        trying = replace(trying, confirming="", slot=slot)
    elif isinstance(node, FormNode) and node.summary.strip():
        trying = replace(trying, confirming=ALL, slot="")
    else:
        return state, Then("done")
    state = replace(state, trying=trying)
    return say(state, question(scene, state, node), "listen")


def done(state: FlowState, node: Node) -> Result:
    """Everything is known. Judged edges are for words that answer nothing: asked only where nothing else leads on."""
    event = answer_of(node, trying_of(state).values)
    return finished(state, node), Exit(event, judged=False)


def hear(scene: Scene, state: FlowState, node: Node, *, keypad: bool) -> Result:
    """What the caller said to the question that is open."""
    trying = trying_of(state)
    if keypad:
        return _hear_keys(scene, state, node)
    if trying.confirming:
        return confirming.hear(scene, state, node, state.heard, keypad=False)
    slot = slot_named(node, trying.slot)
    if slot is None:
        return _hear_change(scene, state, node)
    if not trying.attempts and not trying.values:
        back = taken_back(scene, state, state.heard)
        if back is not None:
            return back
    found, curious = _answers(scene, state, node, slot)
    if slot.optional and set(found) <= {slot.name} and _has_none(slot, state.heard, found):
        return skip(state, node, slot), Then("ask")
    if not found or (slot.kind == "text" and set(found) == {slot.name}):
        return taken_back(scene, state, state.heard) or puzzled(scene, state, node)
    return _took(scene, state, node, found, curious=curious)


def filled(scene: Scene, state: FlowState, node: Node, values: Mapping[str, str]) -> Result:
    """What the model found in the caller's words; it counts as far as the rules can read it."""
    found = {}
    for slot in open_slots(node, trying_of(state)):
        parsed = slots.parse(slot, values[slot.name], scene.moment) if values.get(slot.name) else None
        if parsed is not None:
            found[slot.name] = parsed
    return _took(scene, state, node, found) if found else after_fill(scene, state, node)


def chosen(scene: Scene, state: FlowState, node: Node, value: str) -> Result:
    """The model says which of the choices was meant. The words stay: they may hold an answer to the next question."""
    return _took(scene, state, node, {trying_of(state).slot: Parsed(value, "")})


def _answers(scene: Scene, state: FlowState, node: Node, slot: Slot) -> tuple[dict[str, Parsed], bool]:
    """(values, whether the caller asks something besides)."""
    answer, curiosity = parted(state.heard)
    if not curiosity or slot.kind == "text":
        found = answers(scene, state, node, state.heard)
        guessed = asks(state.heard) and slot.kind != "text"
        return {name: parsed for name, parsed in found.items() if parsed.sure or not guessed}, False
    if answer and (found := answers(scene, state, node, answer)):
        return found, True
    found = answers(scene, state, node, state.heard)
    if isinstance(node, MenuNode) and not found:
        named_in_passing = slots.parse(slot, state.heard, scene.moment, asked=False, curious=True)
        found = {slot.name: named_in_passing} if named_in_passing is not None else {}
    kinds = {other.name: other.kind for other in slots_of(node)}
    # At a menu a question names what is wanted: "where is my package?".
    named = isinstance(node, MenuNode)
    return {name: parsed for name, parsed in found.items() if named or kinds[name] not in _MENTIONED}, False


def _has_none(slot: Slot, text: str, found: Mapping[str, Parsed]) -> bool:
    return slots.declines(text) or (not found and slot.kind not in _SAID_IN_WORDS and lacks(text))


def _took(scene: Scene, state: FlowState, node: Node, found: Mapping[str, Parsed], *, curious: bool = False) -> Result:
    asked = trying_of(state).slot
    taken = take(scene, state, node, found)
    if taken.problem and asked in found and asked not in trying_of(taken.state).values:
        return missed(scene, taken.state, node, taken.problem)
    if curious and trying_of(taken.state).asides < MOST_ASIDES:
        after, move = ask(scene, taken.state, node)
        if isinstance(move, Say) and after.stage == "say:listen":
            return replace(after, stage="aside"), aside_step(scene, after, node)
    return say(taken.state, taken.problem, "ask")


def _hear_keys(scene: Scene, state: FlowState, node: Node) -> Result:
    trying, keys = trying_of(state), state.heard.strip()
    slot = slot_named(node, trying.slot)
    if trying.confirming and keys in ("1", "2"):
        return confirming.hear(scene, state, node, keys, keypad=True)
    if slot is not None and slot.keypad and not trying.confirming:
        parsed = slots.parse(slot, keys, scene.moment, keypad=True)
        if parsed is not None:
            return _took(scene, state, node, {slot.name: parsed})
    edge = by_event(scene, state, f"key:{keys}")
    return (replace(state, heard=""), Enter(edge.target)) if edge is not None else missed(scene, state, node)


def _hear_change(scene: Scene, state: FlowState, node: Node) -> Result:
    """Asked what to change, the caller says what it should be, names the thing, or wants nothing changed after all."""
    found = answers(scene, state, node, state.heard)
    if found:
        return _took(scene, state, node, found)
    named = confirming.mentioned(node, state.heard)
    if named is not None:
        return reopen(state, (named.name,)), Then("ask")
    if slots.declines(state.heard) or slots.yes_no(state.heard, scene.moment.language) is not None:
        return state, Then("ask")
    return puzzled(scene, state, node)
