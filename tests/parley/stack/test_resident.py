"""A worker that starts beside the databases learns what they hold."""

from __future__ import annotations

from pathlib import Path

import httpx
import msgspec
import pytest

from inference.nodes import FlowSpec, GoalNode
from inference.spec import AgentSpec
from parley.stack.report import PlainReport
from parley.stack.resident import Agents
from parley.stack.stack import Stack, StackOptions

OLD = AgentSpec(
    agent="ag_old", version="vn_1", workspace="ws_1", name="Ada", flow=FlowSpec("goal", (GoalNode("goal", "Help."),))
)


def test_a_worker_may_start_without_a_file_and_with_one_of_this_version(tmp_path: Path) -> None:
    path = tmp_path / "agents.json"
    assert Agents(path, tmp_path).readable
    path.write_bytes(msgspec.json.encode([OLD]))
    assert Agents(path, tmp_path).readable
    path.write_bytes(b'[{"agent": 1}]')
    assert not Agents(path, tmp_path).readable


def test_the_secret_is_there_before_the_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PARLEY_WORKER_TOKEN", raising=False)
    Agents(tmp_path / "agents.json", tmp_path)
    assert len((tmp_path / "secrets" / "worker_token").read_text().strip()) > 40


@pytest.mark.timeout(180)
async def test_agents_of_another_run_give_way_to_those_of_the_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DATABASE_URL", "REDIS_URL", "PARLEY_WORKERS", "PARLEY_WORKER_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    var = tmp_path / "var"
    var.mkdir()
    (var / "agents.json").write_bytes(msgspec.json.encode([OLD]))
    async with Stack(StackOptions.private(var), PlainReport()) as stack:
        token = (var / "secrets" / "worker_token").read_text().strip()
        async with httpx.AsyncClient(trust_env=False) as http:
            answer = await http.get(f"{stack.worker_url}/status", headers={"Authorization": f"Bearer {token}"})
        resident = answer.json()["agents"]
        published = msgspec.json.decode((var / "agents.json").read_bytes(), type=list[AgentSpec])
    assert len(published) == 3
    assert resident == sorted(spec.agent for spec in published)
