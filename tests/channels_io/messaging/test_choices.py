from __future__ import annotations

from channels_io.messaging.choices import asked_choices
from channels_io.messaging.content import Choice
from inference.events import ConversationState
from inference.flow.state import FlowState, Trying
from inference.nodes import Choice as FlowChoice
from inference.nodes import CollectNode, FlowSpec, FormNode, MenuNode, Node, SayNode, Slot
from inference.spec import AgentSpec

OFFERED = (FlowChoice("book", "Book"), FlowChoice("other"))
SHOWN = (Choice("book", "Book"), Choice("other", "other"))
SLOT = Slot("what", "choice", choices=OFFERED)


def asked(node: Node, /, **state: object) -> tuple[Choice, ...]:
    spec = AgentSpec(agent="ag_1", version="v", workspace="w", name="A", flow=FlowSpec(node.id, (node,)))
    flow = FlowState(**{"node": node.id, "stage": "listen", **state})  # type: ignore[arg-type]
    return asked_choices(ConversationState(flow=flow), spec)


def test_a_menu_that_waits_offers_its_choices() -> None:
    assert asked(MenuNode("m", "What?", OFFERED)) == SHOWN
    assert asked(MenuNode("m", "What?", OFFERED), trying=Trying(slot="choice")) == SHOWN


def test_a_question_with_choices_does_too() -> None:
    assert asked(CollectNode("c", SLOT)) == SHOWN
    assert asked(FormNode("f", (Slot("name"), SLOT)), trying=Trying(slot="what")) == SHOWN
    assert asked(FormNode("f", (Slot("name"), SLOT)), trying=Trying(slot="name")) == ()
    assert asked(FormNode("f", (SLOT,))) == ()


def test_nothing_else_has_buttons() -> None:
    menu = MenuNode("m", "What?", OFFERED)
    assert asked(SayNode("s", "Hi")) == ()
    assert asked(CollectNode("c", Slot("day", "date"))) == ()
    assert asked(CollectNode("c", Slot("pin", "choice", choices=OFFERED, masked=True))) == ()
    assert asked(menu, stage="say:ask") == ()
    assert asked(menu, ended=True) == ()
    assert asked(menu, trying=Trying(confirming="choice")) == ()
    assert asked(menu, node="elsewhere") == ()


def test_a_state_of_another_agent_says_nothing() -> None:
    spec = AgentSpec(
        agent="ag_1", version="v", workspace="w", name="A", flow=FlowSpec("m", (MenuNode("m", "?", OFFERED),))
    )
    state = ConversationState(flow=FlowState(node="m", stage="listen"), agent="ag_2")
    assert asked_choices(state, spec) == ()
    assert asked_choices(None, spec) == ()
