from __future__ import annotations

from typing import Any

import pytest

from channels_io.live import exchange as module
from channels_io.live import messages as out
from channels_io.live.exchange import ExchangeChannel, Reply, whole_exchange
from channels_io.live.facts import LegFacts
from inference.errors import WorkerError
from inference.events import ConversationState
from tests.channels_io.live.script import SPEC

M = "m1"


class OfALeg:
    kind = "paper"


class Opened:
    def __init__(self, owner: Any = "ai") -> None:
        self.leg = OfALeg()
        self.facts = LegFacts(
            leg="lg_1", conversation="cv_1", agent="Ada", spec=SPEC, state=ConversationState(owner=owner)
        )


def telling(monkeypatch: pytest.MonkeyPatch, *events: out.ChannelEvent) -> None:
    """A leg that tells these, then waits for the hang-up."""

    async def run_leg(channel: ExchangeChannel, opened: Any, **_: Any) -> None:
        for event in events:
            await (channel.clear(event.turn) if isinstance(event, out.Clear) else channel.send(event))
        while not isinstance(await channel.inbox.get(), out.Hangup):
            pass

    monkeypatch.setattr(module, "run_leg", run_leg)


async def exchanged(opened: Any = None) -> Reply:
    return await whole_exchange(opened or Opened(), "Hi", M)


async def test_a_greeting_goes_before_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    telling(
        monkeypatch,
        out.ReplyDone(0, "Hello.", 0),
        out.Heard(1, "Hi", "text", M),
        out.ReplyText(1, "Yes?"),
        out.ReplyDone(1, "Yes?", 0),
    )
    assert await exchanged() == Reply("cv_1", M, 1, "Yes?", before="Hello.")


async def test_a_greeting_that_was_cut_was_not_said(monkeypatch: pytest.MonkeyPatch) -> None:
    telling(
        monkeypatch,
        out.ReplyDone(0, "Hello.", 0),
        out.Clear(0),
        out.Heard(1, "Hi", "text", M),
        out.ReplyDone(1, "Yes?", 0),
    )
    assert (await exchanged()).before == ""


async def test_an_answer_that_was_still_owed_comes_along(monkeypatch: pytest.MonkeyPatch) -> None:
    telling(
        monkeypatch,
        out.ReplyDone(4, "To your last question: yes.", 0),
        out.Heard(5, "Hi", "text", M),
        out.ReplyDone(5, "Hello again.", 0, end="done"),
    )
    assert await exchanged() == Reply("cv_1", M, 5, "Hello again.", "agent_ended", "To your last question: yes.")


async def test_while_a_person_has_it_the_agent_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    telling(monkeypatch, out.Heard(3, "Hi", "text", M))
    assert await exchanged(Opened("human")) == Reply("cv_1", M, 3, "")


async def test_a_leg_that_fails_has_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    telling(monkeypatch, out.Failed("no_worker", "Nobody.", True))
    with pytest.raises(WorkerError) as refused:
        await exchanged()
    assert refused.value.code == "no_worker"


async def test_an_answer_that_does_not_come_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ANSWER_SECONDS", 0.05)
    telling(monkeypatch, out.Heard(1, "Hi", "text", M))
    with pytest.raises(WorkerError) as late:
        await exchanged()
    assert late.value.code == "answer_timeout"
