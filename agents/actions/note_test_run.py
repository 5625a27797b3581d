from __future__ import annotations

import msgspec
from django.utils import timezone

from agents.cases import CaseResult
from agents.models import TestCase
from parley.accounts.actor import Actor
from parley.accounts.permissions import Permission, require


def note_test_run(actor: Actor, case: TestCase, result: CaseResult, *, revision: int) -> None:
    """Keep the result of the newest run. `revision`: of the draft that ran; 0: the published version."""
    require(actor, Permission.TALK)
    case.passed, case.result = result.passed, msgspec.to_builtins(result)
    case.ran_at, case.ran_revision = timezone.now(), revision
    # One statement, so that a case deleted meanwhile stays deleted.
    TestCase.objects.of(actor.workspace).filter(pk=case.pk).update(
        passed=case.passed, result=case.result, ran_at=case.ran_at, ran_revision=case.ran_revision
    )
