"""What the agent takes over from a person who talked to the caller: slots of the flow that are known by now.

Rules first, over every line of the caller with the person's words before it as the question. What a person said counts
where the caller agreed to it ("Tuesday at three then?" "Yes."). The model is asked once, about what no rule reads.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from inference import slots
from inference.engines.base import ChatOptions
from inference.events import Message
from inference.flow.graph import find, key, nodes_of
from inference.flow.puzzled import FILLABLE
from inference.flow.remarks import asks
from inference.flow.state import FlowState
from inference.flow.steps import Moment
from inference.flow.templates import text_of
from inference.judging import VALUE_TOKENS, Judge, fill_schema, filled
from inference.nodes import CollectNode, ExtractNode, FlowSpec, FormNode, Node, Slot, SlotKind
from inference.phrases import is_backchannel
from inference.slots import Parsed
from inference.slots.cues import cues_of, stem

Exchange = tuple[str, str]
"""What the person said, and what the caller answered."""

DIALOGUE_CHARS = 2400
_SHORT = 5
"""Words of a thanks, or of a yes, at most: more of them say something besides."""
_ONLY_ANSWERED: frozenset[SlotKind] = frozenset({"text", "yes_no"})
"""Any words could be these: only the answer to their own question is one."""
_LIKENESS = 2
"""Words of its own that a question must share with such a slot's."""
_OVERRULES: frozenset[SlotKind] = frozenset({"date", "time", "phone", "email", "number"})
"""What stands instead of what was known before, where a person said it and the caller agreed."""
_ASKED_BY: Mapping[str, frozenset[SlotKind]] = {
    "name": frozenset({"name"}),
    "day": frozenset({"date"}),
    "date": frozenset({"date"}),
    "time": frozenset({"time"}),
    "clock": frozenset({"time"}),
    "phone": frozenset({"phone"}),
    "telephone": frozenset({"phone"}),
    "call": frozenset({"phone"}),
    "reach": frozenset({"phone"}),
    "number": frozenset({"phone", "digits", "number"}),
    "email": frozenset({"email"}),
    "mail": frozenset({"email"}),
    "address": frozenset({"address", "email"}),
    "street": frozenset({"address"}),
}
_THANKS = re.compile(r"\b(?:thanks?|thank you|cheers|danke|merci|gracias|good-?bye|bye)\b", re.IGNORECASE)
_WISHES = re.compile(r"\b(?:like|want|need|wish|love|have) (?:to|an?|the|my|some|your) \w", re.IGNORECASE)
_RULES = (
    "Copy what the conversation says of each field into a JSON object, in the words that were used. Use null for what "
    "was not said."
)
_EXAMPLES = (
    (
        "name: your name\ncity: the city\ncolour: the colour, one of: red, green\n\n"
        "Team: Who is calling, please?\nCaller: This is Maria Lopez.\nTeam: Maria, are you still in Boston?\n"
        "Caller: Yes, I am.",
        '{"name":"Maria Lopez","city":"Boston","colour":null}',
    ),
    (
        "order: the order number\nname: your name\n\nTeam: How can I help?\nCaller: I have a question about my parcel.",
        '{"order":null,"name":null}',
    ),
)
"""A small model that is shown none copies nothing."""


# --- which slots ------------------------------------------------------------------------------------


def asking_nodes(flow: FlowSpec, state: FlowState, target: str) -> list[CollectNode | FormNode | ExtractNode]:
    """Of the flow that will go on, the node it goes on at first. `target`: a node of the main flow; "": where it stands."""
    inside = "" if target else state.flow
    first = find(flow, inside, target or state.node)
    nodes: list[Node] = [*([first] if first is not None else []), *nodes_of(flow, inside)]
    found = [node for node in nodes if isinstance(node, CollectNode | FormNode | ExtractNode)]
    return list({node.id: node for node in found}.values())


def slots_to_fill(flow: FlowSpec, state: FlowState, target: str) -> list[Slot]:
    """By name, without what is masked: that is asked by the agent, and kept nowhere. Free text only at hand."""
    here = target or state.node
    wanted: dict[str, Slot] = {}
    for node in asking_nodes(flow, state, target):
        for slot in (node.slot,) if isinstance(node, CollectNode) else node.slots:
            if not slot.masked and (slot.kind != "text" or node.id == here):
                wanted.setdefault(slot.name, slot)
    return list(wanted.values())


def is_known(flow: FlowSpec, state: FlowState, name: str) -> bool:
    """Whether a variable has got a value since the conversation began, or the node at hand has one to be confirmed."""
    value = text_of(state.variables.get(name))
    pending = state.trying.values.get(name, "") if state.trying is not None else ""
    return bool(value and value != dict(flow.variables).get(name)) or bool(pending)


def passed(flow: FlowSpec, state: FlowState, target: str, found: Mapping[str, str]) -> tuple[str, ...]:
    """Nodes that need not ask what they would: named as `FlowState.retracing` does, and ended by what is no node.

    A yes or no of before is asked anew: it answered something that may be another thing by now.
    """
    inside = "" if target else state.flow
    names = []
    for node in asking_nodes(flow, state, target):
        if isinstance(node, CollectNode):
            stale = node.slot.kind == "yes_no" and node.slot.name not in found
            names += [] if stale else [key(inside, node.id)]
        elif isinstance(node, FormNode):
            names.append(key(inside, node.id))
    return (*names, "*") if names else ()


# --- by rules ---------------------------------------------------------------------------------------


def exchanges(lines: Sequence[Message]) -> list[Exchange]:
    """Question and answer, in order. Lines of one side that follow one another are one."""
    found: list[Exchange] = []
    question = answer = ""
    for line in lines:
        if line.role == "user":
            answer = f"{answer} {line.text}".strip()
        elif answer:
            found.append((question, answer))
            question, answer = line.text, ""
        else:
            question = f"{question} {line.text}".strip()
    return [*found, (question, answer)] if answer else found


def found_by_rules(
    wanted: Sequence[Slot], known: Sequence[Slot], talk: Sequence[Exchange], moment: Moment
) -> dict[str, str]:
    """Slot name → value. Of what is `known`, what was said instead and agreed to. The last word counts."""
    values: dict[str, str] = {}
    overruled = [slot for slot in known if slot.kind in _OVERRULES]
    for question, answer in talk:
        if slots.yes_no(answer, moment.language):
            values |= _allowed([*wanted, *overruled], _stated([*wanted, *overruled], question, moment), moment)
        asked = asked_for(wanted, question, moment)
        open_to_all = [slot for slot in wanted if slot.kind not in _ONLY_ANSWERED or slot.name == asked]
        values |= _allowed(wanted, slots.find_all(open_to_all, answer, moment, asked=asked), moment)
    return values


def asked_for(wanted: Sequence[Slot], question: str, moment: Moment) -> str:
    """The slot that the person's words ask for, "" where they do not tell.

    Told by the words of the slot's own question, by what a kind is called, or by the values that are offered.
    """
    last = _last_question(question)
    words = re.findall(r"[^\W\d_]+", last.lower())
    stems = {stem(word) for word in words}
    kinds = {kind for word in words for kind in _ASKED_BY.get(word, frozenset())}
    scores = {slot.name: _likeness(slot, stems, kinds) for slot in wanted}
    best = max(scores.values(), default=0)
    likely = [name for name, score in scores.items() if score == best and score > 0]
    if len(likely) == 1:
        return likely[0]
    offered = set(_stated([slot for slot in wanted if not likely or slot.name in likely], last, moment))
    return next(iter(offered)) if len(offered) == 1 else ""


def _likeness(slot: Slot, stems: set[str], kinds: set[SlotKind]) -> int:
    shared = len(cues_of(slot) & stems)
    if slot.kind in _ONLY_ANSWERED:
        return shared if shared >= _LIKENESS else 0
    return shared + (2 if slot.kind in kinds else 0)


def _last_question(words: str) -> str:
    sentences = [part for part in re.split(r"(?<=[.!?])\s+", words.strip()) if part]
    return next((part for part in reversed(sentences) if part.endswith("?")), sentences[-1] if sentences else "")


def _stated(wanted: Sequence[Slot], words: str, moment: Moment) -> dict[str, Parsed]:
    """What a person put into words: not a question of the caller's, whatever it ends with."""
    able = [slot for slot in wanted if slot.kind not in _ONLY_ANSWERED]
    plain = words.replace("?", ".")
    found = slots.find_all(able, plain, moment) if able else {}
    times = [slot for slot in able if slot.kind == "time"]
    if (
        len(times) == 1 and times[0].name not in found
    ):  # "Friday at ten works": no count of anything, of a person who offers
        parsed = slots.parse(times[0], plain, moment)
        if parsed is not None and re.search(rf"\b(?:at|around|by) {re.escape(parsed.words)}\b", plain, re.IGNORECASE):
            found[times[0].name] = parsed
    return found


def _allowed(wanted: Sequence[Slot], found: Mapping[str, Parsed], moment: Moment) -> dict[str, str]:
    return {
        slot.name: found[slot.name].value
        for slot in wanted
        if slot.name in found and found[slot.name].value and not slots.check(slot, found[slot.name].value, moment)
    }


# --- by the model -----------------------------------------------------------------------------------


def for_the_model(missing: Sequence[Slot], here: Node | None, talk: Sequence[Exchange], moment: Moment) -> list[Slot]:
    """What rules may have missed of the slots of the node at hand, and of others that the person has asked for.

    In English what has no value by rules has none, but for words of any kind; in other languages rules read little.
    """
    english = moment.language.lower().startswith("en")
    kinds = FILLABLE if english else FILLABLE | {"date", "time", "phone", "email", "number", "digits"}
    at_hand = {slot.name for slot in _slots(here)}
    asked = {asked_for(missing, question, moment) for question, _ in talk}
    return [
        slot
        for slot in missing
        if (slot.kind in kinds and slot.name in at_hand | asked) or (slot.kind == "choice" and slot.name in at_hand)
    ]


async def found_by_model(
    judge: Judge, wanted: Sequence[Slot], lines: Sequence[Message], moment: Moment
) -> dict[str, str]:
    """One bound decode over the dialogue. Only what can be read and is allowed. Raises EngineError."""
    if not wanted or not lines:
        return {}
    said = "\n".join(f"{'Caller' if line.role == 'user' else 'Team'}: {line.text}" for line in lines)[-DIALOGUE_CHARS:]
    fields = "\n".join(f"{slot.name}: {_described(slot)}" for slot in wanted)
    shown = [line for told, found in _EXAMPLES for line in (Message("user", told), Message("assistant", found))]
    messages = [Message("system", _RULES), *shown, Message("user", f"{fields}\n\n{said}")]
    bound = ChatOptions(temperature=0.0, max_tokens=VALUE_TOKENS * (len(wanted) + 1), json_schema=fill_schema(wanted))
    words = filled(await judge.ask(messages, bound), wanted, _said_by_the_caller(lines, moment))
    parsed = {slot.name: slots.parse(slot, words[slot.name], moment) for slot in wanted if slot.name in words}
    return _allowed(wanted, {name: value for name, value in parsed.items() if value is not None}, moment)


def _said_by_the_caller(lines: Sequence[Message], moment: Moment) -> str:
    """Their own words, and those of the person that they agreed to: "this is Tom" is not the caller's name."""
    said = [
        f"{question} {answer}" if slots.yes_no(answer, moment.language) else answer
        for question, answer in exchanges(lines)
    ]
    return " ".join(said)


def _described(slot: Slot) -> str:
    what = slot.label or slot.name.replace("_", " ")
    options = f", one of: {', '.join(choice.label or choice.value for choice in slot.choices)}" if slot.choices else ""
    return f"{what}{options}"


def _slots(node: Node | None) -> tuple[Slot, ...]:
    match node:
        case CollectNode(slot=slot):
            return (slot,)
        case FormNode(slots=found) | ExtractNode(slots=found):
            return found
    return ()


# --- where it goes on ---------------------------------------------------------------------------------


def is_unanswered(text: str, language: str) -> bool:
    """Whether a caller who said this last waits for an answer: not after "okay, thanks"."""
    if not text.strip() or is_backchannel(text):
        return False
    if asks(text) or _WISHES.search(text):
        return True
    short = len(text.split()) <= _SHORT
    return not (short and (_THANKS.search(text) or slots.yes_no(text, language) is not None))
