from __future__ import annotations

from typing import Any

import msgspec
from pytest_django import DjangoCaptureOnCommitCallbacks

from agents.actions.archive_agent import archive_agent
from agents.tasks import is_missing, warm_workers
from inference.spec import AgentSpec, prefix_digest
from parley.accounts.actor import system_actor
from parley.accounts.models import Workspace
from tests.agents.conftest import WorkerStub
from tests.support.agents import make_agent, publish


def test_every_worker_gets_every_published_spec(acme: Workspace, worker: WorkerStub, settings: Any) -> None:
    settings.PARLEY_WORKERS = [worker.url, "http://127.0.0.1:9"]
    version = publish(make_agent(acme))
    make_agent(acme, "Draft only")
    assert warm_workers() == 1
    method, path, token, body = worker.asked[-1]
    assert (method, path, token) == ("PUT", "/agents", "Bearer worker-token")
    assert msgspec.json.decode(body, type=list[AgentSpec]) == [version.agent_spec()]


def test_no_worker_is_no_failure(acme: Workspace) -> None:
    publish(make_agent(acme))
    assert warm_workers() == 0


def test_publishing_and_archiving_queue_it_on_commit(
    acme: Workspace, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    agent = make_agent(acme)
    with django_capture_on_commit_callbacks() as callbacks:
        publish(agent)
    assert callbacks == [warm_workers.delay]
    with django_capture_on_commit_callbacks() as callbacks:
        archive_agent(system_actor(acme), agent)
        archive_agent(system_actor(acme), agent)
    assert callbacks == [warm_workers.delay]


def test_a_worker_is_told_only_what_it_lacks(acme: Workspace) -> None:
    spec = publish(make_agent(acme)).agent_spec()
    held = {"agents": [spec.agent], "resident": {spec.agent: prefix_digest(spec)}}
    assert not is_missing(held, [spec])
    assert is_missing({}, [spec])
    assert is_missing(held, [])
    assert is_missing({**held, "resident": {spec.agent: "of an older version"}}, [spec])


def test_where_there_is_not_room_for_all_each_worker_gets_its_own(
    acme: Workspace, worker: WorkerStub, settings: Any
) -> None:
    settings.PARLEY_RESIDENT_AGENTS = 1
    agents = [make_agent(acme, name) for name in ("One", "Two")]
    for agent in agents:
        publish(agent)
    assert warm_workers() == 1
    (spec,) = msgspec.json.decode(worker.asked[-1][3], type=list[AgentSpec])
    assert spec.agent == agents[0].public_id
