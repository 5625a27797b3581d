"""What this worker counts, for Prometheus: `GET /metrics`.

parley_conversations_open{kind}              conversations in progress
parley_conversations_refused_total           refused because every place was taken
parley_agents_resident                       published agents whose prompt heads are prefilled
parley_turns_total{source}                   turns taken from callers: voice, text, dtmf
parley_interruptions_total                   replies cut by the caller
parley_turn_span_seconds{span}               each named wait of a turn's waterfall
parley_turn_seconds                          the sum of a turn's waits: end of speech to first audio
parley_tokens_total{kind}                    language model: prompt (cached ones included), cached, reply
parley_guesses_total{outcome}                answers begun before the turn was over: used, wasted
parley_transcripts_total{kind}               recognition passes: partial, final
parley_transcript_seconds{kind}              how long one of them took
parley_engine_failures_total{stage,code}     an engine failed in this stage with this stable code
parley_frames_dropped_total                  caller audio frames dropped because the queue was full
parley_openai_requests_total{path,status}    requests of the OpenAI dialect
parley_event_loop_lag_seconds                how late the event loop runs a timer
parley_capacity                              voice conversations this worker takes at present, from what it measures
parley_load                                  how loaded it is, 0 to 1: the most of places, processor and waits
parley_queue_depth{engine,priority}          work that waits for an engine: urgent, optional
parley_queue_wait_seconds{engine,priority}   how long it waited before it began

Every label comes from a closed set: nothing a caller says, and no id, ever becomes one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from inference.events import Span

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
STAGE_BUCKETS = (0.005, 0.01, 0.02, 0.035, 0.05, 0.075, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.7, 1.0, 1.6, 2.5, 5.0)
"""Most of a good turn happens below 300 ms: the buckets are dense there."""
LAG_BUCKETS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0)

registry = CollectorRegistry()

_open = Gauge("parley_conversations_open", "Conversations in progress", ["kind"], registry=registry)
_refused = Counter(
    "parley_conversations_refused", "Conversations refused because every place was taken", registry=registry
)
_agents = Gauge("parley_agents_resident", "Published agents whose prompt heads are prefilled", registry=registry)
_turns = Counter("parley_turns", "Turns taken from callers", ["source"], registry=registry)
_interruptions = Counter("parley_interruptions", "Replies cut by the caller", registry=registry)
_spans = Histogram(
    "parley_turn_span_seconds", "Each named wait of a turn", ["span"], buckets=STAGE_BUCKETS, registry=registry
)
_turn = Histogram(
    "parley_turn_seconds",
    "End of speech to first audio, as the worker sees it",
    buckets=STAGE_BUCKETS,
    registry=registry,
)
_tokens = Counter("parley_tokens", "Tokens of the language model", ["kind"], registry=registry)
_guesses = Counter("parley_guesses", "Answers begun before the turn was over", ["outcome"], registry=registry)
_transcripts = Counter("parley_transcripts", "Recognition passes", ["kind"], registry=registry)
_transcript_seconds = Histogram(
    "parley_transcript_seconds", "Time of a recognition pass", ["kind"], buckets=STAGE_BUCKETS, registry=registry
)
_failures = Counter("parley_engine_failures", "Failures of engines", ["stage", "code"], registry=registry)
_dropped = Counter("parley_frames_dropped", "Caller audio frames dropped by a full queue", registry=registry)
_openai = Counter("parley_openai_requests", "Requests of the OpenAI dialect", ["path", "status"], registry=registry)
_capacity = Gauge("parley_capacity", "Voice conversations this worker takes at present", registry=registry)
_load = Gauge("parley_load", "How loaded this worker is, 0 to 1", registry=registry)
_queue_depth = Gauge("parley_queue_depth", "Work that waits for an engine", ["engine", "priority"], registry=registry)
_queue_wait = Histogram(
    "parley_queue_wait_seconds",
    "How long work waited for an engine",
    ["engine", "priority"],
    buckets=STAGE_BUCKETS,
    registry=registry,
)
_lag = Histogram("parley_event_loop_lag_seconds", "Lateness of a timer", buckets=LAG_BUCKETS, registry=registry)


def exposition() -> bytes:
    """All metrics in the text format that `CONTENT_TYPE` names."""
    return generate_latest(registry)


def conversations_open(kind: Literal["voice", "text", "listen"], count: int) -> None:
    _open.labels(kind).set(count)


def conversation_refused() -> None:
    _refused.inc()


def agents_resident(count: int) -> None:
    _agents.set(count)


def turn_taken(source: Literal["voice", "text", "dtmf"]) -> None:
    _turns.labels(source).inc()


def interrupted() -> None:
    _interruptions.inc()


def reply_spans(spans: Iterable[Span]) -> None:
    """The waterfall of one reply: contiguous waits in milliseconds."""
    total = 0.0
    for span in spans:
        _spans.labels(span.name).observe(span.ms / 1000)
        total += span.ms
    if total:
        _turn.observe(total / 1000)


def reply_tokens(prompt: int, cached: int, reply: int) -> None:
    """Tokens of one reply; `cached` of the `prompt` tokens were not evaluated again."""
    _tokens.labels("prompt").inc(prompt)
    _tokens.labels("cached").inc(cached)
    _tokens.labels("reply").inc(reply)


def guessed(outcome: Literal["used", "wasted"]) -> None:
    _guesses.labels(outcome).inc()


def transcribed(kind: Literal["partial", "final"], seconds: float) -> None:
    _transcripts.labels(kind).inc()
    _transcript_seconds.labels(kind).observe(seconds)


def engine_failed(stage: str, code: str) -> None:
    _failures.labels(stage, code).inc()


def frames_dropped(count: int) -> None:
    _dropped.inc(count)


def openai_answered(path: str, status: int) -> None:
    """`path` is the route's own path, never the one that was asked for."""
    _openai.labels(path, str(status)).inc()


def loop_lag(seconds: float) -> None:
    _lag.observe(seconds)


def capacity(calls: int, load: float) -> None:
    _capacity.set(calls)
    _load.set(load)


def queue_depth(engine: str, priority: Literal["urgent", "optional"], depth: int) -> None:
    _queue_depth.labels(engine, priority).set(depth)


def queue_waited(engine: str, priority: Literal["urgent", "optional"], seconds: float) -> None:
    _queue_wait.labels(engine, priority).observe(seconds)
