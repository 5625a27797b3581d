"""Tools for tests: `make_tool(acme, url=...)`, `make_secret(acme)`, and a server of the outside world in process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from agents.actions.save_tool import checked_values
from agents.actions.set_secret import set_secret
from agents.models import Secret, Tool
from agents.tools.shapes import plain
from parley.accounts.actor import system_actor
from parley.accounts.models import Workspace
from parley.lib.egress import check_target, parse_target
from parley.lib.outbound import Caps, OutboundClient, OutboundFailed, Request, Response

CANARY = "sk-live-canary-4711"


class FakeOutside(OutboundClient):
    """Answers instead of the network, behind the same rule: what may not be named is still refused."""

    def __init__(self, *answers: Response | OutboundFailed | Callable[[Request], Response]) -> None:
        super().__init__(resolve=self._public)
        self.answers = list(answers)
        self.requests: list[Request] = []

    async def _public(self, host: str, port: int) -> Sequence[str]:
        return ["93.184.215.14"]

    async def send(self, request: Request, caps: Caps | None = None) -> Response:
        check_target(parse_target(request.url))
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, OutboundFailed):
            raise answer
        return answer(request) if callable(answer) else answer


def json_answer(body: str, status: int = 200) -> Response:
    return Response(status=status, headers={"content-type": "application/json"}, body=body.encode())


def make_tool(workspace: Workspace, name: str = "find_slots", **values: Any) -> Tool:
    """A tool that asks a server on the public internet; nothing looks its name up."""
    given = {
        "description": "Finds free appointments of a day.",
        "url": "https://api.example.com/slots?day={{day}}",
        "parameters": [{"name": "day", "description": "The day"}],
        **values,
    }
    checked = checked_values(system_actor(workspace), given, name=name)
    return Tool.objects.create(workspace=workspace, name=name, **plain(checked))


def make_secret(
    workspace: Workspace, name: str = "crm_key", text: str = CANARY, host: str = "api.example.com"
) -> Secret:
    return set_secret(system_actor(workspace), name, text, [host])
