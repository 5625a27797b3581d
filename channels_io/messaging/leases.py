"""Who works on a thread: one at a time over all processes, and never longer than that process lives."""

from __future__ import annotations

import logging
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import uuid4

from django.db import Error as DatabaseProblem
from django.db import connections
from django.db.models import Q
from django.utils import timezone

from channels_io.models import Thread

logger = logging.getLogger(__name__)

LEASE_SECONDS: Final = 45.0
"""After a kill, so long nobody answers this thread."""
RENEW_SECONDS: Final = 10.0


class LeaseLost(Exception):
    """Somebody else works on the thread: whatever was not committed must not be."""


@dataclass(frozen=True, slots=True)
class Lease:
    thread: int
    """Primary key."""
    token: str


def claim(thread: int) -> Lease | None:
    """A lease on the thread if it is due and nobody has one."""
    now = timezone.now()
    free = Q(lease_until=None) | Q(lease_until__lt=now)
    lease = Lease(thread, uuid4().hex)
    taken = Thread.objects.filter(free, pk=thread, due_at__lte=now).update(
        lease=lease.token, lease_until=now + timedelta(seconds=LEASE_SECONDS)
    )
    return lease if taken else None


def renew(lease: Lease) -> None:
    """Raises LeaseLost."""
    until = timezone.now() + timedelta(seconds=LEASE_SECONDS)
    if not Thread.objects.filter(pk=lease.thread, lease=lease.token).update(lease_until=until):
        raise LeaseLost


def shared(lease: Lease) -> Thread:
    """The thread, which nobody else can lock whole until the transaction ends: who answers and who changes the owner lock
    threads before conversations. Unlike with `held`, this person's webhooks go on meanwhile. Raises LeaseLost.
    """
    # FOR KEY SHARE, which Django has no words for: it lets those pass who write, but change no key.
    found = Thread.objects.raw(
        f"SELECT * FROM {Thread._meta.db_table} WHERE id = %s AND lease = %s FOR KEY SHARE",  # noqa: S608 -- our table
        [lease.thread, lease.token],
    )
    for thread in found:
        return thread
    raise LeaseLost


def held(lease: Lease) -> Thread:
    """The thread, locked until the transaction ends; meanwhile this person's webhooks wait. Raises LeaseLost."""
    thread = Thread.objects.select_for_update().filter(pk=lease.thread, lease=lease.token).first()
    if thread is None:
        raise LeaseLost
    return thread


@contextmanager
def kept(lease: Lease) -> Generator[None]:
    """The lease is renewed while the block runs, however long that takes. Whether it is still ours, `held` says."""
    over = threading.Event()
    keeper = threading.Thread(target=_keep, args=(lease, over), name="parley-lease", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        over.set()
        keeper.join()


def _keep(lease: Lease, over: threading.Event) -> None:
    while not over.wait(RENEW_SECONDS):
        try:
            renew(lease)
        except LeaseLost:
            return
        except DatabaseProblem as error:
            logger.warning("The lease of thread %d could not be renewed: %s", lease.thread, type(error).__name__)
        finally:
            connections.close_all()  # This thread's own.
