"""Whose request is it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """The caller's IP address. X-Forwarded-For counts only as far as proxies of ours (PARLEY_PROXIES) wrote it."""
    return _behind_proxies(request.META.get("REMOTE_ADDR") or "", request.META.get("HTTP_X_FORWARDED_FOR", ""))


def peer_address(scope: Mapping[str, Any]) -> str:
    """The same of a socket, by its ASGI scope."""
    client = scope.get("client") or ("",)
    forwarded = [value.decode("latin-1") for name, value in scope.get("headers", []) if name == b"x-forwarded-for"]
    return _behind_proxies(str(client[0]), ",".join(forwarded))


def _behind_proxies(address: str, forwarded: str) -> str:
    proxies: int = settings.PARLEY_PROXIES
    if proxies > 0:
        hops = [hop.strip() for hop in forwarded.split(",") if hop.strip()]
        if len(hops) >= proxies:
            return hops[-proxies]
    return address
