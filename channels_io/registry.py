"""Every channel kind, once: routes, pages and set-up forms are built from this list.

A third party adds a kind with an entry point in the group `parley.channels` whose value is the path
of a `ChannelKind`.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import entry_points
from typing import Any

from django.urls import URLPattern, path
from django.utils.module_loading import import_string

from channels_io.base import ChannelKind

ENTRY_POINT_GROUP = "parley.channels"

KINDS: dict[str, str] = {
    "browser_voice": "channels_io.kinds.browser_voice.kind.KIND",
    "web_chat": "channels_io.kinds.web_chat.kind.KIND",
    "api": "channels_io.kinds.api.kind.KIND",
    "loopback": "channels_io.kinds.loopback.kind.KIND",
}


class UnknownKind(LookupError):
    """No channel kind of this name is installed."""


@cache
def paths() -> dict[str, str]:
    """Kind name → dotted path; an installed package cannot replace a kind of ours."""
    foreign = {point.name: point.value.replace(":", ".") for point in entry_points(group=ENTRY_POINT_GROUP)}
    return foreign | KINDS


def channel_kind(name: str) -> ChannelKind:
    """Raises UnknownKind."""
    try:
        dotted = paths()[name]
    except KeyError:
        raise UnknownKind(f"No channel kind is called {name!r}; there are {', '.join(sorted(paths()))}.") from None
    kind: ChannelKind = import_string(dotted)
    return kind


def kinds() -> list[ChannelKind]:
    return [channel_kind(name) for name in paths()]


def websocket_urlpatterns() -> list[URLPattern]:
    """`ws/<kind>/` for every kind that has a consumer."""
    return [_route(kind) for kind in kinds() if kind.consumer]


def _route(kind: ChannelKind) -> URLPattern:
    consumer: Any = import_string(kind.consumer)
    route: URLPattern = path(f"ws/{kind.name}/", consumer.as_asgi(), name=f"ws-{kind.name}")
    return route
