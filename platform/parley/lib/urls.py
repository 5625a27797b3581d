"""Addresses of services: what DATABASE_URL and REDIS_URL may hold, and what the libraries want of them."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from parley.lib.env import EnvironmentProblem


def database_of(url: str) -> dict[str, Any]:
    """Django's DATABASES entry of `postgresql://user:password@host:port/name?host=/socket&sslmode=require`."""
    parts = urlsplit(url)
    if parts.scheme not in ("postgresql", "postgres") or not parts.path.strip("/"):
        raise EnvironmentProblem("DATABASE_URL must look like postgresql://user:password@host:5432/name.")
    options = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", None) or unquote(parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "OPTIONS": options,
        # Under ASGI the thread that serves a request changes: a kept connection would pile up per thread.
        "CONN_MAX_AGE": 0,
    }


def broker_url(url: str) -> str:
    """Celery's spelling of a redis-py address: only Unix sockets differ."""
    parts = urlsplit(url)
    if parts.scheme in ("redis", "rediss"):
        return url
    if parts.scheme != "unix" or not parts.path:
        raise EnvironmentProblem("REDIS_URL must look like redis://host:6379/0 or unix:///path/to.sock?db=0.")
    options = dict(parse_qsl(parts.query))
    return f"redis+socket://{parts.path}?virtual_host={options.get('db', '0')}"
