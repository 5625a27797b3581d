"""Which way it goes: branches, judged edges, global nodes, sub-flows, splits, and what is set and extracted."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from inference.flow import begin
from inference.flow.sentences import sentence
from inference.flow.steps import Choose, Fill, Generate
from inference.nodes import (
    BranchNode,
    CollectNode,
    Condition,
    Edge,
    EndNode,
    ExtractNode,
    FlowLimits,
    FlowSpec,
    FormNode,
    Global,
    GoalNode,
    SayNode,
    SetNode,
    Share,
    Slot,
    SplitNode,
    Subflow,
    SubflowNode,
)
from tests.support.flows import MONDAY, Talk, flow_of

DAY = Slot("day", "date", "Which day?")
HOUR = Slot("hour", "time", "What time?")
DONE = SayNode("done", "Done.", wait=True)
HUMAN = Global("human", "the caller wants a person")
FAQ = Global("faq", "the caller has a question")


def test_conditions_then_events_then_the_model_then_else() -> None:
    edges = (
        Edge("b", "else"),
        Edge("b", "judged", "judged", label="it is urgent"),
        Edge("b", "second", "condition", rows=(Condition("n", "is_set"),), priority=2),
        Edge("b", "first", "condition", rows=(Condition("n", "greater", "5"),), priority=1),
    )
    ends = tuple(EndNode(name, name) for name in ("first", "second", "judged", "else"))
    flow = flow_of(SayNode("s", "Well?", wait=True), BranchNode("b"), *ends, edges=(Edge("s", "b"), *edges))
    assert Talk(flow, facts={"n": "9"}).hear("Hm") == "first"
    assert Talk(flow, facts={"n": "1"}).hear("Hm") == "second"
    assert Talk(flow, choose="urgent").hear("Hm") == "judged"
    talk = Talk(flow)
    assert (talk.hear("Hm"), talk.count(Choose)) == ("else", 1)


def test_nothing_is_judged_before_the_caller_has_spoken() -> None:
    edges = (Edge("b", "x", "judged", label="it is urgent"), Edge("b", "y"))
    talk = Talk(flow_of(BranchNode("b"), EndNode("x", "x"), EndNode("y", "y"), edges=edges), choose="urgent")
    assert (talk.said, talk.count(Choose)) == (["y"], 0)


def test_one_choice_asks_for_edges_and_globals_together() -> None:
    edges = (
        Edge("g", "a", "judged", label="{{what}}", priority=2),
        Edge("g", "b", "judged", label="cancel", priority=1),
    )
    nodes = GoalNode("g", ""), EndNode("a"), EndNode("b"), EndNode("human", "A person.")
    talk = Talk(flow_of(*nodes, edges=edges, globals=(HUMAN,)), facts={"what": "book"}, choose="a person")
    assert talk.hear("Get me somebody") == "A person."
    assert [step for step in talk.steps if isinstance(step, Choose)] == [
        Choose(("cancel", "book", HUMAN.label), doubted=(2,))
    ]


def test_a_global_answers_and_goes_back_to_the_question() -> None:
    nodes = CollectNode("c", DAY), DONE, GoalNode("faq", "Answer."), SayNode("human", "Wait."), EndNode("e", "Bye.")
    flow = flow_of(*nodes, edges=(Edge("c", "done"), Edge("human", "e")), globals=(FAQ, HUMAN))
    talk = Talk(flow, choose="has a question")
    assert talk.hear("What should I bring along") == "[Answer.] Which day?"
    assert (talk.node, talk.state.frames) == ("c", ())
    talk.hear("Tuesday")
    assert talk.node == "done"
    talk = Talk(flow, choose="wants a person")
    assert (talk.hear("I want a human being"), talk.ended) == ("Wait. Bye.", "completed")


def test_a_form_goes_on_where_a_global_left_it() -> None:
    nodes = FormNode("f", (DAY, HOUR)), DONE, SayNode("faq", "Both sides of the street.")
    talk = Talk(flow_of(*nodes, edges=(Edge("f", "done"),), globals=(FAQ,)), choose="has a question")
    talk.hear("Tuesday")
    assert talk.hear("And where may I park my car then") == "Both sides of the street. What time?"
    talk.hear("At four")
    assert (talk.variables["day"], talk.node) == ("2026-11-24", "done")


def test_a_global_that_stays() -> None:
    nodes = GoalNode("g", "Talk."), SayNode("human", "Wait.")
    talk = Talk(FlowSpec("g", nodes, globals=(Global("human", HUMAN.label, returns=False),)), choose="person")
    assert (talk.hear("A person!"), talk.ended) == (f"Wait. {sentence('goodbye', 'en')}", "completed")


def test_a_global_by_condition_is_entered_when_it_begins_to_hold() -> None:
    rows = (Condition("said", "contains", "operator"),)
    nodes = GoalNode("g", "Talk."), SayNode("op", "Nobody is here.")
    talk = Talk(FlowSpec("g", nodes, globals=(Global("op", rows=rows),)))
    assert talk.hear("Operator!") == "Nobody is here."
    assert talk.hear("Operator, please") == "[Talk.]"
    assert talk.hear("Well then") == "[Talk.]"
    assert talk.hear("The operator") == "Nobody is here."
    assert talk.count(Choose) == 0


def test_a_global_inside_a_global_comes_back_twice() -> None:
    nodes = CollectNode("c", DAY), CollectNode("ask", HOUR), SayNode("faq", "Answer.")
    flow = FlowSpec("c", nodes, globals=(Global("ask", "time"), Global("faq", "question")))
    talk = Talk(flow, choose="time")
    assert talk.hear("Hm hm hm") == "What time?"
    talk.choose = "question"
    assert talk.hear("Hm hm hm") == "Answer. What time?"
    assert talk.hear("At four") == "Which day?"
    assert talk.state.frames == ()


ADDRESS = Subflow(
    "address",
    "ask",
    (CollectNode("ask", DAY), SetNode("set", (("result", "{{day}} {{given}}"),))),
    (Edge("ask", "set"),),
)


def test_a_subflow_has_its_own_variables_and_gives_back_outputs() -> None:
    sub = SubflowNode("sub", "address", inputs=(("given", "<{{n}}>"),), outputs=(("when", "result"), ("lost", "gone")))
    talk = Talk(flow_of(sub, DONE, flows=(ADDRESS,), variables=(("n", "7"), ("day", "kept"))))
    assert (talk.said, talk.state.flow, talk.node) == (["Which day?"], "address", "ask")
    assert talk.variables == {"given": "<7>"}
    talk.hear("Tuesday")
    assert (talk.state.flow, talk.node) == ("", "done")
    assert talk.variables == {"n": "7", "day": "kept", "when": "2026-11-24 <7>", "lost": ""}
    assert talk.state.path == ("address/set", "done")


def test_a_subflow_that_does_not_exist_is_a_failure() -> None:
    edges = (Edge("sub", "bad", "event", event="failure"),)
    assert Talk(flow_of(SubflowNode("sub", "gone"), EndNode("bad", "Bad."), edges=edges)).said == ["Bad."]
    assert Talk(flow_of(SubflowNode("sub", "gone"))).said == [sentence("failed", "en"), sentence("goodbye", "en")]


def test_a_subflow_that_calls_itself_ends_in_speech() -> None:
    loop = Subflow("loop", "a", (SubflowNode("a", "loop"),))
    talk = Talk(flow_of(SubflowNode("sub", "loop"), flows=(loop,)))
    assert (talk.said, talk.ended) == ([sentence("limit", "en")], "limit")


def test_an_end_in_a_subflow_ends_the_conversation() -> None:
    inner = Subflow("in", "e", (EndNode("e", "Bye.", "booked"),))
    talk = Talk(flow_of(SubflowNode("sub", "in"), DONE, flows=(inner,)))
    assert (talk.said, talk.ended) == (["Bye."], "booked")


def test_a_global_out_of_a_subflow_comes_back_into_it() -> None:
    talk = Talk(
        flow_of(
            SubflowNode("sub", "address"),
            DONE,
            SayNode("faq", "Yes."),
            flows=(ADDRESS,),
            globals=(FAQ,),
            edges=(Edge("sub", "done"),),
        )
    )
    talk.choose = "question"
    assert talk.hear("Is it far from there at all") == "Yes. Which day?"
    talk.hear("Tuesday")
    assert talk.node == "done"


def test_a_split_is_sticky_and_follows_the_weights() -> None:
    shares = Share("a", 3), Share("b", 1), Share("never", 0)
    edges = tuple(Edge("s", name, "event", event=f"split:{name}") for name in ("a", "b", "never"))
    flow = flow_of(SplitNode("s", shares), EndNode("a", "a"), EndNode("b", "b"), EndNode("never", "never"), edges=edges)
    ways = Counter(Talk(flow, moment=replace(MONDAY, person=f"p{person}")).said[0] for person in range(400))
    assert set(ways) == {"a", "b"} and 270 <= ways["a"] <= 330
    assert Talk(flow, moment=replace(MONDAY, person="p1")).said == Talk(flow, moment=replace(MONDAY, person="p1")).said
    assert Talk(flow_of(SplitNode("s", ()), DONE, edges=(Edge("s", "done"),))).node == "done"


def test_values_are_set_one_after_another_and_read_by_flat_name() -> None:
    node = SetNode("s", (("a", "{{n}}!"), ("b", "{{a}} {{a.b}} {{7*7}}")))
    talk = Talk(flow_of(node, DONE), facts={"n": "1"})
    assert (talk.variables["a"], talk.variables["b"]) == ("1!", "1! {{a.b}} {{7*7}}")


def test_extracting_takes_what_rules_find_and_asks_the_model_for_the_rest() -> None:
    nodes = SayNode("s", "Well?", wait=True), ExtractNode("x", (DAY, HOUR)), DONE
    talk = Talk(flow_of(*nodes), fill={"hour": "around four", "day": "Friday"})
    talk.hear("I'd like to come on Tuesday")
    assert (talk.variables["day"], talk.variables["hour"]) == ("2026-11-24", "16:00")
    assert [step for step in talk.steps if isinstance(step, Fill)] == [Fill((HOUR,), whole=True)]
    talk = Talk(flow_of(*nodes), fill={"hour": "bananas"})
    talk.hear("Tuesday")
    assert "hour" not in talk.variables
    assert Talk(flow_of(*nodes[1:])).count(Fill) == 0


def test_masked_values_reach_tools_but_no_text_and_no_prompt() -> None:
    code = Slot("code", "digits", "Your code?", masked=True)
    goal = GoalNode("g", "Code {{code}}, name {{name}}.")
    talk = Talk(flow_of(CollectNode("c", code), SayNode("s", "Thanks for {{code}}."), goal), facts={"name": "Ona"})
    assert "1234" not in talk.press("1234")
    assert talk.hear("Hello") == "[Code , name Ona.]"


def test_what_is_said_is_in_spoken_form_and_what_a_model_reads_is_not() -> None:
    goal = GoalNode("g", "On {{day}}.", speaks_first=True)
    talk = Talk(flow_of(CollectNode("c", DAY), SayNode("s", "See you on {{day}}."), goal))
    assert talk.hear("Tuesday") == "See you on Tuesday the 24th of November. [On 2026-11-24.]"


def test_a_flow_of_200_nodes_asks_the_model_no_more_than_one_of_ten() -> None:
    def large(count: int) -> FlowSpec:
        nodes = [GoalNode(f"g{number}", f"Goal {number}.") for number in range(count)]
        edges = [Edge(f"g{n}", f"g{(n + 1) % count}", "judged", label=f"the caller wants {n}") for n in range(count)]
        return FlowSpec("g0", tuple(nodes), tuple(edges), limits=FlowLimits(steps=60))

    def cost(count: int) -> tuple[int, int]:
        talk = Talk(large(count))
        talk.hear("Hello")
        chosen = [step for step in talk.steps if isinstance(step, Choose)]
        made = [step for step in talk.steps if isinstance(step, Generate)]
        return len(" ".join(label for step in chosen for label in step.options)), len(made[0].node.prompt)

    assert cost(200) == cost(10)


def test_a_beginning_knows_its_variables_and_facts() -> None:
    flow = flow_of(DONE, variables=(("a", "1"), ("caller", "?")))
    assert begin(flow, {"caller": "+44"}).variables == {"a": "1", "caller": "+44"}
