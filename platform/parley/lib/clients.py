"""Whose request is it."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """The caller's IP address. X-Forwarded-For counts only as far as proxies of ours (PARLEY_PROXIES) wrote it."""
    address: str = request.META.get("REMOTE_ADDR") or ""
    proxies: int = settings.PARLEY_PROXIES
    if proxies > 0:
        hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
        if len(hops) >= proxies:
            return str(hops[-proxies])
    return address
