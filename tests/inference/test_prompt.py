from __future__ import annotations

from inference.events import Message
from inference.nodes import Edge, EndNode, FlowSpec, GoalNode, Subflow, ToolSpec
from inference.prompt import goal_tools, instruction, language_line, prefix, prompt, task
from inference.spec import AgentSpec

GOAL = GoalNode(id="talk", prompt="Help the caller.", tools=("slots",))
END = EndNode(id="bye", text="Goodbye.")
FLOW = FlowSpec(
    start="talk",
    nodes=(GOAL, END),
    edges=(Edge("talk", "bye", "judged", "done"), Edge("talk", "bye", "else")),
    tools=(ToolSpec("slots", "Free slots"), ToolSpec("other", "Not for this node")),
)
SPEC = AgentSpec(agent="ag", version="vn", workspace="ws", name="A", flow=FLOW, instructions="You are A. ")


def test_the_head_is_the_same_for_every_caller() -> None:
    head = prefix(SPEC)
    assert head == (Message("system", "You are A."),)
    one = prompt(SPEC, "Now: Monday", [Message("user", "Hi")])
    other = prompt(SPEC, "", [])
    assert tuple(one[:1]) == tuple(other[:1]) == head
    assert one[1:] == [Message("system", "Now: Monday"), Message("user", "Hi")]


def test_lines_of_one_side_are_joined_but_tool_lines_are_not() -> None:
    history = [
        Message("assistant", "Hello."),
        Message("assistant", "How can I help?"),
        Message("user", "I want"),
        Message("user", "to book"),
        Message("assistant", "", "slots", "c1", "{}"),
        Message("tool", "[]", "slots", "c1"),
        Message("assistant", "None left."),
    ]
    assert prompt(SPEC, "", history)[1:] == [
        Message("assistant", "Hello. How can I help?"),
        Message("user", "I want to book"),
        *history[4:],
    ]


def test_an_empty_agent_has_no_head() -> None:
    bare = AgentSpec(agent="a", version="v", workspace="w", name="n", flow=FlowSpec("g", (GoalNode("g", " "),)))
    assert prefix(bare) == ()


def test_a_task_is_said_where_its_node_is_entered_and_not_again() -> None:
    said = task("talk", " Help. ", ())
    assert said == Message("system", "Help.", "talk")
    history = [said, Message("user", "Hi"), Message("system", "An operator's notice.")]
    assert task("talk", "Help Ada.", history) is None
    assert task("book", "Book.", history) == Message("system", "Book.", "book")
    assert task("talk", "Help.", [*history, Message("system", "Book.", "book")]) == said
    assert task("talk", "  ", ()) is None


def test_the_tools_of_all_goals_stand_in_every_prompt() -> None:
    inner = Subflow("sub", "deep", (GoalNode("deep", "Deeper.", ("other",)),))
    assert goal_tools(FLOW) == (FLOW.tools[0],)
    assert goal_tools(FlowSpec("talk", (GOAL, END), (), FLOW.tools, flows=(inner,))) == FLOW.tools


def test_an_instruction_is_read_behind_the_words_that_are_answered_after_it() -> None:
    wanted = instruction("Be brief.")
    read = prompt(SPEC, "", [Message("user", "Hi"), wanted, Message("assistant", "Hello."), wanted])
    assert read[1:] == [
        Message("user", "Hi [Be brief.]"),
        Message("assistant", "Hello."),
        Message("user", "[Be brief.]"),
    ]


def test_the_model_is_told_which_language_to_speak_when_it_changes_and_once() -> None:
    german = language_line("de", "en", [])
    assert german == Message("system", "From now on speak German.")
    assert language_line("en", "en", []) is None
    assert language_line("de-AT", "en", [german, Message("user", "Ja.")]) is None
    assert language_line("en", "en", [german]) == Message("system", "From now on speak English.")
    assert language_line("de", "de", [Message("user", "From now on speak French.")]) is None, "the caller said it"
