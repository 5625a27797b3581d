from __future__ import annotations

import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from parley import metrics


def measure_requests(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Count and time requests by route."""

    def middleware(request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        response = get_response(request)
        match = request.resolver_match
        route = match.route if match else "(none)"
        metrics.count_request(route, request.method or "", response.status_code, time.perf_counter() - started)
        return response

    return middleware
