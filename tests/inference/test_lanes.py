from __future__ import annotations

from inference import metrics
from inference.lanes import Lane, LaneUse


def test_a_lane_tells_what_urgent_work_waited_and_how_busy_it_was() -> None:
    now = [5.0]
    lane = Lane("chat", lambda: now[0])
    urgent, optional, dropped = lane.enter("urgent"), lane.enter("optional"), lane.enter("urgent")
    assert (lane.depth("urgent"), lane.depth("optional")) == (2, 1)
    now[0] += 0.25
    urgent.begin()
    urgent.begin()
    optional.begin()
    dropped.leave()
    dropped.begin()
    lane.worked(0.5)
    lane.worked(0.25)
    assert (lane.depth("urgent"), lane.depth("optional")) == (0, 0)
    assert lane.drain() == LaneUse(busy=0.75, served=2, waits=(0.25,))
    assert lane.drain() == LaneUse()


def test_the_depth_and_the_waits_are_in_the_metrics() -> None:
    lane = Lane("synthesizer")
    lane.enter("urgent").begin()
    waiting = lane.enter("optional")
    text = metrics.exposition().decode()
    assert 'parley_queue_depth{engine="synthesizer",priority="optional"} 1.0' in text
    assert 'parley_queue_wait_seconds_count{engine="synthesizer",priority="urgent"}' in text
    waiting.leave()
    assert 'parley_queue_depth{engine="synthesizer",priority="optional"} 0.0' in metrics.exposition().decode()
