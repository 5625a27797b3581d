from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from agents.cases import MAX_NAME_CHARS, MAX_SAID_CHARS, Checks, read_steps
from agents.errors import AgentsError
from agents.models import TestCase
from agents.text import clean_text
from parley.accounts.actor import Actor
from parley.accounts.audit import audit
from parley.accounts.permissions import Permission, require


def edit_test_case(
    actor: Actor,
    case: TestCase,
    *,
    name: str | None = None,
    checks: Checks | None = None,
    mocks: Any = None,
    said: Sequence[str] | None = None,
) -> TestCase:
    """Rename it, or change what it checks, what tools answer in it and what is said. Raises AgentsError.

    `said`: of every step, the first (the agent's own) included: what was masked has to be given again.
    """
    require(actor, Permission.EDIT_AGENT)
    with transaction.atomic():
        locked: TestCase = TestCase.objects.of(actor.workspace).select_for_update().get(pk=case.pk)
        if name is not None:
            locked.name = checked_case_name(name)
        if checks is not None:
            locked.checks = msgspec.to_builtins(checks)
        if mocks is not None:
            locked.mocks = mocks
        if said is not None:
            locked.steps = _with_words(locked, said)
        save_named(locked)
        audit(actor, "test_case.edited", locked, name=locked.name)
    return locked


def _with_words(case: TestCase, said: Sequence[str]) -> list[Any]:
    steps = read_steps(case.steps)
    words = [clean_text(each)[0].strip()[:MAX_SAID_CHARS] for each in said]
    if len(words) != len(steps) or words[:1] != [""] or not all(words[1:]):
        raise AgentsError(_("Every turn needs words. Reload the page and try again."), code="case_words")
    kept: list[Any] = msgspec.to_builtins(
        [msgspec.structs.replace(step, said=text) for step, text in zip(steps, words, strict=True)]
    )
    return kept


def checked_case_name(name: str) -> str:
    """Raises AgentsError with code case_name."""
    cleaned = " ".join(clean_text(name)[0].split())
    if not 0 < len(cleaned) <= MAX_NAME_CHARS:
        message = _("A test case needs a name of at most %(limit)d characters.") % {"limit": MAX_NAME_CHARS}
        raise AgentsError(message, code="case_name")
    return cleaned


def save_named(case: TestCase) -> None:
    """Raises AgentsError with code case_name_taken."""
    try:
        with transaction.atomic():
            case.save()
    except IntegrityError as error:
        message = _("This agent has a test case “%(name)s” already. Give this one another name.") % {"name": case.name}
        raise AgentsError(message, code="case_name_taken") from error
