from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from channels_io.live import exchange as module
from channels_io.live import messages as out
from channels_io.live.exchange import ExchangeChannel, Reply, continuation, whole_exchange
from channels_io.live.facts import LegFacts, OwnerNow
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
            leg="lg_1",
            conversation="cv_1",
            agent="Ada",
            spec=SPEC,
            state=ConversationState(owner=owner),
            owner=OwnerNow(owner=owner),
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
    assert await exchanged(Opened("human")) == Reply("cv_1", M, 3, "", owner="human")


async def test_a_person_who_takes_over_meanwhile_answers_instead(monkeypatch: pytest.MonkeyPatch) -> None:
    telling(monkeypatch, out.Heard(3, "Hi", "text", M), out.OwnerState("human"))
    assert await exchanged() == Reply("cv_1", M, 3, "", owner="human")


async def test_an_agent_that_was_given_the_conversation_back_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = Opened("human")
    opened.facts = replace(opened.facts, owner=OwnerNow(owner="ai", number=2))
    telling(monkeypatch, out.OwnerState("ai"), out.Heard(3, "Hi", "text", M), out.ReplyDone(3, "At two.", 0))
    assert (await exchanged(opened)).text == "At two."


async def test_what_the_agent_goes_on_with_is_said_without_a_message(monkeypatch: pytest.MonkeyPatch) -> None:
    telling(monkeypatch, out.OwnerState("ai"), out.ReplyText(4, "At"), out.ReplyDone(4, "At what time?", 0))
    assert (await continuation(Opened("human"))).text == "At what time?"  # type: ignore[arg-type]


async def test_an_agent_that_has_nothing_to_say_is_not_waited_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "GO_ON_SECONDS", 0.01)
    telling(monkeypatch, out.OwnerState("ai"))
    assert (await continuation(Opened("human"))).text == ""  # type: ignore[arg-type]


async def test_going_on_without_a_worker_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    telling(monkeypatch, out.Failed("no_worker", "Nobody.", True))
    with pytest.raises(WorkerError) as refused:
        await continuation(Opened("human"))  # type: ignore[arg-type]
    assert refused.value.code == "no_worker"


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
