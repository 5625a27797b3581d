"""What the web process counts about itself, for Prometheus.

parley_web_requests_total{route,method,status}   HTTP requests answered
parley_web_request_seconds{route}                from the request's head to the answer's head
parley_v2v_seconds{kind}                         the caller's last sound to the first sound of the answer, written
parley_wait_seconds{wait}                        each named wait of a turn; those of a spoken turn add up to v2v
parley_budget_missed_total{kind}                 spoken answers later than PARLEY_BUDGET_MS, or after a filler
parley_fillers_total{kind}                       answers so late that a filler was said first
parley_guesses_wasted_total{kind}                answers begun and dropped, because the caller went on
parley_legs_open{kind}                           calls and chats in progress
parley_web_event_loop_lag_seconds                how late the event loop runs a timer, while a leg is open
parley_worker_turns_total{prompt}                answers by workers that held the agent's prompt ready, or had to read it
parley_conversations_moved_total{outcome}        conversations that left a worker that stops: moved, stayed for now
parley_workers_wanted                            how many inference workers there should be (`channels_io.workers.scale`)
parley_workers{state}                            how many there are: ready, draining, loading, failed

Every label comes from a closed set (`kind`: the channel registry's): no id and nothing a caller says becomes one.
"""

from __future__ import annotations

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

WAIT_BUCKETS: Final = (
    0.005,
    0.01,
    0.02,
    0.035,
    0.05,
    0.075,
    0.1,
    0.15,
    0.2,
    0.25,
    0.3,
    0.4,
    0.5,
    0.7,
    1.0,
    1.6,
    2.5,
    5,
)
"""As the worker's of a span: the two can be laid over each other."""
V2V_BUCKETS: Final = (0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.7, 0.8, 1.0, 1.3, 1.6, 2.5, 5)

REQUESTS: Final = Counter("parley_web_requests_total", "HTTP requests answered.", ["route", "method", "status"])
SECONDS: Final = Histogram(
    "parley_web_request_seconds",
    "Seconds from the request's head to the answer's head.",
    ["route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
V2V: Final = Histogram(
    "parley_v2v_seconds", "Last sound of the caller to first sound of the answer.", ["kind"], buckets=V2V_BUCKETS
)
WAITS: Final = Histogram("parley_wait_seconds", "Each named wait of a turn.", ["wait"], buckets=WAIT_BUCKETS)
BUDGET_MISSED: Final = Counter("parley_budget_missed_total", "Spoken answers later than the budget.", ["kind"])
FILLERS: Final = Counter("parley_fillers_total", "Answers so late that a filler was said first.", ["kind"])
GUESSES_WASTED: Final = Counter(
    "parley_guesses_wasted_total", "Answers begun and dropped, because the caller went on.", ["kind"]
)
LEGS_OPEN: Final = Gauge("parley_legs_open", "Calls and chats in progress.", ["kind"])
WORKER_TURNS: Final = Counter(
    "parley_worker_turns_total", "Answers, by whether the agent's prompt was held ready.", ["prompt"]
)
MOVED: Final = Counter("parley_conversations_moved_total", "Conversations that left a worker that stops.", ["outcome"])
LOOP_LAG: Final = Histogram(
    "parley_web_event_loop_lag_seconds",
    "Lateness of a timer while a leg is open.",
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1),
)


def count_request(route: str, method: str, status: int, seconds: float) -> None:
    """`route`: its pattern, never the path: ids stay out and the series stay few."""
    SECONDS.labels(route).observe(seconds)
    REQUESTS.labels(route, method if method in METHODS else "OTHER", status).inc()
