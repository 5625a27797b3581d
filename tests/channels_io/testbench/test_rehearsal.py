from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from channels.db import database_sync_to_async

from agents.cases import CaseStep
from agents.models import Agent
from channels_io.live.opening import OpenedLeg
from channels_io.models import Leg
from channels_io.testbench import rehearsal
from channels_io.testbench.rehearsal import Rehearsed, rehearse
from inference import events as wire
from inference.errors import WorkerError
from parley.accounts.models import Workspace
from tests.channels_io.live.script import ScriptedLink, ScriptedWorkers
from tests.support.agents import make_agent
from tests.support.trials import open_trial

pytestmark = pytest.mark.django_db(transaction=True)

SCRIPT = (
    CaseStep(answer="Hello."),
    CaseStep("I want to book."),
    CaseStep("1#", "dtmf"),
)


@pytest.fixture
def agent(acme: Workspace) -> Agent:
    return make_agent(acme, greeting="Hello.")


class Answering(ScriptedLink):
    """Greets, then answers each message with `answer`; keys come as one turn when "#" is pressed."""

    end_at = 99
    failing = False
    keys = ""
    turn = 0

    def __init__(self, opening: wire.Open) -> None:
        super().__init__(opening)
        self.say(wire.Ready("worker"), wire.Entered(0, ("start",), {"caller": "x"}), wire.ReplyText(0, "Hello."))
        self.say(wire.ReplyDone(0, "Hello."))

    async def send(self, message: wire.Up) -> None:
        await super().send(message)
        match message:
            case wire.Text(text=text, id=message_id):
                self._turn(text, "text", message_id)
            case wire.Dtmf(digit="#"):
                self._turn(self.keys, "dtmf")
            case wire.Dtmf(digit=digit):
                self.keys += digit
            case wire.Close():
                self.die()

    def _turn(self, text: str, source: str, message_id: str = "") -> None:
        self.turn += 1
        turn = self.turn
        self.say(wire.Heard(turn, text, source=source, id=message_id))  # type: ignore[arg-type]
        self.say(wire.Entered(turn, (f"n{turn}",), {"caller": "x"}))
        self.say(wire.ReplyText(turn, f"You said {text}"))
        self.say(wire.Timing(turn, (wire.Span("model", 30.0), wire.Span("gate", 12.0))))
        self.say(wire.ReplyDone(turn, f"You said {text}", end="completed" if turn == self.end_at else ""))
        self.say(wire.Entered(turn, ("last",), {"caller": "x", "said": text}))
        self.say(wire.State(wire.ConversationState(turn=turn), turn))


async def run(
    agent: Agent, *, link: type[ScriptedLink] = Answering, script: tuple[CaseStep, ...] = SCRIPT
) -> Rehearsed:
    opened: OpenedLeg = await database_sync_to_async(open_trial)(agent)
    return await rehearse(opened, script, workers=ScriptedWorkers(link))


async def rows(query: Callable[[], object]) -> object:
    return await database_sync_to_async(query)()


async def test_each_turn_is_said_when_the_one_before_is_answered(agent: Agent) -> None:
    made = await run(agent)
    assert made.problem == ""
    assert made.steps == (
        CaseStep("", "text", ("start",), {"caller": "x"}, "Hello."),
        CaseStep(
            "I want to book.",
            "text",
            ("n1", "last"),
            {"caller": "x", "said": "I want to book."},
            "You said I want to book.",
        ),
        CaseStep("1#", "dtmf", ("n2", "last"), {"caller": "x", "said": "1"}, "You said 1"),
    )
    assert made.waits == (None, 42.0, 42.0)
    assert await rows(lambda: Leg.objects.get().ended_at) is not None


async def test_an_agent_that_hangs_up_early(agent: Agent) -> None:
    class Short(Answering):
        end_at = 1

    made = await run(agent, link=Short)
    assert [step.said for step in made.steps] == ["", "I want to book."]
    assert made.problem == ""


async def test_an_agent_that_never_answers(agent: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    class Mute(Answering):
        def _turn(self, text: str, source: str, message_id: str = "") -> None:
            pass

    monkeypatch.setattr(rehearsal, "ANSWER_SECONDS", 0.2)
    made = await run(agent, link=Mute)
    assert made.problem == "There was no answer in time."
    assert [step.answer for step in made.steps] == ["Hello.", ""]


async def test_a_worker_that_refuses(agent: Agent) -> None:
    opened: OpenedLeg = await database_sync_to_async(open_trial)(agent)
    workers = ScriptedWorkers(Answering)
    workers.refusals = [WorkerError("No such voice.", code="engine_unknown")]
    made = await rehearse(opened, SCRIPT, workers=workers)
    assert made.problem == "No such voice."
    assert [step.said for step in made.steps] == [""]


async def test_an_agent_without_a_greeting_is_spoken_to_at_once(acme: Workspace) -> None:
    class Silent(Answering):
        def __init__(self, opening: wire.Open) -> None:
            ScriptedLink.__init__(self, opening)
            self.say(wire.Ready("worker"))

    agent = await database_sync_to_async(make_agent)(acme, greeting="")
    made = await run(agent, link=Silent, script=(CaseStep(), CaseStep("Hi.")))
    assert [step.answer for step in made.steps] == ["", "You said Hi."]


async def test_a_cancelled_run_closes_its_leg(agent: Agent) -> None:
    class Mute(Answering):
        def _turn(self, text: str, source: str, message_id: str = "") -> None:
            pass

    running = asyncio.create_task(run(agent, link=Mute))
    async with asyncio.timeout(10):
        while not await rows(lambda: Leg.objects.filter(turns__number=0).exists()):
            await asyncio.sleep(0.01)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert await rows(lambda: Leg.objects.get().ended_at) is not None
