from __future__ import annotations

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
        {"method": method.upper(), "path": path, **operation}
        for path, methods in sorted(schema["paths"].items())
        for method, operation in methods.items()
    ]
    return render_page(request, "parley/api_docs.html", {"operations": operations}, title=_("API"))
