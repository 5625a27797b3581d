"""Verify: a code goes to an address of the caller's, and they say or type it. Move: the conversation goes on in messages.

The code itself is known to the web side alone. What the caller says of it is masked, and in no state that is stored.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec.structs import replace

from inference import slots
from inference.flow.moves import Exit, Result, Scene, Then, say
from inference.flow.puzzled import missed, puzzled
from inference.flow.questions import question, question_again, trying_of
from inference.flow.routes import FAILURE
from inference.flow.sentences import sentence
from inference.flow.state import FlowState, Trying
from inference.flow.steps import Call, Called
from inference.flow.values import filled, known, picked, voiced
from inference.nodes import CODE, VERIFIED, VerifyNode

TOOL = "parley.code"
SECONDS = 15.0
_SUCCESS = "success"
_ANOTHER: Mapping[str, re.Pattern[str]] = {
    language: re.compile(words, re.IGNORECASE)
    for language, words in {
        "en": (
            r"\bre-?send\b|\bsend\b.*\b(?:again|another|new)\b|\b(?:another|new) (?:one|code)\b"
            r"|\b(?:did not|didn't|didn’t|haven't|haven’t|have not|never|not) (?:get|got|gotten|received?|arrived?|come|came)\b"
            r"|\bno (?:code|message|text)\b|\bnothing (?:came|arrived|yet)\b"
        ),
        "de": (
            r"\b(?:schick|send)\w*\b.*\b(?:noch ?mal|neu\w*|erneut)\b|\b(?:noch ?mal|erneut)\b.*\b(?:schick|send)\w*"
            r"|\bnicht (?:bekommen|angekommen|erhalten)\b|\bkein(?:en|e)? (?:code|sms|nachricht)\b|\bneuen code\b"
        ),
        "fr": r"\brenvo\w+|\bpas (?:reçu|recu|arrivé)|\b(?:autre|nouveau) code\b",
        "es": r"\breenv\w+|\bno (?:me )?(?:ha )?(?:llegado|llegó|recibid\w+|recibí)|\b(?:otro|nuevo) código\b",
    }.items()
}


def begin(scene: Scene, state: FlowState, node: VerifyNode) -> Result:
    """A caller who has proved it already is not asked again."""
    if known(state, scene.moment.facts).get(VERIFIED) == "yes":
        return state, Exit(_SUCCESS)
    return replace(state, trying=Trying(slot=CODE), heard=""), Then("work")


def call(scene: Scene, state: FlowState, node: VerifyNode) -> Call:
    """Have the code checked that the caller gave; have one sent where they gave none yet."""
    given = trying_of(state).values.get(CODE, "")
    if given:
        return Call(node.id, TOOL, {"action": "check", "digits": given}, "", SECONDS)
    arguments = {
        "action": "send",
        "channel": node.channel,
        "to": filled(scene, state, node.to),
        "anywhere": "yes" if node.anywhere else "no",
    }
    return Call(node.id, TOOL, arguments, voiced(scene, state, node.saying), SECONDS)


def hear(scene: Scene, state: FlowState, node: VerifyNode, *, keypad: bool) -> Result:
    trying = trying_of(state)
    parsed = slots.parse(node.slot, state.heard, scene.moment, keypad=keypad)
    if parsed is None:
        if not keypad and _wants_another(state.heard, scene.moment.language):
            return _send_again(state)
        return missed(scene, state, node) if keypad else puzzled(scene, state, node)
    problem = slots.check(node.slot, parsed.value, scene.moment)
    if problem:
        return missed(scene, state, node, slots.problem_text(problem, node.slot, scene.moment.language))
    return replace(state, trying=replace(trying, values={CODE: parsed.value}), heard=""), Then("work")


def called(scene: Scene, state: FlowState, node: VerifyNode, answer: Called) -> Result:
    """What became of the code that was sent, or checked."""
    trying = trying_of(state)
    checked = CODE in trying.values
    trying = replace(trying, slot=CODE, values={}, noted=(CODE,) if answer.ok else trying.noted)
    state = replace(state, trying=trying)
    code = picked(answer.result, "code")
    if checked and answer.ok:
        proved = picked(answer.result, "proved") != "address"
        return (_proved(state) if proved else state), Exit(_SUCCESS)
    if checked and code == "code_expired":
        return _send_again(state)
    if answer.ok:
        return say(state, question(scene, state, node), "listen")
    if (checked and code in ("code_tries", "code_none")) or not trying.noted:
        return state, Exit(FAILURE)
    attempts = trying.attempts + 1
    if attempts >= max(1, node.attempts):
        return state, Exit(FAILURE)
    state = replace(state, trying=replace(trying, attempts=attempts))
    wrong = sentence("wrong_code" if code == "code_wrong" else "failed", scene.moment.language)
    return say(
        state, f"{wrong} {question_again(scene, state, node) if node.retry else question(scene, state, node)}", "listen"
    )


def _send_again(state: FlowState) -> Result:
    """One more code; how many there may be, the web side knows."""
    return replace(state, trying=replace(trying_of(state), values={}), heard=""), Then("work")


def _wants_another(text: str, language: str) -> bool:
    pattern = _ANOTHER.get(language.split("-")[0].lower())
    return bool((pattern and pattern.search(text)) or _ANOTHER["en"].search(text))


def _proved(state: FlowState) -> FlowState:
    """Known in outer flows too, and never taken back by what the caller corrects later."""
    frames = tuple(
        frame if frame.entered else replace(frame, variables={**frame.variables, VERIFIED: "yes"})
        for frame in state.frames
    )
    return replace(state, variables={**state.variables, VERIFIED: "yes"}, frames=frames, trying=None, collected=())
