from __future__ import annotations

import asyncio

import msgspec

from inference.errors import EngineError
from inference.nodes import FlowSpec, GoalNode
from inference.residents import MOST_ADOPTED, Residents
from inference.spec import AgentSpec, ModelSpec, prefix_digest

SPEC = AgentSpec("ag_1", "vn_1", "ws_1", "A", FlowSpec("talk", (GoalNode("talk", "Help."),)), instructions="You are A.")


def spec(**changes: object) -> AgentSpec:
    return msgspec.structs.replace(SPEC, **changes)


class Engine:
    def __init__(self) -> None:
        self.warmed: list[str] = []
        self.broken = False

    async def warm(self, agent: AgentSpec) -> None:
        if self.broken:
            raise EngineError("no")
        self.warmed.append(agent.instructions)


async def adopt(residents: Residents, agent: AgentSpec) -> None:
    residents.adopt(agent)
    await asyncio.gather(*residents._warming)


def test_what_is_said_before_the_first_answer_is_no_part_of_the_head() -> None:
    assert prefix_digest(spec(greeting="Hi.", version="vn_2", agent="ag_2")) == prefix_digest(SPEC)
    assert prefix_digest(spec(instructions="You are B.")) != prefix_digest(SPEC)
    assert prefix_digest(spec(models=ModelSpec(chat="big"))) != prefix_digest(SPEC)


async def test_an_agent_that_is_talked_to_is_held_from_then_on() -> None:
    engine = Engine()
    residents = Residents(engine.warm)
    assert not residents.holds(SPEC)
    await adopt(residents, SPEC)
    await adopt(residents, SPEC)
    assert residents.holds(SPEC)
    assert engine.warmed == ["You are A."]
    assert residents.digests() == {"ag_1": prefix_digest(SPEC)}
    assert residents.kept == []


async def test_a_new_version_with_another_head_is_not_held() -> None:
    residents = Residents(Engine().warm)
    residents.keep([SPEC])
    newer = spec(instructions="You are A, and friendly.")
    assert residents.holds(spec(version="vn_2"))
    assert not residents.holds(newer)
    await adopt(residents, newer)
    assert residents.holds(newer)
    assert residents.holds(SPEC)


async def test_only_the_agents_talked_to_last_are_kept_unasked() -> None:
    residents = Residents(Engine().warm)
    agents = [spec(agent=f"ag_{number}", instructions=f"{number}") for number in range(MOST_ADOPTED + 1)]
    for agent in agents[:-1]:
        await adopt(residents, agent)
    await adopt(residents, agents[0])
    await adopt(residents, agents[-1])
    assert [residents.holds(agent) for agent in agents[:2]] == [True, False]


async def test_an_engine_that_fails_holds_nothing() -> None:
    engine = Engine()
    engine.broken = True
    residents = Residents(engine.warm)
    await adopt(residents, SPEC)
    assert not residents.holds(SPEC)
