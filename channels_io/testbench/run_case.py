"""Runs a test case against the draft or the published version and keeps the result."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from channels.db import database_sync_to_async
from django.utils import timezone

from agents.actions.note_test_run import note_test_run
from agents.cases import CaseResult, compare, read_checks, read_steps
from agents.models import Agent, TestCase
from channels_io.live.opening import OpenedLeg, Trial, open_leg_for, running_for
from channels_io.live.worker import Workers
from channels_io.mocks import read_mocks
from channels_io.testbench.rehearsal import Rehearsed, rehearse
from parley.accounts.actor import Actor


async def run_case(
    actor: Actor, case: TestCase, *, version: str = "draft", workers: Workers | None = None
) -> CaseResult:
    """`version`: "draft" or "published". Raises NothingToOpen; a worker that cannot be had is a result."""
    opened, revision = await database_sync_to_async(_open)(actor, case, version)
    rehearsed = await rehearse(opened, read_steps(case.steps), workers=workers)
    result = _judge(case, rehearsed, opened)
    await database_sync_to_async(note_test_run)(actor, case, result, revision=revision)
    return result


def _open(actor: Actor, case: TestCase, version: str) -> tuple[OpenedLeg, int]:
    agent: Agent = (
        Agent.objects.of(actor.workspace).select_related("draft", "published", "workspace").get(pk=case.agent_id)
    )
    running = running_for(agent, None, version)
    opened = open_leg_for(
        agent=agent,
        running=running,
        kind="loopback",
        media="text",
        identity=("user", actor.user.public_id) if actor.user else ("command", "tests"),
        trial=Trial(mocks=read_mocks(case.mocks)),
    )
    return opened, agent.draft.revision if version == "draft" else 0


def _judge(case: TestCase, rehearsed: Rehearsed, opened: OpenedLeg) -> CaseResult:
    today = timezone.now().astimezone(ZoneInfo(case.workspace.timezone)).date()
    steps = compare(
        read_steps(case.steps),
        rehearsed.steps,
        read_checks(case.checks),
        recorded=case.day,
        today=today,
        waits=rehearsed.waits,
    )
    passed = not rehearsed.problem and not any(step.differences for step in steps)
    return CaseResult(passed, steps, rehearsed.problem, opened.facts.conversation)
