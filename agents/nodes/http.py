"""HTTP request: ask another system, with a request of the node's own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.utils.translation import gettext_lazy as _

from agents.fields import ChoiceField, NumberField, Option, RowsField, TextField, When
from agents.nodes.base import NodeKind, Values
from agents.nodes.common import RESULTS, SAYING, TIMEOUT, pairs
from agents.nodes.ports import FAILURE, SUCCESS
from agents.placeholders import names_in
from agents.problems import Problem
from agents.tools.check import request_findings
from agents.tools.shapes import REQUEST_KEYS
from inference.nodes import CallNode

REPEATABLE = ("GET", "PUT", "DELETE")


def request_values(values: Values) -> dict[str, Any]:
    """What is sent, by the keys of a tool's request, from the node's whole values: fields that do not show do not count."""
    request = {key: values[key] for key in REQUEST_KEYS}
    if values["method"] == "GET":
        request["body"] = ""
    if values["method"] not in REPEATABLE:
        request["retries"] = 0
    if values["auth"] == "none":
        request["secret"] = request["auth_name"] = ""
    return request


def compile_http(node: str, values: Values) -> CallNode:
    """What is asked stays on the web side; the worker only says which variables the request needs."""
    request = request_values(values)
    texts = [request["url"], request["body"], *(row["value"] for row in request["headers"])]
    names = dict.fromkeys(name for text in texts for name in names_in(text))
    return CallNode(
        id=node,
        tool=f"node:{node}",
        arguments=tuple((name, f"{{{{{name}}}}}") for name in names),
        saying=values["saying"].strip(),
        results=pairs(values["results"], "variable", "path"),
        seconds=float(values["timeout"]),
        changes=values["method"] != "GET",
    )


def judge_http(node: str, values: Values) -> list[Problem]:
    """What the tools of the workspace are checked by; whether the host may be reached is asked again when it runs."""
    findings = request_findings(request_values(values))
    return [Problem(node, place or "url", code, message) for place, code, message in findings]


HTTP = NodeKind(
    kind="http",
    label=_("HTTP request"),
    summary=_("Asks another system over HTTP."),
    docs=_(
        "Sends the request and keeps parts of the JSON answer in variables. Only public addresses are reached, unless whoever "
        "runs this server allows others. “Failed” is taken for an error, a wrong answer or none in time. What several flows ask "
        "is better made a tool."
    ),
    group="do",
    icon="http",
    fields=(
        ChoiceField(
            name="method",
            label=_("Method"),
            help=_("GET asks, the others change something."),
            default="GET",
            options=tuple(Option(method, method) for method in ("GET", "POST", "PUT", "PATCH", "DELETE")),
        ),
        TextField(
            name="url",
            label=_("Address"),
            help=_("{{name}} stands for a variable, in the path or behind “?”."),
            max_length=2_000,
            template=True,
            required=True,
            placeholder="https://example.com/free-slots?day={{day}}",
        ),
        RowsField(
            name="headers",
            label=_("Headers"),
            help=_("No secrets here: “Sign in” is for those."),
            max_items=20,
            advanced=True,
            columns=(
                TextField(name="name", label=_("Name"), max_length=80, required=True),
                TextField(name="value", label=_("Value"), max_length=1_000, template=True),
            ),
        ),
        TextField(
            name="body",
            label=_("Body"),
            help=_("JSON. {{name}} stands for a variable, inside double quotes."),
            max_length=8_000,
            multiline=True,
            template=True,
            placeholder='{"day": "{{day}}"}',
            when=When("method", ("POST", "PUT", "PATCH", "DELETE")),
        ),
        ChoiceField(
            name="auth",
            label=_("Sign in"),
            help=_("How the other system knows who asks."),
            default="none",
            options=(
                Option("none", _("Not at all")),
                Option("bearer", _("Token")),
                Option("basic", _("Name and password")),
                Option("header", _("Secret in a header")),
                Option("query", _("Secret in the address")),
            ),
            advanced=True,
        ),
        TextField(
            name="auth_name",
            label=_("Name"),
            help=_("The user, the header or the parameter that carries the secret."),
            max_length=100,
            required=True,
            when=When("auth", ("basic", "header", "query")),
            advanced=True,
        ),
        ChoiceField(
            name="secret",
            label=_("Secret"),
            help=_("Kept under Tools, never shown again."),
            source="secrets",
            required=True,
            max_length=64,
            when=When("auth", ("bearer", "basic", "header", "query")),
            advanced=True,
        ),
        SAYING,
        RESULTS,
        TIMEOUT,
        NumberField(
            name="retries",
            label=_("Try again"),
            help=_("How often, when the other system does not answer; only what may be done twice."),
            minimum=0,
            maximum=2,
            whole=True,
            default=0,
            unit=_("times"),
            when=When("method", REPEATABLE),
            advanced=True,
        ),
    ),
    ports=(SUCCESS, replace(FAILURE, required=True)),
    writes=lambda values: [(row.get("variable", ""), "result") for row in values["results"]],
    judge=judge_http,
    compile=compile_http,
)
