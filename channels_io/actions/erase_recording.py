"""Delete a leg's recording for good."""

from __future__ import annotations

from django.db import transaction

from channels_io import recordings
from channels_io.models import Leg
from parley.accounts.actor import Actor
from parley.accounts.audit import audit
from parley.accounts.permissions import Permission, require


def erase_recording(actor: Actor, leg: Leg) -> bool:
    """Remove the file, the waveform and the path. False when there was none, or it is still being made."""
    require(actor, Permission.OPERATE)
    with transaction.atomic():
        locked = Leg.objects.select_for_update().get(pk=leg.pk, workspace=actor.workspace)
        if not locked.recording or locked.ended_at is None:
            return False
        audit(actor, "recording.erased", locked, ms=locked.recording_ms)
        name, locked.recording = locked.recording, ""
        locked.recording_rate = locked.recording_ms = 0
        locked.peaks = {}
        locked.save(update_fields=["recording", "recording_rate", "recording_ms", "peaks", "updated_at"])
        # Inside the transaction: if the file cannot be removed, the row must not say that it was.
        recordings.remove(name)
    leg.refresh_from_db()
    return True
