"""Every HTTP route of the product, read from the URL resolver: what the house tests walk over."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.urls.resolvers import RegexPattern, RoutePattern


@dataclass(frozen=True, slots=True)
class Route:
    name: str
    """With its namespaces, as `reverse` takes it: "agents:detail"."""
    path: str
    """As written: "agents/<str:public_id>/"."""
    parameters: tuple[str, ...]

    def url(self, **values: str | int) -> str:
        return reverse(self.name, kwargs=values)


def routes() -> list[Route]:
    return sorted(_walk(get_resolver().url_patterns, "", ()), key=lambda route: route.path)


def _walk(patterns: list[URLPattern | URLResolver], prefix: str, namespaces: tuple[str, ...]) -> Iterator[Route]:
    for pattern in patterns:
        assert isinstance(pattern.pattern, RoutePattern | RegexPattern)
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = (*namespaces, pattern.namespace) if pattern.namespace else namespaces
            yield from _walk(pattern.url_patterns, path, inner)
        else:
            parameters = tuple(pattern.pattern.converters) or tuple(pattern.pattern.regex.groupindex)
            yield Route(":".join([*namespaces, pattern.name or ""]), path, parameters)
