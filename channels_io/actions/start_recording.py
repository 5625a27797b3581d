"""Begin to record a leg."""

from __future__ import annotations

from channels_io import recordings
from channels_io.models import Leg


def start_recording(leg: Leg) -> recordings.StereoWriter:
    """The writer for `leg`'s recording. The row knows the file from now on, so a crash loses no sound.

    Raises OSError when the file cannot be made: the conversation then goes on without a recording.
    """
    name = recordings.new_name(leg.workspace.public_id, leg.started_at)
    writer = recordings.StereoWriter(recordings.path_of(name))
    leg.recording = name
    leg.recording_rate = recordings.RATE
    leg.save(update_fields=["recording", "recording_rate", "updated_at"])
    return writer
