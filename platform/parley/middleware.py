from __future__ import annotations

import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from parley import metrics

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def measure_requests(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Count and time requests by route (the pattern, never the path: ids stay out and the series stay few)."""

    def middleware(request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        response = get_response(request)
        match = request.resolver_match
        route = match.route if match else "(none)"
        method = request.method if request.method in METHODS else "OTHER"
        metrics.SECONDS.labels(route).observe(time.perf_counter() - started)
        metrics.REQUESTS.labels(route, method, response.status_code).inc()
        return response

    return middleware
