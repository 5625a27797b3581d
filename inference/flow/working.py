"""Nodes that have something done outside: tools, knowledge, messages, people, other agents, another voice, a wait."""

from __future__ import annotations

import dataclasses
from typing import assert_never

from msgspec.structs import replace

from inference.flow import moving, verifying
from inference.flow.moves import Exit, Result, Scene, Then, say
from inference.flow.routes import FAILURE, by_event, otherwise
from inference.flow.sentences import sentence
from inference.flow.state import FlowState
from inference.flow.steps import Answer, Call, Called, Done, Leave, Pause, Speak, Step
from inference.flow.values import filled, picked, voiced
from inference.nodes import (
    CallNode,
    HandoffNode,
    KnowledgeNode,
    LanguageNode,
    MoveNode,
    SendNode,
    TransferNode,
    VerifyNode,
    WaitNode,
)

Worker = (
    CallNode | KnowledgeNode | SendNode | MoveNode | VerifyNode | TransferNode | HandoffNode | LanguageNode | WaitNode
)
SUCCESS, WAITING = "success", "waiting"
SEND, MOVE, TRANSFER, KNOWLEDGE = "parley.send", "parley.move", "parley.transfer", "parley.knowledge"
_SEND_SECONDS = 15.0
_TRANSFER_SECONDS = 60.0
_TEAM_SECONDS = 900.0
"""The web side knows how long a team is waited for."""
_LONGEST = 60.0
"""Seconds that a wait, or a tool, may take."""


def begin(scene: Scene, state: FlowState, node: Worker) -> Result:
    if isinstance(node, HandoffNode | WaitNode):
        return say(state, voiced(scene, state, node.text), "work")
    return state, Then("work")


def work(scene: Scene, state: FlowState, node: Worker) -> Result:
    step = work_step(scene, state, node)
    spoke = state.spoke or (isinstance(step, Call) and bool(step.saying))
    return replace(state, stage="work", spoke=spoke), step


def work_step(scene: Scene, state: FlowState, node: Worker) -> Step:
    match node:
        case CallNode():
            arguments = {name: filled(scene, state, template) for name, template in node.arguments}
            return Call(node.id, node.tool, arguments, voiced(scene, state, node.saying), _seconds(node.seconds))
        case KnowledgeNode():
            arguments = {"query": filled(scene, state, node.query), "sources": ",".join(node.sources)}
            return Call(node.id, KNOWLEDGE, arguments)
        case SendNode() | MoveNode():
            arguments = {
                "channel": node.channel,
                "to": filled(scene, state, node.to),
                "text": _written(scene, state, node.text),
            }
            tool = SEND if isinstance(node, SendNode) else MOVE
            return Call(node.id, tool, arguments, voiced(scene, state, node.saying), _SEND_SECONDS)
        case VerifyNode():
            return verifying.call(scene, state, node)
        case TransferNode(to="team"):
            return Call(node.id, TRANSFER, _asking(scene, state, node), voiced(scene, state, node.text), _TEAM_SECONDS)
        case TransferNode():
            target, briefing = filled(scene, state, node.target), _written(scene, state, node.briefing)
            arguments = {"target": target, "briefing": briefing, "mode": node.mode}
            return Call(node.id, TRANSFER, arguments, voiced(scene, state, node.text), _TRANSFER_SECONDS)
        case HandoffNode():
            return Leave(node.agent, node.history)
        case LanguageNode():
            return Speak(node.language, node.voice)
        case WaitNode():
            return Pause(_seconds(node.seconds))
        case _:
            assert_never(node)


def worked(scene: Scene, state: FlowState, node: Worker, answer: Answer) -> Result | None:
    """What becomes of it; None when the answer does not fit."""
    match node, answer:
        case LanguageNode(), Done():
            return say(state, voiced(scene, state, node.text), "leave")
        case WaitNode(), Done():
            return state, Exit()
        case HandoffNode(), Called(ok=True):
            return state, Then("finish:handed_off")
        case HandoffNode(), Called(ok=False):
            return state, Exit(FAILURE)
        case TransferNode(), Called():
            through = answer.ok and node.to == "number"
            return _transferred(scene, replace(state, collected=(), put_through=through), answer)
        case SendNode(), Called():
            return replace(state, collected=()), Exit(SUCCESS if answer.ok else FAILURE)
        case MoveNode(), Called():
            return moving.called(scene, state, node, answer)
        case VerifyNode(), Called():
            return verifying.called(scene, state, node, answer)
        case KnowledgeNode(), Called():
            text = picked(answer.result, "") if answer.ok else ""
            return _keep(state, {node.variable: text}), Exit(SUCCESS if answer.ok else FAILURE)
        case CallNode(), Called(ok=True):
            found = {name: picked(answer.result, path) for name, path in node.results}
            return _keep(replace(state, collected=() if node.changes else state.collected), found), Exit(SUCCESS)
        case CallNode(), Called(ok=False):
            return _keep(state, dict.fromkeys((name for name, _ in node.results), "")), Exit(FAILURE)
        case _:
            return None


def _asking(scene: Scene, state: FlowState, node: TransferNode) -> dict[str, str]:
    return {
        "to": "team",
        "target": node.target,
        "reason": _written(scene, state, node.reason),
        "briefing": _written(scene, state, node.briefing),
        "skills": ",".join(node.skills),
        "waiting": node.waiting,
    }


def _transferred(scene: Scene, state: FlowState, answer: Called) -> Result:
    """A person has taken over: nothing is left to say, unless an edge says so."""
    ok, words = answer.ok, picked(answer.result, "words")
    if ok and picked(answer.result, "taken"):
        return state, Then("listen")  # A person talks from here on.
    if ok and picked(answer.result, "waiting"):
        if by_event(scene, state, WAITING) is not None:
            return say(state, words, f"leave:{WAITING}")
        return say(state, words, "over" if state.frames else "listen")
    if not ok and words:
        return say(state, words, f"leave:{FAILURE}")
    led = by_event(scene, state, SUCCESS if ok else FAILURE) or otherwise(scene, state)
    if led is not None:
        return state, Exit(SUCCESS if ok else FAILURE)
    return (state, Then("finish:transferred")) if ok else say(state, sentence("nobody", scene.moment.language), "over")


def _keep(state: FlowState, found: dict[str, str]) -> FlowState:
    return replace(state, variables={**state.variables, **{name: value for name, value in found.items() if name}})


def _written(scene: Scene, state: FlowState, text: str) -> str:
    """For somebody who reads it."""
    return voiced(scene, state, text, moment=dataclasses.replace(scene.moment, voice=False))


def _seconds(seconds: float) -> float:
    return min(max(0.0, seconds), _LONGEST)
