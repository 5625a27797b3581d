"""Who has a thread to themselves, and who may go on beside them."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import OperationalError, connections, transaction
from django.utils import timezone

from channels_io.messaging.leases import Lease, LeaseLost, claim, held, shared
from channels_io.models import InboundEvent, Thread
from tests.channels_io.messaging.conftest import PaperLine

pytestmark = pytest.mark.django_db(transaction=True)


def elsewhere(work: Callable[[], object]) -> bool:
    """Whether `work` can be done over another connection at this moment, without waiting for a lock."""

    def alone() -> bool:
        try:
            with transaction.atomic(), connections["default"].cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '50ms'")
                work()
        except OperationalError:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(alone).result(10)


def leased(line: PaperLine) -> Lease:
    line.write("Hi", key="SM1")
    Thread.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    lease = claim(line.thread().pk)
    assert lease is not None
    return lease


def test_webhooks_go_on_while_an_answer_begins_and_nobody_changes_the_owner(line: PaperLine) -> None:
    lease = leased(line)
    with transaction.atomic():
        assert shared(lease).pk == lease.thread
        assert elsewhere(lambda: line.write("and another thing", key="SM2"))
        assert not elsewhere(lambda: list(Thread.objects.select_for_update().filter(pk=lease.thread)))
        thread = held(lease)  # What was shared can be taken whole, with what came meanwhile.
        assert thread.heard_at == InboundEvent.objects.get(key="SM2").received_at
        assert not elsewhere(lambda: line.write("once more", key="SM3"))
    assert elsewhere(lambda: line.write("once more", key="SM3"))


def test_a_lease_that_somebody_else_has_is_none(line: PaperLine) -> None:
    lease = leased(line)
    Thread.objects.update(lease="theirs")
    for look in (shared, held):
        with pytest.raises(LeaseLost), transaction.atomic():
            look(lease)
