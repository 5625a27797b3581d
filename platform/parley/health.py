"""/health, /ready and /metrics of the web process."""

from __future__ import annotations

import hmac
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address

import httpx
import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from redis.backoff import NoBackoff
from redis.retry import Retry

from parley.lib.draining import is_draining
from parley.lib.workers.store import known_urls

WORKER_SECONDS = 1.0


@require_GET
@never_cache
def health(request: HttpRequest) -> JsonResponse:
    """The process lives. Says nothing about its neighbours: restarting us would not mend them."""
    return JsonResponse({"status": "draining" if is_draining() else "ok", "version": settings.PARLEY_VERSION})


@require_GET
@never_cache
def ready(request: HttpRequest) -> JsonResponse:
    """Whether calls can be taken: database, Valkey and at least one worker. 503 with the reason otherwise.

    A process that is about to stop takes none: its balancer looks here.
    """
    if is_draining():
        return JsonResponse({"status": "draining"}, status=503)
    checks = {"database": _database(), "valkey": _valkey(), "worker": _worker()}
    healthy = all(state == "ok" for state in checks.values())
    return JsonResponse({"status": "ok" if healthy else "not_ready", **checks}, status=200 if healthy else 503)


@require_GET
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus text, for the holder of PARLEY_METRICS_TOKEN; without a token set, for this machine only."""
    if not may_scrape(request):
        return HttpResponse("not found\n", status=404, content_type="text/plain")
    return HttpResponse(generate_latest(), content_type=CONTENT_TYPE_LATEST)


def may_scrape(request: HttpRequest) -> bool:
    token: str = settings.PARLEY_METRICS_TOKEN
    if token:
        return hmac.compare_digest(request.headers.get("Authorization", "").encode(), f"Bearer {token}".encode())
    if "X-Forwarded-For" in request.headers or "Forwarded" in request.headers:
        return False
    try:
        return ip_address(request.META.get("REMOTE_ADDR") or "").is_loopback
    except ValueError:
        return False


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return "unreachable"
    return "ok"


def _valkey() -> str:
    try:
        once = Retry(NoBackoff(), 0)
        with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1, retry=once) as client:
            client.ping()
    except redis.RedisError:
        return "unreachable"
    return "ok"


def _worker() -> str:
    """ok as soon as one of the workers is ready; asked all at once, so one dead worker does not hold up the answer."""
    urls = known_urls()
    if not urls:
        return "none configured"
    with ThreadPoolExecutor(max_workers=min(8, len(urls))) as pool:
        states = list(pool.map(_worker_state, urls))
    return "ok" if "ok" in states else states[0]


def _worker_state(url: str) -> str:
    try:
        response = httpx.get(f"{url.rstrip('/')}/ready", timeout=WORKER_SECONDS, trust_env=False)
    except httpx.HTTPError:
        return "unreachable"
    return "ok" if response.status_code == 200 else "not ready"
