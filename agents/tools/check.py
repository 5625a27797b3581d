"""What is wrong with a request, its parameters or its results before anybody runs it. Pure: no DNS."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, Final

from django.conf import settings
from django.utils.translation import gettext as _

from agents.placeholders import is_name, names_in
from agents.text import has_unusable
from agents.tools.build import build_request, origin_of
from agents.tools.shapes import (
    FIXED_FACTS,
    MAX_RETRIES,
    MAX_ROWS,
    MAX_TIMEOUT,
    BadValues,
    HttpRequest,
    Parameter,
    Pick,
    ToolValues,
    request_of,
    variables_of,
)
from agents.tools.template import TemplateRefused, read_body
from parley.lib.egress import EgressRefused, allowed_of, check_target, parse_target
from parley.lib.env import EnvironmentProblem
from parley.lib.outbound import IDEMPOTENT, header_problem

ToolFinding = tuple[str, str, str]
"""(field, stable code, message). Fields inside of a list: "headers.0.name"."""

MAX_BODY: Final = 20_000
MAX_DESCRIPTION: Final = 1_000
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,59}", re.ASCII)


def request_findings(values: Mapping[str, Any], known: Collection[str] | None = None) -> Iterator[ToolFinding]:
    """Of flat values, a tool's or an HTTP node's. `known`: the names that templates may use; None: any."""
    try:
        request = request_of(values)
    except BadValues as error:
        yield "", "not_a_request", _("This request is damaged: %(reason)s") % {"reason": str(error)}
        return
    yield from _of_request(request, known)


def tool_findings(values: ToolValues) -> Iterator[ToolFinding]:
    """Of everything that a tool says."""
    if not values.description.strip():
        yield "description", "required", _("Say what the tool does: the agent decides by it when to use it.")
    if len(values.description) > MAX_DESCRIPTION or has_unusable(values.description):
        yield (
            "description",
            "too_long",
            _("Keep the description below %(limit)d characters.") % {"limit": MAX_DESCRIPTION},
        )
    if len(values.saying) > 300 or has_unusable(values.saying):
        yield "saying", "too_long", _("Keep what is said below 300 characters.")
    yield from _of_request(values.request, [parameter.name for parameter in values.parameters])
    yield from _of_parameters(values.parameters)
    yield from _of_results(values.results)


def name_findings(name: str) -> Iterator[ToolFinding]:
    if not _NAME.fullmatch(name):
        message = _("A name is made of small letters, digits and _, such as find_slots, and begins with a letter.")
        yield "name", "name_refused", message


def _of_request(request: HttpRequest, known: Collection[str] | None) -> Iterator[ToolFinding]:
    if not 1 <= request.timeout <= MAX_TIMEOUT:
        yield "timeout", "out_of_range", _("Wait between 1 and %(limit)d seconds.") % {"limit": MAX_TIMEOUT}
    if not 0 <= request.retries <= MAX_RETRIES:
        yield "retries", "out_of_range", _("Repeat at most %(limit)d times.") % {"limit": MAX_RETRIES}
    elif request.retries and request.method not in IDEMPOTENT:
        yield (
            "retries",
            "not_repeatable",
            _("%(method)s may do its work twice, so it is not repeated.") % {"method": request.method},
        )
    url_findings = list(_of_url(request))
    yield from url_findings
    yield from _of_headers(request)
    yield from _of_auth(request)
    yield from _of_body(request)
    if known is not None:
        for name in variables_of(request):
            if name not in known:
                yield _field_of(request, name), "variable_unknown", _("Nothing is called “%(name)s”.") % {"name": name}
    if not url_findings:
        yield from _of_whole(request)


def _of_url(request: HttpRequest) -> Iterator[ToolFinding]:
    url = request.url.strip()
    if not url:
        yield "url", "required", _("Write the address that is called.")
        return
    origin = origin_of(url)
    if "{" in origin or (not origin and "{" in url.split("/", 3)[2:3]):
        yield "url", "url_malformed", _("The server in the address is fixed: placeholders stand after it.")
        return
    try:
        target = parse_target(origin or url)
        allowed = allowed_of(settings.PARLEY_EGRESS_ALLOW)
        check_target(target, allowed)
    except EgressRefused as error:
        yield "url", error.code, error.message
        return
    except EnvironmentProblem as error:
        yield "url", "address_refused", str(error)
        return
    if target.scheme == "http" and request.auth != "none" and not allowed.opens(target):
        yield "url", "secret_in_the_open", _("A secret is sent over https only. Write https:// in the address.")


def _of_headers(request: HttpRequest) -> Iterator[ToolFinding]:
    if len(request.headers) > MAX_ROWS:
        yield "headers", "too_many", _("At most %(limit)d rows are kept.") % {"limit": MAX_ROWS}
    for row, header in enumerate(request.headers):
        problem = header_problem(header.name, header.value)
        if problem == "header_value":
            yield f"headers.{row}.value", problem, _("This value cannot be sent in a header.")
        elif problem == "header_own":
            yield (
                f"headers.{row}.name",
                problem,
                _("Parley writes the header “%(name)s” itself.") % {"name": header.name},
            )
        elif problem:
            yield f"headers.{row}.name", problem, _("This is not the name of a header.")
        elif header.name.lower() in ("authorization", "cookie") and request.auth == "none":
            message = _(
                "Keep passwords and keys as a secret, under “Signing in”, not in a header that everybody can read."
            )
            yield f"headers.{row}.name", "secret_in_the_open", message


def _of_auth(request: HttpRequest) -> Iterator[ToolFinding]:
    if request.auth == "none":
        return
    if not request.secret.strip():
        yield "secret", "required", _("Choose the secret that is sent.")
    if request.auth == "header" and header_problem(request.auth_name, ""):
        yield "auth_name", "header_name", _("Write the name of the header, such as X-Api-Key.")
    elif request.auth == "query" and not re.fullmatch(r"[A-Za-z0-9_.-]{1,60}", request.auth_name, re.ASCII):
        yield "auth_name", "required", _("Write the name of the parameter, such as api_key.")
    elif request.auth == "basic" and (not request.auth_name or re.search(r"[:\x00-\x1f\x7f]", request.auth_name)):
        yield "auth_name", "required", _("Write the user name, without a colon.")


def _of_body(request: HttpRequest) -> Iterator[ToolFinding]:
    if not request.body.strip():
        return
    if len(request.body) > MAX_BODY:
        yield "body", "too_long", _("Keep the body below %(limit)d characters.") % {"limit": MAX_BODY}
        return
    if request.method == "GET":
        yield "body", "body_refused", _("A GET has no body. Use POST, or put the values into the address.")
        return
    try:
        read_body(request.body)
    except TemplateRefused as error:
        yield "body", error.code, _("The body is not JSON: %(reason)s") % {"reason": error.message}


def _of_whole(request: HttpRequest) -> Iterator[ToolFinding]:
    """Whether an address comes out at all, with a value for everything."""
    try:
        built = build_request(request, dict.fromkeys(variables_of(request), "x"))
        parse_target(built.url)
    except TemplateRefused as error:
        if error.code != "body_not_json":
            yield "url", error.code, error.message
    except EgressRefused as error:
        yield "url", error.code, error.message


def _of_parameters(parameters: Sequence[Parameter]) -> Iterator[ToolFinding]:
    if len(parameters) > MAX_ROWS:
        yield "parameters", "too_many", _("At most %(limit)d rows are kept.") % {"limit": MAX_ROWS}
    seen: set[str] = set()
    for row, parameter in enumerate(parameters):
        place = f"parameters.{row}"
        if not is_name(parameter.name):
            yield f"{place}.name", "name_refused", _("A name is made of letters, digits and _, such as day.")
        elif parameter.name in seen:
            yield f"{place}.name", "repeated", _("“%(name)s” is there twice.") % {"name": parameter.name}
        seen.add(parameter.name)
        if parameter.kind == "choice" and not any(choice.strip() for choice in parameter.choices):
            yield f"{place}.choices", "required", _("Write what can be chosen.")
        for name in names_in(parameter.fixed):
            if name not in FIXED_FACTS:
                message = _("Nothing is called “%(name)s” here. There are %(names)s.")
                shown = {"name": name, "names": ", ".join(FIXED_FACTS)}
                yield f"{place}.fixed", "variable_unknown", message % shown
        texts = chain((parameter.description, parameter.fixed), parameter.choices)
        if any(len(text) > 500 or has_unusable(text) for text in texts) or len(parameter.choices) > 100:
            yield f"{place}.description", "too_long", _("Keep every text of a parameter below 500 characters.")


def _of_results(results: Sequence[Pick]) -> Iterator[ToolFinding]:
    if len(results) > MAX_ROWS:
        yield "results", "too_many", _("At most %(limit)d rows are kept.") % {"limit": MAX_ROWS}
    for row, pick in enumerate(results):
        if not is_name(pick.name):
            yield f"results.{row}.name", "name_refused", _("A name is made of letters, digits and _, such as day.")
        if len(pick.path) > 200 or pick.path.count(".") > 20:
            yield f"results.{row}.path", "too_long", _("This path is too long.")


def _field_of(request: HttpRequest, name: str) -> str:
    """Where a placeholder stands first."""
    if name in variables_of(HttpRequest(url=request.url)):
        return "url"
    for row, header in enumerate(request.headers):
        if name in variables_of(HttpRequest(headers=(header,))):
            return f"headers.{row}.value"
    return "body"
