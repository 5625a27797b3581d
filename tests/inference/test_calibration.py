from __future__ import annotations

import pytest

from inference.calibration import CLAUSES, FRAMES, TURN_SECONDS, calibrate
from inference.config import WorkerConfig
from inference.lanes import LANES
from inference.pool import Pool


async def test_the_costs_of_a_call_come_from_running_each_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    pool = Pool(WorkerConfig(profile="fake", capacity=8))
    await pool.load()
    assert 1 <= pool.admission.capacity <= 8
    synthesizer = pool.synthesizer()
    speak = synthesizer.speak

    def through_a_lane(*arguments):
        LANES["synthesizer"].worked(1e-6)
        return speak(*arguments)

    monkeypatch.setattr(synthesizer, "speak", through_a_lane)
    costs = await calibrate(pool)
    assert costs.processor >= costs.loop > FRAMES
    # Engines without a lane wait for nobody.
    assert costs.lanes == {"synthesizer": (pytest.approx(1e-6 * CLAUSES / TURN_SECONDS), CLAUSES / TURN_SECONDS)}
    await pool.close()
