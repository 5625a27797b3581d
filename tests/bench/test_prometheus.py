from __future__ import annotations

from channels_io.bench.prometheus import Scrape, deepest, lag_ms, scrape

TEXT = """\
# HELP parley_event_loop_lag_seconds Lateness of a timer
# TYPE parley_event_loop_lag_seconds histogram
parley_event_loop_lag_seconds_bucket{le="0.001"} 90.0
parley_event_loop_lag_seconds_bucket{le="0.01"} 100.0
parley_event_loop_lag_seconds_bucket{le="+Inf"} 100.0
parley_event_loop_lag_seconds_count 100.0
parley_queue_depth{queue="audio",note="a \\"b\\""} 3.0
parley_queue_seconds_bucket{le="1.0"} 7.0
parley_conversations_open{kind="voice"} 2.0
"""


def test_lag_and_queues_are_read() -> None:
    found = scrape(TEXT)
    assert found.lag_buckets == {0.001: 90.0, 0.01: 100.0, float("inf"): 100.0}
    assert found.queues == {'parley_queue_depth audio a \\"b\\"': 3.0}


def test_lag_counts_only_what_came_between_two_scrapes() -> None:
    before, after = Scrape({0.001: 90.0, 0.01: 100.0, 0.1: 100.0}), Scrape({0.001: 189.0, 0.01: 200.0, 0.1: 200.0})
    assert lag_ms(before, after, share=0.99) == 1.0
    assert lag_ms(before, after, share=0.995) == 10.0
    assert lag_ms(after, after) is None
    assert lag_ms(Scrape(), Scrape()) is None


def test_the_deepest_moment_of_each_queue() -> None:
    seen = [Scrape(queues={"a": 1.0, "b": 0.0}), Scrape(queues={"a": 4.0}), Scrape(queues={"a": 2.0})]
    assert deepest(seen) == {"a": 4.0}
