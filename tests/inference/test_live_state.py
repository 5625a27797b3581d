from __future__ import annotations

from inference.events import ConversationState, Message
from inference.flow.state import FlowState, Frame, Trying
from inference.live_state import INSTRUCTION_CHARS, MOST_INSTRUCTIONS, LiveState
from inference.nodes import CollectNode, FlowSpec, GoalNode, Slot
from inference.spec import AgentSpec, LanguageSpec, VoiceSpec

SPEC = AgentSpec(
    agent="ag", version="vn", workspace="ws", name="A", flow=FlowSpec("goal", (GoalNode("goal", ""),)), language="en"
)
CARD = CollectNode("card", Slot("card", "digits", masked=True))
PAYING = AgentSpec(agent="pay", version="vn", workspace="ws", name="P", flow=FlowSpec("card", (CARD,)))


def test_a_snapshot_resumes_to_an_equal_snapshot_and_shares_nothing() -> None:
    flow = FlowState(node="goal", variables={"name": "Ada"}, turns=3)
    snapshot = ConversationState(
        "goal", {"name": "Ada"}, (Message("user", "Hi"),), 7, True, "human", "So far.", flow, "ag_2", "de", "anna"
    )
    state = LiveState.resume(snapshot, SPEC)
    assert state.snapshot() == snapshot
    assert (state.spec.language, state.spec.voice) == ("de", VoiceSpec(name="anna", language="de"))
    state.history.append(Message("assistant", "Hello"))
    assert len(snapshot.history) == 1


def test_instructions_wait_to_be_followed_and_the_oldest_are_forgotten() -> None:
    state = LiveState(SPEC)
    for number in range(MOST_INSTRUCTIONS + 2):
        state.instruct(f" Say {number}. ")
    assert state.instructions[0] == "Say 2."
    assert state.to_follow == tuple(state.instructions)
    state.followed(3)
    assert state.to_follow == tuple(state.instructions[3:])
    state.instruct("x" * (INSTRUCTION_CHARS + 1))
    assert [len(text) for text in state.to_follow] == [6, 6, 6, 6, 6, INSTRUCTION_CHARS]
    state.followed(9)
    assert state.to_follow == ()
    resumed = LiveState.resume(state.snapshot(), SPEC)
    assert (resumed.to_follow, resumed.instructions) == ((), state.instructions)


def test_misses_are_counted_in_a_row() -> None:
    state = LiveState(SPEC)
    counted = []
    for missed in (True, True, False, True):
        state.count_miss(missed)
        counted.append(state.snapshot().misses)
    assert counted == [1, 2, 0, 1]


def test_a_snapshot_from_before_flows_resumes_at_its_node() -> None:
    state = LiveState.resume(ConversationState("goal", {"name": "Ada"}, turn=2, greeted=True), SPEC)
    assert (state.flow.node, state.flow.variables) == ("goal", {"name": "Ada"})


def test_without_a_snapshot_it_has_not_begun() -> None:
    assert LiveState.resume(None, SPEC).snapshot() == ConversationState()


def test_another_agent_speaks_its_own_language_and_hides_its_own_values() -> None:
    state = LiveState(SPEC, FlowState(node="goal", variables={"card": "4321"}))
    state.speak("de", "anna")
    assert state.snapshot().variables == {"card": "4321"}
    state.hand_over(PAYING)
    assert (state.spec, state.agent, state.language, state.voice) == (PAYING, "pay", "", "")
    assert state.snapshot().variables == {}


def test_masked_values_are_in_no_snapshot() -> None:
    trying = Trying(slot="card", values={"card": "4321", "day": "Monday"})
    frame = Frame("menu", variables={"card": "4321", "day": "Monday"}, trying=trying)
    flow = FlowState(
        node="card", variables={"card": "4321", "day": "Monday"}, trying=trying, frames=(frame,), heard="4321"
    )
    state = LiveState(PAYING, flow)
    stored = state.snapshot()
    assert "4321" not in repr(stored)
    assert stored.flow.frames[0].variables == {"day": "Monday"}
    assert stored.flow.trying == Trying(slot="card", values={"day": "Monday"})
    assert state.flow.variables["card"] == "4321"


SPEAKING = AgentSpec(
    agent="ag",
    version="vn",
    workspace="ws",
    name="A",
    flow=FlowSpec("goal", (GoalNode("goal", ""),)),
    voice=VoiceSpec(language="en"),
    languages=(LanguageSpec("de", VoiceSpec("coqui", "anna", language="de")),),
)


def test_each_language_has_its_voice_and_the_way_back_is_the_agent_as_it_was() -> None:
    state = LiveState(SPEAKING)
    state.speak("de", "")
    assert (state.spec.language, state.spec.voice) == ("de", VoiceSpec("coqui", "anna", language="de"))
    assert (state.snapshot().language, state.snapshot().voice, state.own_language) == ("de", "", "en")
    assert LiveState.resume(state.snapshot(), SPEAKING).spec == state.spec
    state.speak("en", "")
    assert state.spec == SPEAKING


def test_a_voice_that_the_flow_names_stays_where_languages_have_none_of_their_own() -> None:
    state = LiveState(SPEC)
    state.speak("de", "anna")
    state.speak("fr", "")
    assert state.spec.voice == VoiceSpec(name="anna", language="fr")
    state = LiveState(SPEAKING)
    state.speak("en", "bella")
    state.speak("de", "")
    assert state.spec.voice.name == "anna"
