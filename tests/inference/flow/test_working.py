"""Nodes whose work is done outside: what is asked for, and where the answer leads."""

from __future__ import annotations

from inference.flow import advance
from inference.flow.sentences import sentence
from inference.flow.steps import Call, Called, Finish, Leave, Pause, Say, Speak
from inference.flow.values import LONGEST, picked
from inference.nodes import (
    CallNode,
    CollectNode,
    Edge,
    EndNode,
    GoalNode,
    HandoffNode,
    KnowledgeNode,
    LanguageNode,
    Node,
    SayNode,
    SendNode,
    Slot,
    TransferNode,
    WaitNode,
)
from tests.support.flows import MONDAY, Talk, flow_of

DAY = CollectNode("c", Slot("day", "date", "Which day?"))


def forked(node: Node, **rest: object) -> Talk:
    edges = (Edge(node.id, "good", "event", event="success"), Edge(node.id, "bad", "event", event="failure"))
    ends = SayNode("good", "Good: {{a}} {{b}}.", wait=True), SayNode("bad", "Bad.", wait=True)
    return Talk(flow_of(node, *ends, edges=edges, variables=(("n", "7"),)), **rest)  # type: ignore[arg-type]


def test_a_tool_is_called_with_values_and_its_answer_kept() -> None:
    node = CallNode(
        "x", "slots", (("day", "{{n}}"), ("z", "{{gone}}")), "One moment.", (("a", "free.0.time"), ("b", "")), 5
    )
    result = '{"free":[{"time":"15:30"}]}'
    talk = forked(node, call={"slots": Called(True, result)})
    assert talk.steps[0] == Call("x", "slots", {"day": "7", "z": ""}, "One moment.", 5)
    assert talk.said == ["One moment.", f"Good: 15:30 {result}."]


def test_a_tool_that_fails() -> None:
    talk = forked(CallNode("x", "slots", results=(("a", "x"),)), call={})
    assert (talk.said, talk.variables["a"]) == (["Bad."], "")
    talk = Talk(
        flow_of(CallNode("x", "slots"), EndNode("e", "Booked."), edges=(Edge("x", "e", "event", event="success"),))
    )
    assert (talk.said, talk.ended) == ([sentence("failed", "en"), sentence("goodbye", "en")], "completed")


def test_what_a_tool_answers_is_never_a_template() -> None:
    talk = forked(CallNode("x", "t", results=(("a", "x"),)), call={"t": Called(True, '{"x":"{{n}} {{7*7}}"}')})
    assert talk.said == ["Good: {{n}} {{7*7}} ."]


def test_paths_into_an_answer() -> None:
    answer = '{"a":{"b":[1,{"c":true}],"d":null},"e":1.5}'
    assert [picked(answer, path) for path in ("a.b.0", "a.b.1.c", "a.d", "e", "a.b")] == [
        "1",
        "true",
        "",
        "1.5",
        '[1,{"c":true}]',
    ]
    assert [picked(answer, path) for path in ("a.x", "a.b.7", "a.b.x", "e.f", "a.b.-1", "..", "a.b.²")] == [""] * 7
    assert picked("no json", "a") == picked("[" * 100_000, "0") == ""
    assert picked("plain", "") == "plain" and len(picked("x" * 9000, "")) == LONGEST


def test_knowledge_a_message_and_a_person_are_tools_of_the_house() -> None:
    talk = forked(
        KnowledgeNode("k", "About {{n}}", "a", ("prices",)), call={"parley.knowledge": Called(True, "We do.")}
    )
    assert talk.steps[0] == Call("k", "parley.knowledge", {"query": "About 7", "sources": "prices"})
    assert talk.said == ["Good: We do. ."]
    send = SendNode("s", "See you on {{day}}.", "sms", "{{caller}}", "I'll text you.")
    talk = Talk(
        flow_of(DAY, send, EndNode("e", "Bye.")), facts={"caller": "+44 1"}, call={"parley.send": Called(True, "")}
    )
    assert talk.hear("Tuesday") == "I'll text you. Bye."
    (call,) = (step for step in talk.steps if isinstance(step, Call))
    assert call.arguments["to"] == "+44 1" and "24" in call.arguments["text"] and call.arguments["channel"] == "sms"


def test_a_transfer_that_succeeds_ends_the_agents_part() -> None:
    node = TransferNode("t", "+44 {{n}}", "I'll put you through.", "About {{n}}", "warm")
    talk = Talk(flow_of(node, variables=(("n", "7"),)), call={"parley.transfer": Called(True, "")})
    assert talk.steps[0].arguments == {"target": "+44 7", "briefing": "About 7", "mode": "warm"}  # type: ignore[union-attr]
    assert (talk.said, talk.ended) == (["I'll put you through."], "transferred")


def test_a_transfer_that_nobody_takes() -> None:
    assert forked(TransferNode("t", "desk")).said == ["Bad."]
    talk = Talk(flow_of(TransferNode("t", "desk")))
    assert (talk.said, talk.ended) == ([sentence("nobody", "en"), sentence("goodbye", "en")], "completed")


def test_another_agent() -> None:
    flow = flow_of(
        HandoffNode("h", "sales", "My colleague goes on.", "summary"),
        EndNode("e", "No colleague."),
        edges=(Edge("h", "e", "event", event="failure"),),
    )
    talk = Talk(flow)
    assert talk.steps == [Say("My colleague goes on."), Leave("sales", "summary")]
    assert advance(flow, talk.state, Called(False, ""), MONDAY)[1] == Say("No colleague.")
    assert advance(flow, talk.state, Called(True, ""), MONDAY)[1] == Finish("handed_off")


def test_another_language_and_a_wait() -> None:
    nodes = LanguageNode("l", "de", "anna", "Guten Tag."), WaitNode("w", 3, "One moment."), GoalNode("g", "Talk.")
    talk = Talk(flow_of(*nodes))
    assert talk.steps[:4] == [Speak("de", "anna"), Say("Guten Tag."), Say("One moment."), Pause(3)]
    assert talk.node == "g"
    assert Talk(flow_of(WaitNode("w", 1e9))).steps[0] == Pause(60)


def test_what_has_been_done_is_not_taken_back() -> None:
    def day(**rest: bool) -> object:
        flow = flow_of(
            DAY, CallNode("x", "book", **rest), GoalNode("g", "Talk."), edges=(Edge("c", "x"), Edge("x", "g"))
        )
        talk = Talk(flow, call={"book": Called(True, "")})
        talk.hear("Tuesday")
        talk.hear("Actually, make that Friday")
        return talk.variables["day"]

    assert (day(changes=True), day()) == ("2026-11-24", "2026-11-27")


TEAM = TransferNode(
    "t", "", "One moment.", "About {{n}}", to="team", reason="{{n}}", skills=("german",), waiting="talk"
)


def to_team(answer: Called, *edges: Edge, **more: object) -> Talk:
    nodes = (TEAM, EndNode("e", "Nobody."), GoalNode("g", "Talk."))
    flow = flow_of(*nodes, edges=edges or (Edge("t", "e", "event", event="failure"),), variables=(("n", "7"),))
    return Talk(flow, call={"parley.transfer": answer}, **more)  # type: ignore[arg-type]


def test_a_team_is_asked_with_all_it_has_to_know() -> None:
    step = to_team(Called(True, '{"waiting":true}')).steps[0]
    assert isinstance(step, Call) and step.seconds == 900
    assert (step.tool, step.arguments) == (
        "parley.transfer",
        {"to": "team", "target": "", "reason": "7", "briefing": "About 7", "skills": "german", "waiting": "talk"},
    )


def test_while_a_team_is_waited_for_the_agent_goes_on() -> None:
    talk = to_team(
        Called(True, '{"waiting":true,"words":"A colleague comes."}'),
        Edge("t", "g", "event", event="waiting"),
        Edge("t", "e", "event", event="failure"),
    )
    assert (talk.said[:2], talk.node) == (["One moment.", "A colleague comes."], "g")


def test_without_a_way_on_the_agent_waits_and_answers_meanwhile() -> None:
    talk = to_team(Called(True, '{"waiting":true,"words":"A colleague comes."}'))
    assert (talk.said, talk.node) == (["One moment.", "A colleague comes."], "t")
    talk.hear("How long will it take?")
    assert talk.node == "t"
    assert len([step for step in talk.steps if isinstance(step, Call)]) == 1, "nobody is asked twice"
    assert not talk.ended


def test_somebody_who_took_it_ends_nothing() -> None:
    talk = to_team(Called(True, '{"taken":true}'), Edge("t", "e", "event", event="success"))
    assert (talk.node, talk.ended) == ("t", "")


def test_nobody_of_the_team() -> None:
    talk = to_team(Called(False, '{"words":"We will call you back.","error":"Nobody.","code":"nobody"}'))
    assert talk.said == ["One moment.", "We will call you back.", "Nobody."]
    assert to_team(Called(False, '{"words":""}')).said == ["One moment.", "Nobody."]
