"""The call page: a member talks to an agent's draft or published version in the browser."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from agents.compile import compile_draft
from agents.models import Agent
from agents.problems import CompileError
from agents.surroundings import surroundings_of
from channels_io.models import Conversation, Turn
from channels_io.pages.talk_json import InvalidTicketRequest, TicketRequest, read_ticket_request, refusal
from channels_io.pages.talk_strings import talk_strings
from channels_io.pages.waterfall import budget_ms
from channels_io.tickets import Ticket, issue_ticket
from channels_io.waits import KNOWN, OTHER_SLOT, STEPS
from parley.accounts.actor import Actor
from parley.accounts.pages import workspace_page
from parley.accounts.pages.guard import WorkspaceRequest
from parley.accounts.permissions import Permission
from parley.accounts.scoping import get_or_404
from parley.lib.pages import render_page

KINDS = {"voice": "browser_voice", "chat": "web_chat"}
SHOWN_LINES = 60


@require_safe
@never_cache
@workspace_page(Permission.TALK)
def call(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    """?version=draft|published (default: published where there is one), ?conversation= goes on with one of one's own."""
    agent = _agent(request.actor, public_id)
    version = _version(request, agent)
    conversation = None
    if wanted := request.GET.get("conversation", ""):
        conversation = _own_conversation(request.actor, agent, wanted)
    context = {
        "agent": agent,
        "version": version,
        "number": agent.published.number if agent.published else None,
        "has_published": agent.published is not None,
        "blocked": _why_not(agent, version),
        "config": _config(agent, version, conversation),
        "waits": STEPS,
    }
    return render_page(request, "channels_io/call.html", context, title=_("Talk to %(name)s") % {"name": agent.name})


@require_POST
@never_cache
@workspace_page(Permission.TALK)
def call_ticket(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    """A ticket for one socket: {mode, conversation?} → {ticket, socket}."""
    agent = _agent(request.actor, public_id)
    version = _version(request, agent)
    try:
        wish = read_ticket_request(request.body)
    except InvalidTicketRequest as error:
        return refusal("invalid", str(error), 400)
    if blocked := _why_not(agent, version):
        return refusal(blocked, talk_strings()["problems"][blocked]["help"], 409)
    if wish.conversation:
        _own_conversation(request.actor, agent, wish.conversation)
    ticket = _ticket(request.actor, agent, version, wish)
    return JsonResponse({"ticket": issue_ticket(ticket), "socket": f"/ws/{ticket.kind}/"})


def _agent(actor: Actor, public_id: str) -> Agent:
    rows = Agent.objects.select_related("published", "draft", "workspace")
    return get_or_404(rows, actor.workspace, public_id, archived_at=None)


def _version(request: HttpRequest, agent: Agent) -> str:
    asked = request.GET.get("version", "")
    if asked in ("draft", "published"):
        return asked
    return "published" if agent.published_id else "draft"


def _why_not(agent: Agent, version: str) -> str:
    """The code of what stands in the way of a call; empty when nothing does."""
    if version == "published":
        return "" if agent.published_id else "not_published"
    try:
        compile_draft(agent.draft, around=surroundings_of(agent.workspace))
    except CompileError:
        return "draft_problems"
    return ""


def _own_conversation(actor: Actor, agent: Agent, public_id: str) -> Conversation:
    """One that this member began with this agent; any other is missing."""
    user = actor.user.public_id if actor.user else ""
    own = {"contact__identities__kind": "user", "contact__identities__value": user}
    return get_or_404(Conversation, actor.workspace, public_id, agent=agent, **own)


def _ticket(actor: Actor, agent: Agent, version: str, wish: TicketRequest) -> Ticket:
    user = actor.user.public_id if actor.user else ""
    return Ticket(
        workspace=actor.workspace.public_id,
        kind=KINDS[wish.mode],
        agent=agent.public_id,
        version=version,
        conversation=wish.conversation,
        identity=("user", user) if user else None,
        user=user,
    )


def _config(agent: Agent, version: str, conversation: Conversation | None) -> dict[str, Any]:
    ticket_url = reverse("channels_io:call-ticket", args=[agent.public_id])
    return {
        "agent": agent.name,
        "ticketUrl": f"{ticket_url}?{urlencode({'version': version})}",
        "conversationUrl": reverse("channels_io:conversation", args=["CONVERSATION"]),
        "conversation": conversation.public_id if conversation else "",
        "lines": _lines(conversation) if conversation else [],
        "worklets": worklet_addresses(),
        "budgetMs": budget_ms(),
        "waits": {
            name: {"label": str(wait.label), "slot": wait.slot, "explained": str(wait.explained)}
            for name, wait in KNOWN.items()
        },
        "otherSlot": OTHER_SLOT,
        "strings": talk_strings(),
    }


def worklet_addresses() -> dict[str, str]:
    return {name: reverse("channels_io:worklet", args=[name]) for name in ("microphone", "player")}


def _lines(conversation: Conversation) -> list[dict[str, Any]]:
    """The last turns as the transcript module keeps them."""
    newest = Turn.objects.filter(conversation=conversation).order_by("-at", "-pk")[:SHOWN_LINES]
    return [
        {
            "key": f"turn-{turn.pk}",
            "role": "caller" if turn.role == Turn.Role.CALLER else "agent",
            "text": turn.text,
            "source": turn.source,
            "state": "cut" if turn.cut else "done",
            "spoken": len(turn.text),
            "old": True,
        }
        for turn in reversed(newest)
    ]
