from __future__ import annotations

from inference.fixed_texts import fixed_texts, is_fixed
from inference.nodes import CallNode, CollectNode, EndNode, FlowSpec, GoalNode, SayNode, Slot, Subflow

FLOW = FlowSpec(
    "hi",
    (
        SayNode("hi", " Welcome. "),
        SayNode("again", "Welcome."),
        CollectNode("day", Slot("day", "date", "Which day?", retry="Which day, please?")),
        SayNode("so", "{{day}}, then."),
        CallNode("look", "slots", saying="One moment."),
        GoalNode("talk", "Be kind."),
    ),
    flows=(Subflow("sub", "bye", (EndNode("bye", "Goodbye."),)),),
)


def test_every_sentence_without_values_once_and_no_prompt() -> None:
    assert fixed_texts(FLOW) == ("Welcome.", "Which day?", "Which day, please?", "One moment.", "Goodbye.")


def test_a_text_is_fixed_when_known_sentences_make_it_up() -> None:
    known = fixed_texts(FLOW)
    assert is_fixed("Welcome.", known)
    assert is_fixed("Welcome. Which day, please?", known)
    assert not is_fixed("Monday, then.", known)
    assert not is_fixed("Welcome. Monday, then.", known)
