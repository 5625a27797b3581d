from __future__ import annotations

import numpy as np

from channels_io.simulators.browser_caller import ROOM_TONE_DBFS, audible_end, room_tone
from inference.audio import AUDIBLE_DBFS, level_dbfs


def test_the_room_is_never_digital_silence_and_never_audible() -> None:
    tone = room_tone()
    assert abs(level_dbfs(tone) - ROOM_TONE_DBFS) < 0.5
    assert max(level_dbfs(tone[start : start + 160]) for start in range(0, len(tone), 160)) < AUDIBLE_DBFS


def test_the_last_audible_sample() -> None:
    speech = np.full(1600, 3000, dtype=np.int16)
    assert audible_end(np.concatenate([speech, room_tone()[:8000]])) == 1600
    assert audible_end(speech[:1000]) == 1000
    assert audible_end(room_tone()[:1600]) == 0
    assert audible_end(speech[:0]) == 0
