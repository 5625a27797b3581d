"""The toolbox of a workspace: finds what a tool's name stands for, opens its secret, sends. ORM off the event loop."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from channels.db import database_sync_to_async
from django.db import DatabaseError, InterfaceError
from django.db.models import Q

from agents.models import Agent, Tool
from agents.providers import lend
from agents.reads import callable_agents
from agents.tools.answer import NODE_CHARS, TOOL_CHARS, ToolAnswer, failure
from agents.tools.arguments import BadArguments, plain_arguments, typed_arguments
from agents.tools.run import run_request
from agents.tools.secrets import SecretRefused, secret_for
from agents.tools.shapes import BadValues, HttpRequest, Pick, request_of, stored_values
from agents.voices import samples_for
from channels_io.live.facts import LegFacts
from channels_io.live.own_tools import NOT_CONNECTED, Line, OwnCall, OwnTool, own_tool
from channels_io.live.tool_names import OWN_REQUEST
from channels_io.models import Leg
from inference.cloning import VoiceSample
from inference.lending import LentService
from inference.spec import AgentSpec, lent_services
from parley.accounts.actor import system_actor
from parley.accounts.audit import audit
from parley.accounts.models import Workspace
from parley.lib.outbound import OutboundClient

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ready:
    """A request with everything it needs."""

    request: HttpRequest
    arguments: Mapping[str, Any]
    secret: str
    picks: tuple[Pick, ...] = ()
    limit: int = TOOL_CHARS


class _NotReady(Exception):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class WorkspaceTools:
    def __init__(self, facts: LegFacts, *, client: OutboundClient | None = None) -> None:
        self._facts = facts
        self._workspace = facts.spec.workspace
        self._flows: dict[str, Mapping[str, Any]] = {facts.spec.agent: facts.flow}
        self._client = client

    async def run(self, spec: AgentSpec, name: str, arguments: Mapping[str, Any], call: str, line: Line) -> ToolAnswer:
        if name in NOT_CONNECTED:
            return failure("not_connected", NOT_CONNECTED[name])
        own = own_tool(name)
        if own is not None:
            return await self._run_own(
                own, OwnCall(facts=self._facts, spec=spec, arguments=arguments, call=call, line=line)
            )
        try:
            ready = await database_sync_to_async(self._prepare)(spec.agent, name, arguments)
        except _NotReady as error:
            return failure(error.code, error.message)
        except (DatabaseError, InterfaceError):
            return failure("unavailable", "The tool cannot be looked up at the moment.")
        return await run_request(
            ready.request,
            ready.arguments,
            secret=ready.secret,
            picks=ready.picks,
            once=f"{self._facts.leg}-{call}",
            breaker_name=self._workspace,
            limit=ready.limit,
            client=self._client,
        )

    async def _run_own(self, own: OwnTool, call: OwnCall) -> ToolAnswer:
        """What they do has an effect outside: a test that did not mock it changes nothing there."""
        if self._facts.test:
            return failure("test", "Tests send no messages and call nobody: give the tool a mock answer.")
        try:
            return await own(call)
        except (DatabaseError, InterfaceError):
            return failure("unavailable", "This cannot be done at the moment.")

    async def hand_over(self, agent: str) -> AgentSpec | None:
        found: tuple[AgentSpec, Mapping[str, Any]] | None
        try:
            found = await database_sync_to_async(live_agent)(self._workspace, agent)
        except (DatabaseError, InterfaceError):
            return None
        if found is None:
            return None
        spec, self._flows[spec.agent] = found[0], found[1]
        return spec

    async def lend(self, spec: AgentSpec) -> tuple[LentService, ...]:
        try:
            return await lend(self._workspace, lent_services(spec), self._client)
        except (DatabaseError, InterfaceError):  # The worker's own engines serve meanwhile.
            logger.warning("Leg %s: services could not be looked up.", self._facts.leg)
            return ()

    async def voices(self, spec: AgentSpec) -> tuple[VoiceSample, ...]:
        return await samples_for(spec)

    async def denied(self, name: str) -> None:
        try:
            await database_sync_to_async(self._audit_denied)(name)
        except (DatabaseError, InterfaceError):
            logger.warning("Leg %s: a refused tool could not be noted in the audit trail.", self._facts.leg)

    def _prepare(self, agent: str, name: str, arguments: Mapping[str, Any]) -> _Ready:
        """Raises _NotReady."""
        workspace = Workspace.objects.filter(public_id=self._workspace).first()
        if workspace is None:
            raise _NotReady("tool_unknown", "There is no such tool.")
        try:
            if name.startswith(OWN_REQUEST):
                request = request_of(node_values(self._flows.get(agent, {}), name.removeprefix(OWN_REQUEST)))
                secret = secret_for(workspace, request)
                return _Ready(request=request, arguments=plain_arguments(arguments), secret=secret, limit=NODE_CHARS)
            tool = Tool.objects.of(workspace).filter(name=name).first()
            if tool is None:
                raise _NotReady("tool_unknown", "There is no such tool any more.")
            values = stored_values(tool)
            typed = typed_arguments(values.parameters, arguments, self._known())
            secret = secret_for(workspace, values.request)
            return _Ready(request=values.request, arguments=typed, secret=secret, picks=values.results)
        except SecretRefused as error:
            raise _NotReady(error.code, error.message) from error
        except BadArguments as error:
            raise _NotReady("bad_arguments", str(error)) from error
        except BadValues as error:
            raise _NotReady("not_a_request", "This request is damaged.") from error

    def _known(self) -> dict[str, str]:
        """What fixed parameters are filled with: never what a model or a caller said."""
        facts = self._facts
        return {**facts.variables, "conversation": facts.conversation, "leg": facts.leg, "agent": facts.agent}

    def _audit_denied(self, name: str) -> None:
        leg = Leg.objects.select_related("conversation", "workspace").filter(public_id=self._facts.leg).first()
        if leg is not None:
            audit(system_actor(leg.workspace), "tool.denied", leg.conversation, tool=name[:60], leg=leg.public_id)


def live_agent(workspace: str, agent: str) -> tuple[AgentSpec, Mapping[str, Any]] | None:
    """What an agent of the workspace (public ids; the agent's slug will do) runs live, and its flow as it was drawn."""
    owner = Workspace.objects.filter(public_id=workspace).first()
    if owner is None or "\0" in agent:
        return None
    found: Agent | None = (
        callable_agents(owner).select_related("published").filter(Q(public_id=agent) | Q(slug=agent)).first()
    )
    if found is None or found.published is None:
        return None
    return found.published.agent_spec(), found.published.draft.get("flow") or {}


def node_values(flow: Mapping[str, Any], node_id: str) -> Mapping[str, Any]:
    """The values of a node, in the flow or in one inside it. Raises BadValues."""
    for nodes in (flow.get("nodes", []), *(inner.get("nodes", []) for inner in flow.get("flows", []))):
        for node in nodes:
            if node.get("id") == node_id:
                values: Mapping[str, Any] = node.get("values", {})
                return values
    raise BadValues(f"The flow has no node {node_id!r}.")
