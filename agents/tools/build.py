"""A request's shape and arguments → the bytes that go out. Pure."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Mapping
from typing import Any, Final

from agents.tools.shapes import HttpRequest, variables_of
from agents.tools.template import TemplateRefused, fill, fill_body, fill_path, fill_query, pairs_of
from parley.lib.outbound import Request

IN_QUERY: Final = ("GET", "DELETE")
_URL: Final = re.compile(r"(?P<origin>[A-Za-z]+://[^/?#]*)(?P<path>[^?#]*)(\?(?P<query>[^#]*))?(#.*)?", re.DOTALL)


def build_request(request: HttpRequest, arguments: Mapping[str, Any], *, secret: str = "", once: str = "") -> Request:
    """`secret`: what `request.secret` names. `once`: a name for this call, for servers that drop repeats of it.

    Raises TemplateRefused.
    """
    placed = set(variables_of(request))
    left = {name: value for name, value in arguments.items() if name not in placed and value is not None}
    body, query = b"", ""
    if request.body.strip() and request.method != "GET":
        body = fill_body(request.body, arguments)
    elif left and request.method in IN_QUERY:
        query = pairs_of(left)
    elif left:
        body = json.dumps(left, ensure_ascii=False, allow_nan=False).encode()
    headers = {header.name: fill(header.value, arguments) for header in request.headers if header.name}
    if any("\n" in value or "\r" in value for value in headers.values()):
        raise TemplateRefused("argument_refused", "A value in a header has several lines.")
    if body and not any(name.lower() == "content-type" for name in headers):
        headers["Content-Type"] = "application/json"
    if once and request.method not in IN_QUERY:
        headers.setdefault("Idempotency-Key", once)
    if request.auth == "query":
        query = "&".join(part for part in (query, pairs_of({request.auth_name: secret})) if part)
    return Request(
        method=request.method,
        url=_address(request.url, arguments, query),
        headers=headers,
        credentials=_credentials(request, secret),
        body=body,
    )


def origin_of(url: str) -> str:
    """Scheme and host of an address template, as written; "" when it has none."""
    found = _URL.fullmatch(url.strip())
    return found["origin"] if found else ""


def _address(template: str, arguments: Mapping[str, Any], more: str) -> str:
    found = _URL.fullmatch(template.strip())
    if found is None or "{" in found["origin"]:
        raise TemplateRefused("url_malformed", "The address has no fixed server.")
    query = "&".join(part for part in (fill_query(found["query"] or "", arguments), more) if part)
    address = found["origin"] + (fill_path(found["path"], arguments) or "/")
    return f"{address}?{query}" if query else address


def _credentials(request: HttpRequest, secret: str) -> dict[str, str]:
    match request.auth:
        case "bearer":
            return {"Authorization": f"Bearer {secret}"}
        case "basic":
            return {"Authorization": "Basic " + b64encode(f"{request.auth_name}:{secret}".encode()).decode()}
        case "header":
            return {request.auth_name: secret}
    return {}
