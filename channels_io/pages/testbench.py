"""The test bench beside the canvas: talk or write to the draft, go back, keep what was said as a test case.

All addresses answer JSON. The panel is `agents/builder/src/bench/`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from time import monotonic, sleep
from typing import Any, Concatenate, ParamSpec, cast

import msgspec
from asgiref.sync import async_to_sync
from django.http import HttpResponse, HttpResponseBase, JsonResponse
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from msgspec import UnsetType

from agents.actions.delete_test_case import delete_test_case
from agents.actions.edit_test_case import edit_test_case
from agents.cases import CaseResult
from agents.compile import compile_draft
from agents.errors import AgentsError
from agents.models import Agent, TestCase
from agents.problems import CompileError
from agents.surroundings import surroundings_of
from channels_io.actions.save_test_case import save_test_case
from channels_io.live.opening import NothingToOpen
from channels_io.mocks import MocksRefused, checked_mocks
from channels_io.models import Conversation, Leg
from channels_io.pages.call import worklet_addresses
from channels_io.pages.talk_json import refusal
from channels_io.pages.talk_strings import talk_strings
from channels_io.pages.testbench_json import (
    BenchTicketRequest,
    CaseChanges,
    InvalidRequest,
    NewCase,
    RunRequest,
    case_json,
    read_body,
)
from channels_io.pages.testbench_words import bench_words
from channels_io.pages.waterfall import budget_ms
from channels_io.reads.said import lines_to
from channels_io.testbench.mockable import mockable
from channels_io.testbench.run_case import run_case
from channels_io.tickets import Ticket, issue_ticket
from parley.accounts.actor import Actor
from parley.accounts.pages import workspace_page
from parley.accounts.pages.guard import WorkspaceRequest
from parley.accounts.permissions import Permission
from parley.accounts.scoping import get_or_404

KINDS = {"voice": "browser_voice", "chat": "web_chat"}
MAX_CASES = 200
WRITTEN_SECONDS = 2.0

Parameters = ParamSpec("Parameters")


def _answers_refusals(
    view: Callable[Concatenate[WorkspaceRequest, Parameters], HttpResponseBase],
) -> Callable[Concatenate[Any, Parameters], HttpResponseBase]:
    @wraps(view)
    def answered(request: Any, *args: Parameters.args, **kwargs: Parameters.kwargs) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except (InvalidRequest, MocksRefused) as error:
            return refusal("invalid", str(error), 400)
        except AgentsError as error:
            return refusal(error.code, error.message, 409)
        except NothingToOpen as error:
            return refusal("not_found", str(error), 409)

    return cast(Callable[Concatenate[Any, Parameters], HttpResponseBase], answered)


# --- talking --------------------------------------------------------------------------------------


@require_safe
@never_cache
@workspace_page(Permission.TALK)
def bench(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    """What the panel needs to begin."""
    agent = _agent(request.actor, public_id)
    here = [agent.public_id]
    return JsonResponse(
        {
            "agent": {"id": agent.public_id, "name": agent.name, "published": agent.published_id is not None},
            "may_edit": request.actor.may(Permission.EDIT_AGENT),
            "urls": {
                "ticket": reverse("channels_io:test-ticket", args=here),
                "tools": reverse("channels_io:test-tools", args=here),
                "cases": reverse("channels_io:test-cases", args=here),
                "case": reverse("channels_io:test-case", args=[*here, "CASE"]),
                "run": reverse("channels_io:test-run", args=[*here, "CASE"]),
                "conversation": reverse("channels_io:conversation", args=["CONVERSATION"]),
            },
            "talk": static("channels_io/testbench/talk.js"),
            "worklets": worklet_addresses(),
            "budget_ms": budget_ms(),
            "strings": talk_strings(),
            "words": bench_words(),
            "cases": _cases(agent),
        }
    )


@require_safe
@never_cache
@workspace_page(Permission.TALK)
def tools(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    """What the draft may ask for; none while it has problems."""
    agent = _agent(request.actor, public_id)
    try:
        found = mockable(compile_draft(agent.draft, around=surroundings_of(agent.workspace)).flow)
    except CompileError:
        return JsonResponse({"tools": [], "problems": True})
    return JsonResponse(
        {"tools": [{"name": tool.name, "nodes": list(tool.nodes)} for tool in found], "problems": False}
    )


@require_POST
@never_cache
@workspace_page(Permission.TALK)
@_answers_refusals
def ticket(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    """`BenchTicketRequest` → {ticket, socket}."""
    agent = _agent(request.actor, public_id)
    wish = read_body(request.body, BenchTicketRequest)
    if blocked := _why_not(agent, wish.version):
        return refusal(blocked, talk_strings()["problems"][blocked]["help"], 409)
    conversation = _own_test(request.actor, agent, wish.conversation) if wish.conversation else None
    if wish.back_to is not None:
        get_or_404(Leg, request.actor.workspace, wish.back_to.leg, conversation=conversation)
    user = request.actor.user.public_id if request.actor.user else ""
    issued = Ticket(
        workspace=request.actor.workspace.public_id,
        kind=KINDS[wish.mode],
        agent=agent.public_id,
        version=wish.version,
        conversation=wish.conversation,
        identity=("user", user) if user else None,
        user=user,
        test=True,
        back_to=wish.back_to,
        mocks=checked_mocks(wish.mocks),
    )
    return JsonResponse({"ticket": issue_ticket(issued), "socket": f"/ws/{issued.kind}/"})


def _why_not(agent: Agent, version: str) -> str:
    """The code of what stands in the way; empty when nothing does."""
    if version == "published":
        return "" if agent.published_id else "not_published"
    try:
        compile_draft(agent.draft, around=surroundings_of(agent.workspace))
    except CompileError:
        return "draft_problems"
    return ""


def _own_test(actor: Actor, agent: Agent, public_id: str) -> Conversation:
    """A test of this agent that this member began; any other is missing."""
    user = actor.user.public_id if actor.user else ""
    own = {"contact__identities__kind": "user", "contact__identities__value": user}
    return get_or_404(Conversation, actor.workspace, public_id, agent=agent, test=True, **own)


# --- test cases -----------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@never_cache
@workspace_page(Permission.TALK)
@_answers_refusals
def cases(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    """GET: the list. POST `NewCase`: keep a conversation; 409 with a code where it cannot be kept."""
    agent = _agent(request.actor, public_id)
    if request.method == "GET":
        return JsonResponse({"cases": _cases(agent)})
    wish = read_body(request.body, NewCase)
    if agent.test_cases.count() >= MAX_CASES:
        message = _("An agent may have at most %(limit)d test cases. Delete some first.") % {"limit": MAX_CASES}
        raise AgentsError(message, code="too_many_cases")
    rows = Leg.objects.select_related("conversation__agent", "went_back_to__leg")
    leg = get_or_404(rows, request.actor.workspace, wish.leg, conversation__agent=agent, conversation__test=True)
    _await_lines(leg, wish.lines)
    case = save_test_case(request.actor, leg, name=wish.name, checks=wish.checks, mocks=checked_mocks(wish.mocks))
    return JsonResponse(case_json(case, whole=True), status=201)


def _await_lines(leg: Leg, lines: int) -> None:
    """A recorder writes four times a second: what the page shows is in the record a moment later."""
    deadline = monotonic() + WRITTEN_SECONDS
    while lines_to(leg) < lines and monotonic() < deadline:
        sleep(0.1)


@require_http_methods(["GET", "PATCH", "DELETE"])
@never_cache
@workspace_page(Permission.TALK)
@_answers_refusals
def case(request: WorkspaceRequest, public_id: str, case_id: str) -> HttpResponse:
    """GET: with steps and last result. PATCH `CaseChanges`. DELETE."""
    found = _case(request.actor, public_id, case_id)
    if request.method == "GET":
        return JsonResponse(case_json(found, whole=True))
    if request.method == "DELETE":
        delete_test_case(request.actor, found)
        return HttpResponse(status=204)
    wish = read_body(request.body, CaseChanges)
    edited = edit_test_case(
        request.actor,
        found,
        name=None if isinstance(wish.name, UnsetType) else wish.name,
        checks=None if isinstance(wish.checks, UnsetType) else wish.checks,
        mocks=None if isinstance(wish.mocks, UnsetType) else msgspec.to_builtins(checked_mocks(wish.mocks)),
        said=None if isinstance(wish.said, UnsetType) else wish.said,
    )
    return JsonResponse(case_json(edited, whole=True))


@require_POST
@never_cache
@workspace_page(Permission.TALK)
@_answers_refusals
def run(request: WorkspaceRequest, public_id: str, case_id: str) -> HttpResponse:
    """Have the case's conversation again, now; answers with the case when it is over. `RunRequest`."""
    found = _case(request.actor, public_id, case_id)
    wish = read_body(request.body or b"{}", RunRequest)
    if blocked := _why_not(found.agent, wish.version):
        return refusal(blocked, talk_strings()["problems"][blocked]["help"], 409)
    result: CaseResult = async_to_sync(run_case)(request.actor, found, version=wish.version)
    return JsonResponse({**case_json(found, whole=True), "passed": result.passed})


def _agent(actor: Actor, public_id: str) -> Agent:
    rows = Agent.objects.select_related("published", "draft", "workspace")
    return get_or_404(rows, actor.workspace, public_id, archived_at=None)


def _case(actor: Actor, public_id: str, case_id: str) -> TestCase:
    agent = _agent(actor, public_id)
    rows = TestCase.objects.select_related("workspace", "agent__draft", "agent__published", "agent__workspace")
    return get_or_404(rows, actor.workspace, case_id, agent=agent)


def _cases(agent: Agent) -> list[dict[str, Any]]:
    return [case_json(case) for case in agent.test_cases.order_by("name", "pk")[:MAX_CASES]]
