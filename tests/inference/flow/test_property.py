"""Generated flows × inputs: they never loop, raise or end in silence, and the state is JSON at every step.

Hypothesis draws bytes, which a flow and a conversation are read from: fast, and a failure shrinks to few bytes.
10,000 of them in ten parts, which may run side by side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar, get_args

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inference.flow import advance, at, begin, expects, goal_of
from inference.flow.state import FlowState
from inference.flow.steps import (
    Answer,
    Call,
    Called,
    Choose,
    Chosen,
    Done,
    Fill,
    Filled,
    Finish,
    Generate,
    Heard,
    Leave,
    Listen,
    Pause,
    Say,
    Silence,
    Speak,
    Step,
)
from inference.nodes import (
    BranchNode,
    CallNode,
    Choice,
    CollectNode,
    Condition,
    Confirm,
    Edge,
    EndNode,
    ExtractNode,
    FlowLimits,
    FlowSpec,
    FormNode,
    Global,
    GoalNode,
    HandoffNode,
    KnowledgeNode,
    LanguageNode,
    MenuNode,
    MoveNode,
    Node,
    Operator,
    SayNode,
    SendNode,
    SetNode,
    Share,
    Slot,
    SlotKind,
    SplitNode,
    StartNode,
    Subflow,
    SubflowNode,
    TransferNode,
    VerifyNode,
    WaitNode,
)
from tests.support.flows import MONDAY, round_trip

T = TypeVar("T")
KINDS: Sequence[SlotKind] = get_args(SlotKind)
OPERATORS: Sequence[Operator] = get_args(Operator)
CONFIRMS: Sequence[Confirm] = get_args(Confirm)
NAMES = ("a", "b", "c", "said", "day", "caller_verified")
TEXTS = ("", "Hello.", "{{a}} and {{b}}", "{{7*7}} {a} ${a}", "What?", "   ", "{{unknown}}")
EVENTS = (
    "success",
    "failure",
    "silence",
    "no_match",
    "max_turns",
    "choice:x",
    "choice:yes",
    "declined",
    "split:x",
    "key:1",
    "key:0",
)
SAID = (
    "", "yes", "no", "No, Tuesday", "next Tuesday at half past three", "My name is Ona Lind", "x", "the second one", "what?",
    "Are you open on Saturday?", "I don't know", "seven", "ona at garden dot com", "oh seven nine double one", "{{a}}",
    "actually make that four", "I would like to speak to a human being please", "Tuesday. Do you take cards?", "the time is wrong",
    "12 Garden Street Leeds", "four eight two nine one three", "send it again", "\x00\ud7ff…", "no no no",
)  # fmt: skip
MOST_NODES = 12


class Bytes:
    """A conversation's worth of choices; when they run out, always the first."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._place = 0

    @property
    def left(self) -> bool:
        return self._place < len(self._data)

    def below(self, count: int) -> int:
        drawn = self._data[self._place] if self.left else 0
        self._place += 1
        return drawn % count

    def one(self, things: Sequence[T]) -> T:
        return things[self.below(len(things))]

    def odd(self) -> bool:
        return bool(self.below(2))


def a_slot(draw: Bytes) -> Slot:
    return Slot(
        draw.one(NAMES),
        draw.one(KINDS),
        draw.one(TEXTS),
        choices=(Choice("x", "the second one", key="1"), Choice("y", "why")),
        confirm=draw.one(CONFIRMS),
        attempts=draw.below(4),
        minimum=draw.one((None, None, 3.0)),
        maximum=draw.one((None, None, 3.0)),
        optional=draw.odd(),
        masked=draw.below(4) == 1,
        keypad=draw.odd(),
    )


def a_node(draw: Bytes, name: str) -> Node:
    text = draw.one(TEXTS)
    match draw.below(24):
        case 0:
            return StartNode(name)
        case 1:
            return SayNode(name, text, wait=draw.odd(), interruptible=draw.odd())
        case 2:
            return GoalNode(name, text, ("t",), speaks_first=draw.odd(), max_turns=draw.below(3))
        case 3 | 19 | 20:
            return CollectNode(name, a_slot(draw))
        case 5 | 4 | 21:
            return FormNode(name, tuple(a_slot(draw) for _ in range(draw.below(4))), draw.one(TEXTS))
        case 6:
            return BranchNode(name)
        case 7:
            return MenuNode(
                name, text, (Choice("x", key="1"), Choice("y", "why")), draw.one(("", "a")), attempts=draw.below(4)
            )
        case 8:
            return SetNode(
                name, ((draw.one(NAMES), text), (draw.one(NAMES), draw.one(("", "5", "2026-11-24", "{{a}}"))))
            )
        case 9:
            return ExtractNode(name, tuple(a_slot(draw) for _ in range(draw.below(3))))
        case 10:
            return CallNode(
                name, "t", (("p", text),), text, ((draw.one(NAMES), draw.one(("", "x.0", "x"))),), draw.below(20)
            )
        case 11:
            return KnowledgeNode(name, text, draw.one(NAMES))
        case 12:
            return SendNode(name, text, "sms", text)
        case 13:
            return TransferNode(name, text, text)
        case 22:
            return MoveNode(name, text, "sms", draw.one(TEXTS), goodbye=text)
        case 23:
            return VerifyNode(name, draw.one(TEXTS), saying=text, retry=draw.one(TEXTS), attempts=draw.below(4))
        case 14:
            return HandoffNode(name, "other", text) if draw.odd() else MenuNode(name, text, (Choice("x"),))
        case 15:
            inside, outside = draw.one(NAMES), draw.one(NAMES)
            return SubflowNode(name, draw.one(("one", "two", "gone")), ((inside, text),), ((outside, inside),))
        case 16:
            return LanguageNode(name, draw.one(("de", "xx", "")), "", text)
        case 17:
            return (
                WaitNode(name, draw.below(100) - 20, text)
                if draw.odd()
                else EndNode(name, text, draw.one(("", "booked")))
            )
        case _:
            return SplitNode(
                name,
                tuple(Share(share, weight) for share, weight in (("x", draw.below(3)), ("y", draw.below(2) - 1.0))),
            )


def rows(draw: Bytes) -> tuple[Condition, ...]:
    count = draw.below(3)
    return tuple(
        Condition(draw.one(NAMES), draw.one(OPERATORS), draw.one(("", "5", "yes", "{{a}}"))) for _ in range(count)
    )


def an_edge(draw: Bytes, names: Sequence[str]) -> Edge:
    target = "nowhere" if draw.below(32) == 31 else draw.one(names)
    match draw.below(4):
        case 0:
            return Edge(draw.one(names), target, priority=draw.below(3))
        case 1:
            return Edge(draw.one(names), target, "condition", rows=rows(draw), match=draw.one(("all", "any")))
        case 2:
            return Edge(draw.one(names), target, "event", event=draw.one(EVENTS))
        case _:
            return Edge(draw.one(names), target, "judged", label=draw.one(("the caller {{a}}", "", "it is urgent")))


def a_graph(draw: Bytes) -> tuple[tuple[Node, ...], tuple[Edge, ...], str]:
    names = [f"n{number}" for number in range(1 + draw.below(MOST_NODES))]
    nodes = tuple(a_node(draw, name) for name in names)
    ways = [Edge(name, draw.one(names)) for name in names if draw.below(8)]
    ways += [an_edge(draw, names) for _ in range(draw.below(2 * len(names) + 1))]
    return nodes, tuple(ways), "nowhere" if draw.below(64) == 63 else names[0]


def a_flow(draw: Bytes) -> FlowSpec:
    nodes, edges, start = a_graph(draw)
    flows = []
    for name in ("one", "two")[: draw.below(3)]:
        inner_nodes, inner_edges, inner_start = a_graph(draw)
        flows.append(Subflow(name, inner_start, inner_nodes, inner_edges))
    places = [node.id for node in nodes] + ["nowhere"]
    entrances = tuple(
        Global(draw.one(places), draw.one(("", "the caller {{a}}")), rows=rows(draw), returns=draw.odd())
        for _ in range(draw.below(3))
    )
    limits = FlowLimits(draw.one((60, 60, 60, 20, 3, 1)), draw.one((25, 25, 8, 2)), draw.one((60, 60, 60, 10)))
    return FlowSpec(start, nodes, edges, (), entrances, tuple(flows), (("a", "1"), ("day", "")), limits)


def an_answer(draw: Bytes, step: Step) -> Answer | None:
    if draw.below(16) == 15:
        return draw.one((None, Done(), Heard("x"), Silence(), Chosen(0), Filled({"a": "Tuesday"}), Called(True, "{}")))
    match step:
        case Listen():
            if draw.below(8) == 7:
                return Silence()
            return (
                Heard(draw.one(("1", "0", "1234", "2", "#")), keypad=True)
                if draw.below(6) == 5
                else Heard(draw.one(SAID))
            )
        case Choose():
            return Chosen(draw.one((None, None, *range(len(step.options)), 99)))
        case Fill():
            return Filled({slot.name: draw.one(SAID) for slot in step.slots if draw.odd()})
        case Call() | Leave():
            return Called(
                draw.odd(),
                draw.one(
                    ("", "{}", '{"x":[1]}', '{"x":"{{a}}"}', "[[", '{"code":"code_wrong"}', '{"code":"code_expired"}')
                ),
            )
        case _:
            return Done()


def check_step(flow: FlowSpec, state: FlowState, step: Step) -> None:
    assert round_trip(state) == state
    assert isinstance(step, Say | Generate | Choose | Fill | Call | Speak | Pause | Listen | Leave | Finish)
    assert len(state.path) <= flow.limits.steps + 1
    match step:
        case Say(text=text):
            assert text.strip()
        case Choose(options=options):
            assert options and all(options)
        case Generate(node=node):
            assert goal_of(flow, state) in (None, node) or step.aside
        case Pause(seconds=seconds):
            assert 0 <= seconds <= 60


def converse(data: bytes) -> None:
    """One conversation: everything the issue promises of it is asserted on the way."""
    draw = Bytes(data)
    flow = a_flow(draw)
    moment = replace(MONDAY, person=draw.one(("", "p1")), language=draw.one(("en", "de", "xx")), voice=draw.odd())
    state, answer, speech, since = begin(flow, {"caller": "+44"}), None, True, 0
    while True:
        frozen = msgspec.json.encode(state)
        after, step = advance(flow, state, answer, moment)
        assert msgspec.json.encode(state) == frozen, "the state given was changed"
        assert advance(flow, round_trip(state), answer, moment) == (after, step), "not resumable"
        check_step(flow, after, step)
        moved, state = after != state, after
        since = 0 if isinstance(answer, Heard | Silence) else since + 1
        assert since < 40 * flow.limits.steps + 200, "it never listens"
        if isinstance(answer, Heard | Silence) and moved:
            speech = False
        speech = speech or isinstance(step, Say | Generate) or (isinstance(step, Call) and bool(step.saying))
        if isinstance(step, Listen | Finish):
            assert speech or isinstance(answer, Called), f"silence before {step}"
        if isinstance(step, Finish) or (isinstance(step, Listen) and not draw.left):
            at(flow, state) if flow.start != "nowhere" else None
            expects(flow, state)
            return
        answer = an_answer(draw, step)


@pytest.mark.timeout(240)
@pytest.mark.parametrize("part", range(7))
@settings(max_examples=1000, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(st.binary(min_size=60, max_size=320))
def test_generated_flows_never_loop_raise_or_end_silently(part: int, data: bytes) -> None:
    converse(data)


@pytest.mark.timeout(240)
@pytest.mark.parametrize("part", range(3))
@settings(max_examples=1000, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(st.randoms(use_true_random=False), st.integers(200, 900))
def test_long_conversations_too(part: int, random: object, length: int) -> None:
    converse(random.randbytes(length))  # type: ignore[attr-defined]
