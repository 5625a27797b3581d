from __future__ import annotations

from channels_io.bench.corpus import all_clips
from channels_io.bench.peers.driver import PARLEY, PeerPlan
from channels_io.bench.peers.plan import AGENT, alternate, drafts


def test_questions_then_pauses_then_barge_ins_with_something_to_fall_into() -> None:
    calls = drafts(7, 2, 3)
    assert [len(call.clips) for call in calls] == [5, 2, 2, 2, 1]
    clips = all_clips()
    kinds = [{clips[name].kind for name in call.clips} for call in calls]
    assert kinds == [{"question"}, {"question"}, {"pause"}, {"barge_in"}, {"barge_in"}]
    assert [bool(call.lead) for call in calls] == [False, False, False, True, True]
    assert {clips[name].agent for call in calls for name in call.clips} == {AGENT}


def test_more_turns_than_clips_begin_again() -> None:
    names = [name for call in drafts(60, 0, 0) for name in call.clips]
    assert len(names) == 60
    assert names[0] in names[1:]


def test_the_stacks_take_turns_and_none_is_always_first() -> None:
    stacks = [PeerPlan("shipped", "ws://peer/shipped", ()), PeerPlan(PARLEY, "ws://parley", (), "ticket")]
    plan = alternate(drafts(10, 0, 1), stacks)
    assert [call.stack for call in plan] == ["shipped", PARLEY, PARLEY, "shipped", "shipped", PARLEY]
    assert {call.stack: (call.url, call.ticket) for call in plan} == {
        "shipped": ("ws://peer/shipped", ""),
        PARLEY: ("ws://parley", "ticket"),
    }
    by_stack = [[(call.clips, call.lead) for call in plan if call.stack == name] for name in ("shipped", PARLEY)]
    assert by_stack[0] == by_stack[1]
