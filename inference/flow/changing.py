"""Nodes that change what is known, or the way: set, split, sub-flow, extract. Nobody hears them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from inference import slots
from inference.flow.corrections import unmistakable
from inference.flow.graph import subflow
from inference.flow.moves import Enter, Exit, Result, Scene
from inference.flow.questions import place
from inference.flow.routes import FAILURE, push
from inference.flow.state import FlowState, Frame
from inference.flow.steps import Fill
from inference.flow.values import filled
from inference.nodes import ExtractNode, SetNode, Share, SplitNode, SubflowNode
from inference.slots import Parsed

# --- without anybody's help -------------------------------------------------------------------------


def assign(scene: Scene, state: FlowState, node: SetNode) -> Result:
    """One after another: a value may hold the one set before it."""
    for name, template in node.values:
        state = replace(state, variables={**state.variables, name: filled(scene, state, template)})
    return state, Exit()


def split(scene: Scene, state: FlowState, node: SplitNode) -> Result:
    """The same caller always the same way; a caller unknown, the same way in one conversation."""
    name = place(state)
    way = state.splits.get(name) or _way(node.shares, f"{name}:{scene.moment.person or scene.moment.now.isoformat()}")
    return replace(state, splits={**state.splits, name: way}), Exit(f"split:{way}")


def _way(shares: Sequence[Share], ticket: str) -> str:
    total = sum(max(0.0, share.weight) for share in shares)
    drawn = int.from_bytes(hashlib.sha256(ticket.encode()).digest()[:7]) / 2**56 * total
    for share in shares:
        drawn -= max(0.0, share.weight)
        if drawn < 0:
            return share.name
    return shares[-1].name if shares else ""


def enter_subflow(scene: Scene, state: FlowState, node: SubflowNode) -> Result:
    inner = subflow(scene.flow, node.flow)
    if inner is None:
        return state, Exit(FAILURE)
    inputs = {name: filled(scene, state, template) for name, template in node.inputs}
    frame = Frame(state.node, state.flow, state.variables)
    return push(scene, replace(state, flow=node.flow, variables=inputs), frame, Enter(inner.start))


# --- with the model's -------------------------------------------------------------------------------


def begin_extract(scene: Scene, state: FlowState, node: ExtractNode) -> Result:
    """What rules find in the last words needs no model."""
    found = unmistakable(scene, node.slots, state.heard)
    state = _keep(scene, state, node, found)
    wanted = tuple(slot for slot in node.slots if slot.name not in found)
    if not wanted or not state.turns:
        return state, Exit()
    return replace(state, stage="fill"), Fill(wanted, whole=True)


def extracted(scene: Scene, state: FlowState, node: ExtractNode, values: Mapping[str, str]) -> Result:
    found = {}
    for slot in node.slots:
        parsed = slots.parse(slot, values[slot.name], scene.moment) if values.get(slot.name) else None
        if parsed is not None:
            found[slot.name] = parsed
    return _keep(scene, state, node, found), Exit()


def _keep(scene: Scene, state: FlowState, node: ExtractNode, found: Mapping[str, Parsed]) -> FlowState:
    allowed = {
        slot.name: found[slot.name].value
        for slot in node.slots
        if slot.name in found and not slots.check(slot, found[slot.name].value, scene.moment)
    }
    return replace(state, variables={**state.variables, **allowed})
