from __future__ import annotations

from inference.events import ConversationState, Message
from inference.live_state import LiveState


def test_a_snapshot_resumes_to_an_equal_snapshot_and_shares_nothing() -> None:
    snapshot = ConversationState("node", {"name": "Ada"}, (Message("user", "Hi"),), 7, True, "human")
    state = LiveState.resume(snapshot, "start")
    assert state.snapshot() == snapshot
    state.variables["name"] = "Bob"
    state.history.append(Message("assistant", "Hello"))
    assert snapshot.variables == {"name": "Ada"}
    assert len(snapshot.history) == 1


def test_without_a_snapshot_it_begins_at_the_start_node() -> None:
    assert LiveState.resume(None, "start").snapshot() == ConversationState(node="start")
