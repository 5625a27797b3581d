"""Write down how far the caller's consent to being recorded has come."""

from __future__ import annotations

from typing import cast

from channels_io.models import Leg
from channels_io.privacy.consent import Consent, Happened, after


def note_consent(leg: Leg, happened: Happened) -> Consent:
    """Where it stands now. Idempotent."""
    consent = after(cast(Consent, leg.consent), happened)
    if consent != leg.consent:
        leg.consent = consent
        leg.save(update_fields=["consent", "updated_at"])
    return consent
