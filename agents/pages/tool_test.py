"""The test button: the request as the form has it, saved or not, sent for real, and what came back."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from asgiref.sync import async_to_sync
from django.http import HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_POST

from agents.actions.save_tool import checked_values
from agents.errors import ToolRefused
from agents.pages.tool_json import read_json, refused
from agents.tools.answer import ToolAnswer, content_of, failure, shortened
from agents.tools.arguments import BadArguments, typed_arguments
from agents.tools.build import origin_of
from agents.tools.run import run_request
from agents.tools.secrets import SecretRefused, secret_for
from agents.tools.shapes import FIXED_FACTS
from parley.accounts.actor import Actor
from parley.accounts.audit import audit
from parley.accounts.pages.guard import WorkspaceRequest, workspace_page
from parley.accounts.permissions import Permission

SHOWN_CHARS: Final = 20_000
SHOWN_HEADERS: Final = ("content-type", "content-length", "retry-after", "location", "server")


@require_POST
@workspace_page(Permission.EDIT_AGENT)
def tool_test(request: WorkspaceRequest) -> HttpResponse:
    """POST {"values": {...}, "arguments": {...}} → what the agent would be told and what the server answered."""
    try:
        body = read_json(request.body)
        values, arguments = body.get("values"), body.get("arguments", {})
        if not isinstance(values, dict) or not isinstance(arguments, dict):
            raise ToolRefused([("", "not_json", "values, arguments")])
        answer = run_test(request.actor, {key: value for key, value in values.items() if key != "name"}, arguments)
    except ToolRefused as error:
        return refused(error)
    return JsonResponse(shown(answer))


def run_test(actor: Actor, values: dict[str, Any], arguments: dict[str, Any]) -> ToolAnswer:
    """Raises ToolRefused when the values could not be saved either."""
    checked = checked_values(actor, values)
    try:
        typed = typed_arguments(checked.parameters, arguments, _pretended())
        secret = secret_for(actor.workspace, checked.request)
    except BadArguments as error:
        return failure("bad_arguments", str(error))
    except SecretRefused as error:
        return failure(error.code, error.message)
    audit(actor, "tool.tested", actor.workspace, method=checked.request.method, server=origin_of(checked.request.url))
    return async_to_sync(run_request)(checked.request, typed, secret=secret, picks=checked.results)


def _pretended() -> dict[str, str]:
    """What fixed parameters are filled with, where there is no conversation."""
    known = {"caller": "+12025550123", "channel": "voice", "date": timezone.localdate().isoformat()}
    return {name: known.get(name, f"test_{name}") for name in FIXED_FACTS}


def shown(answer: ToolAnswer) -> dict[str, Any]:
    """JSON-safe. `content` is the server's answer, made short enough to look at."""
    response = answer.response
    found: dict[str, Any] = {
        "ok": answer.ok,
        "result": msgspec.json.decode(answer.result),
        "code": answer.code,
        "status": answer.status,
        "milliseconds": answer.milliseconds,
        "content": None,
        "headers": {},
        "redirects": 0,
    }
    if response is not None:
        found["content"] = msgspec.json.decode(shortened(content_of(response), SHOWN_CHARS))
        found["headers"] = {name: response.headers[name] for name in SHOWN_HEADERS if name in response.headers}
        found["redirects"] = response.redirects
    return found
