"""Note that somebody does not want to be written to, or does again."""

from __future__ import annotations

from django.db import transaction

from channels_io.models import OptOut
from channels_io.sanitize import clean_text
from parley.accounts.actor import system_actor
from parley.accounts.audit import audit
from parley.accounts.models import Workspace


def opt_out(workspace: Workspace, scope: str, address: str, *, source: str) -> bool:
    """True when it was not known before. `source`: where they said so ("message:ch_...")."""
    with transaction.atomic():
        row, made = OptOut.objects.get_or_create(
            workspace=workspace, scope=scope, address=address, defaults={"source": clean_text(source, 60)}
        )
        if made:
            audit(system_actor(workspace), "opt_out.made", row, scope=scope, source=source[:60])
    return made


def opt_in(workspace: Workspace, scope: str, address: str) -> bool:
    """True when there was an opt-out to take back."""
    with transaction.atomic():
        row = OptOut.objects.select_for_update().filter(workspace=workspace, scope=scope, address=address).first()
        if row is None:
            return False
        audit(system_actor(workspace), "opt_out.taken_back", row, scope=scope)
        row.delete()
    return True
