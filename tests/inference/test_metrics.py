"""What is counted arrives in the exposition, under documented names."""

from __future__ import annotations

import re

from inference import metrics
from inference.events import Span


def value(name: str, **labels: str) -> float:
    return metrics.registry.get_sample_value(name, labels) or 0.0


def test_every_metric_is_documented_and_named_parley() -> None:
    families = {family.name for family in metrics.registry.collect()}
    names = {name for name in families if not name.startswith("parley_vllm_")}  # `vllm_stats` says what those are.
    documented = re.findall(r"^(parley_\w+)", metrics.__doc__ or "", re.MULTILINE)
    assert names == {name.removesuffix("_total") for name in documented}


def test_counters_and_gauges() -> None:
    turns, cut, refused, dropped = (
        value("parley_turns_total", source="voice"),
        value("parley_interruptions_total"),
        value("parley_conversations_refused_total"),
        value("parley_frames_dropped_total"),
    )
    metrics.turn_taken("voice")
    metrics.interrupted()
    metrics.conversation_refused()
    metrics.frames_dropped(3)
    metrics.conversations_open("voice", 2)
    metrics.agents_resident(5)
    assert value("parley_turns_total", source="voice") == turns + 1
    assert value("parley_interruptions_total") == cut + 1
    assert value("parley_conversations_refused_total") == refused + 1
    assert value("parley_frames_dropped_total") == dropped + 3
    assert value("parley_conversations_open", kind="voice") == 2
    assert value("parley_agents_resident") == 5
    metrics.conversations_open("voice", 0)
    metrics.agents_resident(0)


def test_a_waterfall_is_counted_span_by_span_and_whole() -> None:
    count, total = value("parley_turn_seconds_count"), value("parley_turn_seconds_sum")
    below = value("parley_turn_span_seconds_bucket", span="recognition", le="0.1")
    above = value("parley_turn_span_seconds_bucket", span="recognition", le="0.05")
    metrics.reply_spans([Span("silence", 160.0), Span("recognition", 75.0)])
    assert value("parley_turn_seconds_count") == count + 1
    assert abs(value("parley_turn_seconds_sum") - total - 0.235) < 1e-9
    assert value("parley_turn_span_seconds_bucket", span="recognition", le="0.1") == below + 1
    assert value("parley_turn_span_seconds_bucket", span="recognition", le="0.05") == above


def test_a_reply_without_waits_is_no_turn() -> None:
    count = value("parley_turn_seconds_count")
    metrics.reply_spans([])
    assert value("parley_turn_seconds_count") == count


def test_tokens_and_transcripts() -> None:
    before = [value("parley_tokens_total", kind=kind) for kind in ("prompt", "cached", "reply")]
    finals = value("parley_transcripts_total", kind="final")
    metrics.reply_tokens(350, 336, 20)
    metrics.transcribed("final", 0.08)
    after = [value("parley_tokens_total", kind=kind) for kind in ("prompt", "cached", "reply")]
    assert [new - old for new, old in zip(after, before, strict=True)] == [350, 336, 20]
    assert value("parley_transcripts_total", kind="final") == finals + 1


def test_failures_lag_and_exposition() -> None:
    metrics.engine_failed("reply", "engine_timeout")
    metrics.loop_lag(0.003)
    metrics.openai_answered("/v1/models", 200)
    text = metrics.exposition().decode()
    assert 'parley_engine_failures_total{code="engine_timeout",stage="reply"}' in text
    assert 'parley_event_loop_lag_seconds_bucket{le="0.005"}' in text
    assert 'parley_openai_requests_total{path="/v1/models",status="200"}' in text
    assert metrics.CONTENT_TYPE.startswith("text/plain")


def test_most_buckets_are_below_300_ms() -> None:
    assert sum(1 for bucket in metrics.STAGE_BUCKETS if bucket <= 0.3) >= 10
