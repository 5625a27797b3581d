from __future__ import annotations

from django.db import transaction

from agents.models import TestCase
from parley.accounts.actor import Actor
from parley.accounts.audit import audit
from parley.accounts.permissions import Permission, require


@transaction.atomic
def delete_test_case(actor: Actor, case: TestCase) -> None:
    require(actor, Permission.EDIT_AGENT)
    locked: TestCase = TestCase.objects.of(actor.workspace).select_for_update().get(pk=case.pk)
    audit(actor, "test_case.deleted", locked, name=locked.name)
    locked.delete()
