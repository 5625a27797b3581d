"""Pages in the shell of the admin site."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse


def render_page(
    request: HttpRequest, template: str, context: dict[str, Any] | None = None, *, title: str, status: int = 200
) -> HttpResponse:
    """Render a template that extends `parley/page.html`, with the sidebar, the user menu and the messages."""
    merged = {**admin.site.each_context(request), "title": title, "page_shell": True, **(context or {})}
    request.current_app = admin.site.name
    return TemplateResponse(request, template, merged, status=status).render()
