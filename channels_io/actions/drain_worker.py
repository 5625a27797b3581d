"""An operator takes a worker out of service, or puts it back."""

from __future__ import annotations

from asgiref.sync import async_to_sync
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from inference.client import put_drain
from parley.accounts.actor import Actor
from parley.accounts.audit import audit
from parley.accounts.models import Workspace
from parley.accounts.permissions import Permission
from parley.lib.workers.store import known_urls


def runs_workers(actor: Actor) -> bool:
    """Whether the workers are theirs: they serve all workspaces, so an owner of one of several does not stop them."""
    if actor.user is None or not actor.may(Permission.MANAGE_WORKSPACE):
        return False
    return actor.user.is_superuser or Workspace.objects.count() == 1


def drain_worker(actor: Actor, url: str, *, draining: bool) -> None:
    """Calls at it go on, and after PARLEY_DRAIN_SECONDS at other workers, between two turns.

    Raises PermissionDenied; LookupError when there is no such worker; WorkerError when it does not answer.
    """
    if not runs_workers(actor):
        raise PermissionDenied(_("Workers serve all workspaces. Ask whoever runs this installation."))
    if url not in known_urls():
        raise LookupError(url)
    async_to_sync(put_drain)(url, settings.PARLEY_WORKER_TOKEN, draining=draining)
    audit(actor, "worker.drained" if draining else "worker.put_back", actor.workspace, worker=url)
