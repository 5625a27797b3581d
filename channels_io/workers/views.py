"""Two addresses for machines: where workers announce themselves, and how many there should be."""

from __future__ import annotations

import hmac
import logging
from typing import Any

import msgspec
import redis
from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from channels_io.tasks import keep_workers_ready
from channels_io.workers import scale
from parley.health import may_scrape
from parley.lib.workers import store

logger = logging.getLogger(__name__)

MOST_BYTES = 256 * 1024
ASK_AGAIN_SECONDS = 10


class Announcement(msgspec.Struct, frozen=True):
    """`url` empty: at the address that it comes from, on `port`."""

    status: dict[str, Any]
    url: str = ""
    port: int = 8100
    gone: bool = False


@csrf_exempt
@require_POST
def announce(request: HttpRequest) -> HttpResponse:
    """A worker says that it is there, or that it goes. Only who holds the worker token is believed."""
    sent = request.headers.get("Authorization", "").encode()
    if not hmac.compare_digest(sent, f"Bearer {settings.PARLEY_WORKER_TOKEN}".encode()):
        return JsonResponse({"error": {"code": "wrong_token"}}, status=403)
    if len(request.body) > MOST_BYTES:
        return JsonResponse({"error": {"code": "too_large"}}, status=413)
    try:
        told = msgspec.json.decode(request.body, type=Announcement)
    except msgspec.MsgspecError as error:
        return JsonResponse({"error": {"code": "not_understood", "message": str(error)}}, status=400)
    url = told.url.rstrip("/") or f"http://{_host(request)}:{told.port}"
    if not url.startswith(("http://", "https://")) or len(url) > 300:
        return JsonResponse({"error": {"code": "not_understood", "message": "No such address."}}, status=400)
    try:
        if told.gone:
            store.forget(url)
            return JsonResponse({"kept": False})
        card = store.announce(url, told.status)
    except redis.RedisError:
        return JsonResponse({"error": {"code": "unavailable"}}, status=503)
    news = "draining" if card.draining else "new" if card.ready and not card.agents else ""
    if news and cache.add(f"parley:worker-{news}:{url}", 1, ASK_AGAIN_SECONDS):
        _place_agents(url)
    return JsonResponse({"kept": True})


@require_GET
@never_cache
def wanted(request: HttpRequest) -> HttpResponse:
    """How many workers there should be, for KEDA, Ray or a script. Guarded as /metrics is."""
    if not may_scrape(request):
        return HttpResponse("not found\n", status=404, content_type="text/plain")
    try:
        return JsonResponse(scale.as_json(scale.signal_now()))
    except redis.RedisError:
        return JsonResponse({"error": {"code": "unavailable"}}, status=503)


def _host(request: HttpRequest) -> str:
    address = request.META.get("REMOTE_ADDR") or "127.0.0.1"
    return f"[{address}]" if ":" in address else address


def _place_agents(url: str) -> None:
    """This worker holds no agent ready yet, or others are to hold its agents. If not now, the next beat does it."""
    try:
        keep_workers_ready.delay()
    except Exception as error:  # noqa: BLE001 -- whatever the broker's client raises: nothing is lost
        logger.warning("Agents are placed later, because of the worker at %s: %s", url, type(error).__name__)
