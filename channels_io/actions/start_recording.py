"""Begin to record a leg."""

from __future__ import annotations

from channels_io import recordings
from channels_io.actions.note_consent import note_consent
from channels_io.models import Leg
from channels_io.privacy.consent import may_record
from inference.events import Media


def start_recording(leg: Leg, media: Media | None = None) -> recordings.StereoWriter | None:
    """The writer for `leg`'s recording, None when the caller refused one. The row knows the file from now on, so a crash
    loses no sound. An agent that records says so before anything else, so the caller was told at least.

    Raises OSError when the file cannot be made: the conversation then goes on without a recording.
    """
    if not may_record(note_consent(leg, "announced")):
        return None
    name = recordings.new_name(leg.workspace.public_id, leg.started_at)
    media = media or Media()
    path = recordings.path_of(name)
    writer = recordings.StereoWriter(path, caller_rate=media.rate_in, agent_rate=media.rate_out)
    leg.recording = name
    leg.recording_rate = recordings.RATE
    leg.save(update_fields=["recording", "recording_rate", "updated_at"])
    return writer
