from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.generators import SchemaGenerator

from parley.lib.pages import render_page


@login_required
def api_docs(request: HttpRequest) -> HttpResponse:
    """The API's reference, rendered from its own schema: nothing is fetched from outside."""
    schema = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    operations = [
        {"method": method.upper(), "path": path, **operation, **_words(operation)}
        for path, methods in sorted(schema["paths"].items())
        for method, operation in methods.items()
    ]
    return render_page(request, "parley/api_docs.html", {"operations": operations}, title=_("API"))


def _words(operation: dict[str, Any]) -> dict[str, str]:
    """A line for the closed entry, and what more there is to say in the open one."""
    summary, description = operation.get("summary", ""), operation.get("description", "")
    if not summary:
        summary, _newline, description = description.partition("\n")
    return {"summary": summary.rstrip("."), "description": description.strip()}
