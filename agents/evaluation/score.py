"""What a rehearsed line was worth: the right place, the right values. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from msgspec import Struct
from msgspec.structs import replace

from agents.evaluation.matching import matches
from agents.evaluation.script import Line, Scene
from inference.nodes import CollectNode, ExtractNode, FlowSpec, FormNode, MenuNode, Node
from inference.rehearsal import Answered


class Scored(Struct, frozen=True):
    """One utterance and what it was worth."""

    template: str
    scene: str
    said: str
    hard: str
    stood_at: str
    """The node at which it was said."""
    kind: str
    """The kind of that node."""
    expected: str
    reached: str
    missed: tuple[str, ...]
    """Nodes that should have been passed and were not."""
    slots: int
    """Values that counted: those expected, and those that nobody gave."""
    wrong: tuple[str, ...]
    """One entry for each wrong value, in words."""
    reply: str
    problem: str = ""
    ms: float = 0.0
    in_place: bool = True
    """Whether the conversation stood where the script has it when this was said."""

    @property
    def routed(self) -> bool:
        """A reply that broke off in an apology led nowhere, wherever the conversation stands."""
        return self.expected == self.reached and not self.missed and not self.problem

    @property
    def slots_right(self) -> int:
        return self.slots - len(self.wrong)


def score_scene(template: str, flow: FlowSpec, scene: Scene, answered: Sequence[Answered], today: date) -> list[Scored]:
    """One result for each line; a line that the conversation did not live to see is wrong in all."""
    kinds = {node.id: kind_of(node) for node in all_nodes(flow)}
    names = slot_names(flow)
    found = []
    before, seen = answered[0], dict(answered[0].variables)
    for index, line in enumerate(scene.turns, start=1):
        after = answered[index] if index < len(answered) else None
        scored = _score(template, scene.name, line, before, after, seen, names, kinds, today)
        found.append(replace(scored, in_place=index == 1 or before.node == scene.turns[index - 2].at))
        before = after or before
        seen |= before.variables
    return found


def _score(
    template: str,
    scene: str,
    line: Line,
    before: Answered,
    after: Answered | None,
    seen: Mapping[str, str],
    names: frozenset[str],
    kinds: Mapping[str, str],
    today: date,
) -> Scored:
    stood = before.node
    if after is None:
        wrong = tuple(f"{name}: never asked" for name in line.slots)
        missing = "The conversation was over."
        return Scored(
            template, scene, line.say, line.hard, stood, kinds.get(stood, ""), line.at, "", (), len(wrong), wrong,
            "", missing,
        )  # fmt: skip
    wrong = tuple(
        f"{name}: {after.variables.get(name, '')!r} instead of {expected!r}"
        for name, expected in line.slots.items()
        if not matches(expected, after.variables.get(name, ""), today)
    )
    invented = tuple(
        f"{name}: {value!r} that nobody said"
        for name, value in after.variables.items()
        if name in names and name not in line.slots and value and value != seen.get(name, "")
    )
    passed = {node.rpartition("/")[2] for node in after.path}
    missed = tuple(node for node in line.through if node not in passed)
    return Scored(
        template, scene, line.say, line.hard, stood, kinds.get(stood, ""), line.at, after.node, missed,
        len(line.slots) + len(invented), wrong + invented, after.reply, after.problem, after.ms,
    )  # fmt: skip


def all_nodes(flow: FlowSpec) -> Iterable[Node]:
    yield from flow.nodes
    for inner in flow.flows:
        yield from inner.nodes


def kind_of(node: Node) -> str:
    """The name of a node's kind: "goal"."""
    return str(type(node).__struct_config__.tag)


def slot_names(flow: FlowSpec) -> frozenset[str]:
    """Variables that hold what callers say."""
    names: set[str] = set()
    for node in all_nodes(flow):
        match node:
            case CollectNode(slot=slot):
                names.add(slot.name)
            case FormNode(slots=slots) | ExtractNode(slots=slots):
                names.update(slot.name for slot in slots)
            case MenuNode(variable=variable):
                names.add(variable)
    return frozenset(names - {""})
