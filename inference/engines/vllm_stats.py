"""What vLLM tells of each of its steps, as this worker's metrics.

parley_vllm_requests{state}                 running, waiting            vllm:num_requests_running, _waiting
parley_vllm_cache_used                      part of the cache, 0 to 1   vllm:kv_cache_usage_perc
parley_vllm_prefix_tokens_total{kind}       asked, found                vllm:prefix_cache_queries, _hits
parley_vllm_guessed_tokens_total{kind}      drafted, accepted           vllm:spec_decode_num_draft_tokens, _accepted_tokens
parley_vllm_preempted_total                 requests put off            vllm:num_preemptions
parley_vllm_first_token_seconds             submission to first token   vllm:time_to_first_token_seconds
parley_vllm_refused_total                   the queue was full          vllm:admission_rejections
parley_vllm_asleep                          1 while the weights are in main memory
parley_vllm_wake_seconds                    how long the last wake took
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from prometheus_client import Counter, Gauge, Histogram

from inference.metrics import STAGE_BUCKETS, registry


@dataclass(frozen=True, slots=True)
class Step:
    """One step of vLLM's scheduler; the counts are of this step."""

    running: int = 0
    waiting: int = 0
    cache_used: float = 0.0
    prefix_asked: int = 0
    prefix_found: int = 0
    drafted: int = 0
    accepted: int = 0
    preempted: int = 0
    written: int = 0
    """Tokens of replies."""


_requests = Gauge("parley_vllm_requests", "Requests in vLLM", ["state"], registry=registry)
_cache = Gauge("parley_vllm_cache_used", "Part of vLLM's cache that requests hold", registry=registry)
_prefix = Counter("parley_vllm_prefix_tokens", "Prompt tokens looked up in the cache", ["kind"], registry=registry)
_guessed = Counter("parley_vllm_guessed_tokens", "Tokens guessed ahead", ["kind"], registry=registry)
_preempted = Counter("parley_vllm_preempted", "Requests put off for want of cache", registry=registry)
_first = Histogram(
    "parley_vllm_first_token_seconds", "Submission to first token", buckets=STAGE_BUCKETS, registry=registry
)
_refused = Counter("parley_vllm_refused", "Requests refused because the queue was full", registry=registry)
_asleep = Gauge("parley_vllm_asleep", "1 while the weights are in main memory", registry=registry)
_wake = Gauge("parley_vllm_wake_seconds", "How long the last wake took", registry=registry)


def stepped(step: Step) -> None:
    _requests.labels("running").set(step.running)
    _requests.labels("waiting").set(step.waiting)
    _cache.set(step.cache_used)
    _prefix.labels("asked").inc(step.prefix_asked)
    _prefix.labels("found").inc(step.prefix_found)
    _guessed.labels("drafted").inc(step.drafted)
    _guessed.labels("accepted").inc(step.accepted)
    _preempted.inc(step.preempted)


def first_token(seconds: float) -> None:
    _first.observe(seconds)


def refused() -> None:
    _refused.inc()


def fell_asleep() -> None:
    _asleep.set(1)


def woke(seconds: float) -> None:
    _asleep.set(0)
    _wake.set(seconds)


def step_of(scheduler: Any, iteration: Any) -> Step:
    """vLLM's own records of a step, each of which may be missing."""
    prefix = getattr(scheduler, "prefix_cache_stats", None)
    drafts = getattr(scheduler, "spec_decoding_stats", None)
    return Step(
        running=int(getattr(scheduler, "num_running_reqs", 0)),
        waiting=int(getattr(scheduler, "num_waiting_reqs", 0)),
        cache_used=float(getattr(scheduler, "kv_cache_usage", 0.0)),
        prefix_asked=int(getattr(prefix, "queries", 0)),
        prefix_found=int(getattr(prefix, "hits", 0)),
        drafted=int(getattr(drafts, "num_draft_tokens", 0)),
        accepted=int(getattr(drafts, "num_accepted_tokens", 0)),
        preempted=int(getattr(iteration, "num_preempted_reqs", 0)),
        written=int(getattr(iteration, "num_generation_tokens", 0)),
    )


def logger_class(told: Callable[[Step], None]) -> Any:
    """What vLLM makes its stat logger with: one that passes every step on to `told`."""
    from vllm.v1.metrics.loggers import StatLoggerBase

    class Told(StatLoggerBase):  # type: ignore[misc]  # vLLM is not here when types are checked
        def __init__(self, vllm_config: Any, engine_index: int = 0) -> None:
            pass

        def record(
            self,
            scheduler_stats: Any,
            iteration_stats: Any,
            mm_cache_stats: Any = None,
            engine_idx: int = 0,
        ) -> None:
            if scheduler_stats is not None:
                told(step_of(scheduler_stats, iteration_stats))

        def log_engine_initialized(self) -> None:
            pass

    return Told
