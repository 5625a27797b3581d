"""Whether what was read back is right: yes, no, or no and what it should be."""

from __future__ import annotations

from msgspec.structs import replace

from inference import slots
from inference.flow.corrections import changed, taken_back, unmistakable
from inference.flow.graph import slots_of
from inference.flow.moves import Exit, Result, Scene, Then, say
from inference.flow.puzzled import ATTEMPTS, puzzled
from inference.flow.questions import ALL, called, slot_named, trying_of
from inference.flow.remarks import asks, only_asks, parted
from inference.flow.routes import NO_MATCH
from inference.flow.sentences import sentence
from inference.flow.state import FlowState
from inference.flow.taking import confirmed, reopen, take
from inference.nodes import Node, Slot
from inference.slots import Parsed

_KEYS = {"1": True, "2": False}
_NOT_LETTERS = str.maketrans(dict.fromkeys(",.;:!?-", " ") | {"’": "'"})
_BARE = frozenset(
    [
        "no",
        "nope",
        "nah",
        "not",
        "that",
        "that's",
        "thats",
        "is",
        "isn't",
        "isnt",
        "it",
        "it's",
        "its",
        "wrong",
        "right",
        "correct",
        "quite",
        "incorrect",
        "actually",
        "really",
        "sorry",
        "wasn't",
        "what",
        "i",
        "said",
        "yes",
        "yeah",
        "yep",
        "sure",
        "fine",
        "good",
        "okay",
        "ok",
        "please",
        "thanks",
        "thank",
        "you",
        "perfect",
        "exactly",
    ]
)
"""Words that agree or deny and name nothing."""


def hear(scene: Scene, state: FlowState, node: Node, text: str, *, keypad: bool) -> Result:
    """The answer to what was read back, or to a form's summary."""
    trying = trying_of(state)
    said = _KEYS.get(text.strip()) if keypad else slots.yes_no(text, scene.moment.language)
    found = {} if keypad else _named(scene, state, node, text, said)
    instead = changed(found, trying.values)
    if instead:
        taken = take(scene, state, node, instead)
        return say(taken.state, taken.problem, "ask")
    if said is True or (said is None and found):
        summed_up = trying.confirming == ALL and not trying.pending
        return confirmed(state, node), Then("done" if summed_up else "ask")
    back = None if keypad else taken_back(scene, state, text)
    if back is not None:
        return back
    if not trying.pending:
        return _wrong_summary(scene, state, node, text, denied=said is False)
    if said is False:
        return _ask_anew(scene, state, trying.pending, slot_named(node, trying.pending[0]))
    return puzzled(scene, state, node)


def mentioned(node: Node, text: str) -> Slot | None:
    """The slot that the words name: "the time is wrong"."""
    words = f" {' '.join(text.lower().translate(_NOT_LETTERS).split())} "
    for slot in slots_of(node):
        label = called(slot).lower().removeprefix("the ").removeprefix("your ").strip()
        if (label and f" {label} " in words) or f" {slot.kind.replace('_', ' ')} " in words:
            return slot
    return None


def _named(scene: Scene, state: FlowState, node: Node, text: str, said: bool | None) -> dict[str, Parsed]:
    """Values in the answer: what it should be, or what was read back said once more."""
    trying = trying_of(state)
    text = parted(text)[0]
    if all(word in _BARE for word in text.lower().translate(_NOT_LETTERS).split()):
        return {}
    found = slots.moved(slots_of(node), trying.values, text, scene.moment)
    found |= unmistakable(scene, slots_of(node), text)
    if not found and said is not True and not only_asks(text):
        found = slots.instead(slots_of(node), trying.values, text, scene.moment, slots.parse)
    only = slot_named(node, trying.pending[0]) if len(trying.pending) == 1 else None
    if found or only is None or said is True or only.kind in ("text", "yes_no") or asks(text):
        return found
    parsed = slots.parse(only, text, scene.moment)
    return {only.name: parsed} if parsed is not None else {}


def _wrong_summary(scene: Scene, state: FlowState, node: Node, text: str, *, denied: bool) -> Result:
    """Something in the summary is wrong: what it is may have been named ("the time is wrong")."""
    trying = trying_of(state)
    named = mentioned(node, text)
    if named is not None and not asks(text):
        return _ask_anew(scene, state, (named.name,), named)
    if not denied:
        return puzzled(scene, state, node)
    attempts = trying.attempts + 1
    state = replace(state, trying=replace(trying, attempts=attempts, confirming="", slot=""), heard="")
    if attempts >= ATTEMPTS:
        return state, Exit(NO_MATCH, judged=False)
    return say(state, sentence("what_wrong", scene.moment.language), "listen")


def _ask_anew(scene: Scene, state: FlowState, names: tuple[str, ...], slot: Slot | None) -> Result:
    trying = trying_of(state)
    attempts = trying.attempts + 1
    if attempts >= max(2, slot.attempts if slot is not None else ATTEMPTS):
        return replace(reopen(state, names), heard=""), Exit(NO_MATCH, judged=False)
    state = reopen(replace(state, trying=replace(trying, attempts=attempts)), names)
    return say(state, sentence("sorry", scene.moment.language), "ask")
