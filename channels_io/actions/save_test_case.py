from __future__ import annotations

from zoneinfo import ZoneInfo

import msgspec
from django.db import transaction
from django.utils.translation import gettext as _

from agents.actions.edit_test_case import checked_case_name, save_named
from agents.cases import MAX_STEPS, Checks
from agents.errors import AgentsError
from agents.models import TestCase
from channels_io.mocks import Mock
from channels_io.models import Leg
from channels_io.reads.said import steps_to
from parley.accounts.actor import Actor
from parley.accounts.audit import audit
from parley.accounts.permissions import Permission, require


def save_test_case(
    actor: Actor, leg: Leg, *, name: str, checks: Checks | None = None, mocks: dict[str, Mock] | None = None
) -> TestCase:
    """Keep what was said on the way to the end of `leg`, of a test conversation, to be said again. Raises AgentsError."""
    require(actor, Permission.EDIT_AGENT)
    agent = leg.conversation.agent
    steps = steps_to(leg)
    if len(steps) == 1 and not steps[0].answer and not steps[0].nodes:
        raise AgentsError(_("Nothing was said yet: there is nothing to keep."), code="case_empty")
    if len(steps) > MAX_STEPS:
        message = _("A test case may have at most %(limit)d turns.") % {"limit": MAX_STEPS}
        raise AgentsError(message, code="case_too_long")
    with transaction.atomic():
        case = TestCase(
            workspace=actor.workspace,
            agent=agent,
            name=checked_case_name(name),
            steps=msgspec.to_builtins(steps),
            mocks=msgspec.to_builtins(mocks or {}),
            checks=msgspec.to_builtins(checks or Checks()),
            day=leg.started_at.astimezone(ZoneInfo(actor.workspace.timezone)).date(),
            created_by=actor.user,
        )
        save_named(case)
        audit(actor, "test_case.saved", case, name=case.name, agent=agent.public_id)
    return case
