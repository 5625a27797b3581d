"""What the web process counts about itself, for Prometheus."""

from __future__ import annotations

from typing import Final

from prometheus_client import Counter, Histogram

REQUESTS: Final = Counter("parley_web_requests_total", "HTTP requests answered.", ["route", "method", "status"])
SECONDS: Final = Histogram(
    "parley_web_request_seconds",
    "Seconds from the request's head to the answer's head.",
    ["route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
