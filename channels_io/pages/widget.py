"""What a page of another site needs for <parley-widget>: its script, its settings and tickets.

Nothing here reads a cookie: a visitor is whoever knows the random name that the browser gave itself.
Only the channel's allowed sites, and pages of this server, get CORS headers and tickets.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from channels_io.models import Channel, Conversation
from channels_io.pages.modules import STATIC, last_change, linked
from channels_io.pages.talk_json import InvalidTicketRequest, TicketRequest, read_ticket_request, refusal
from channels_io.pages.talk_strings import talk_strings
from channels_io.tickets import Ticket, issue_ticket
from channels_io.widget_settings import WIDGET_KIND, WidgetSettings
from parley.accounts.pages import workspace_page
from parley.accounts.pages.guard import WorkspaceRequest
from parley.accounts.permissions import Permission
from parley.accounts.scoping import get_or_404
from parley.lib.clients import client_address
from parley.lib.ratelimit import Limit

KINDS: Final = {"voice": "browser_voice", "chat": "web_chat"}
WORKLETS: Final = ("microphone", "player", "listener")
SCRIPT_AGE_SECONDS: Final = 300
PREFLIGHT_AGE_SECONDS: Final = 600
CONFIG_LIMIT: Final = Limit("widget-config", burst=60, per_second=1.0)
TICKET_LIMIT: Final = Limit("widget-ticket", burst=20, per_second=0.2)
_VISITOR = re.compile(r"[A-Za-z0-9_-]{16,64}\Z")

# --- scripts: the same for everybody ------------------------------------------------------------


@require_safe
def widget_js(request: HttpRequest) -> HttpResponse:
    return _script(request, "widget/element.js")


@require_safe
def worklet(request: HttpRequest, name: str) -> HttpResponse:
    if name not in WORKLETS:
        raise Http404(_("There is nothing here, or it is not yours to see."))
    return _script(request, f"talk/worklets/{name}.js")


def _script(request: HttpRequest, entry: str) -> HttpResponse:
    source = linked(STATIC / entry, last_change())
    tag, packed = _packed(source)
    headers = {
        "ETag": tag,
        "Cache-Control": f"public, max-age={SCRIPT_AGE_SECONDS}, stale-while-revalidate=86400",
        "Access-Control-Allow-Origin": "*",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Vary": "Accept-Encoding",
    }
    if tag in request.headers.get("If-None-Match", ""):
        return HttpResponse(status=304, headers=headers)
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        source = packed
        headers["Content-Encoding"] = "gzip"
    return HttpResponse(source, content_type="text/javascript; charset=utf-8", headers=headers)


@lru_cache(maxsize=16)
def _packed(source: bytes) -> tuple[str, bytes]:
    """(weak ETag, gzip)."""
    return f'W/"{hashlib.sha256(source).hexdigest()[:32]}"', gzip.compress(source, 9, mtime=0)


# --- per channel: only for its sites ------------------------------------------------------------


def _for_sites(view: Callable[[HttpRequest, Channel], HttpResponse]) -> Callable[[HttpRequest, str], HttpResponse]:
    """Find the channel, refuse other sites' pages, answer preflights, and add CORS headers for the allowed ones."""

    def guarded(request: HttpRequest, public_id: str) -> HttpResponse:
        channel = _channel(public_id)
        origin = request.headers.get("Origin", "")
        if channel is None:
            return refusal("not_found", _("There is no such channel. Check the id in the page's code."), 404)
        if origin and not _allowed(request, channel, origin):
            return refusal("origin", talk_strings()["problems"]["origin"]["help"], 403)
        response = HttpResponse(status=204) if request.method == "OPTIONS" else view(request, channel)
        patch_vary_headers(response, ["Origin"])
        if origin:
            response["Access-Control-Allow-Origin"] = origin
        if request.method == "OPTIONS":
            response["Access-Control-Allow-Methods"] = "GET, POST, OPTIONS"
            response["Access-Control-Allow-Headers"] = "Content-Type"
            response["Access-Control-Max-Age"] = str(PREFLIGHT_AGE_SECONDS)
        return response

    return guarded


@require_http_methods(["GET", "HEAD", "OPTIONS"])
@_for_sites
def widget_config(request: HttpRequest, channel: Channel) -> HttpResponse:
    if wait := CONFIG_LIMIT.wait(client_address(request)):
        return _too_many(wait)
    widget = WidgetSettings.of(channel.settings)
    response = JsonResponse(
        {
            "title": widget.title or channel.agent.name,
            "agent": channel.agent.name,
            "modes": list(widget.modes),
            "colour": widget.colour,
            "available": _takes_conversations(channel),
            "ticket": request.build_absolute_uri(reverse("channels_io:widget-ticket", args=[channel.public_id])),
            "worklets": {
                name: request.build_absolute_uri(reverse("channels_io:worklet", args=[name])) for name in WORKLETS
            },
            "strings": talk_strings() | _widget_strings(),
        }
    )
    response["Cache-Control"] = "private, max-age=60"
    patch_vary_headers(response, ["Accept-Language"])
    return response


@csrf_exempt
@require_http_methods(["POST", "OPTIONS"])
@_for_sites
def widget_ticket(request: HttpRequest, channel: Channel) -> HttpResponse:
    """{mode, visitor, conversation?} → {ticket, socket, conversation}: an unknown conversation becomes a new one."""
    origin = request.headers.get("Origin", "")
    if not origin:
        return refusal("origin", _("A ticket is given to pages only: the Origin header is missing."), 403)
    if wait := TICKET_LIMIT.wait(f"{channel.public_id}:{client_address(request)}"):
        return _too_many(wait)
    try:
        wish = read_ticket_request(request.body)
    except InvalidTicketRequest as error:
        return refusal("invalid", str(error), 400)
    if not _VISITOR.match(wish.visitor):
        return refusal("invalid", _("visitor must be 16 to 64 letters, digits, - or _."), 400)
    if not _takes_conversations(channel) or wish.mode not in WidgetSettings.of(channel.settings).modes:
        return refusal("not_found", talk_strings()["problems"]["not_found"]["help"], 409)
    conversation = _own_conversation(channel, wish)
    ticket = Ticket(
        workspace=channel.workspace.public_id,
        kind=KINDS[wish.mode],
        agent=channel.agent.public_id,
        channel=channel.public_id,
        conversation=conversation,
        identity=("visitor", wish.visitor),
        origins=(origin,),
    )
    response = JsonResponse(
        {"ticket": issue_ticket(ticket), "socket": f"/ws/{ticket.kind}/", "conversation": conversation}
    )
    response["Cache-Control"] = "no-store"
    return response


@require_safe
@workspace_page(Permission.VIEW)
def widget_demo(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    """A plain page, as a customer's site would be, with the widget on it."""
    channel = get_or_404(Channel, request.actor.workspace, public_id, kind=WIDGET_KIND)
    return render(request, "channels_io/widget_demo.html", {"channel": channel})


def _channel(public_id: str) -> Channel | None:
    if "\0" in public_id:
        return None
    rows = Channel.objects.select_related("workspace", "version", "agent__published")
    return rows.filter(public_id=public_id, kind=WIDGET_KIND).first()


def _allowed(request: HttpRequest, channel: Channel, origin: str) -> bool:
    if origin.lower() in WidgetSettings.of(channel.settings).allowed_origins:
        return True
    here = urlsplit(request.build_absolute_uri("/"))
    return origin.lower() == f"{here.scheme}://{here.netloc}".lower()


def _takes_conversations(channel: Channel) -> bool:
    return channel.enabled and not channel.agent.is_archived and channel.running is not None


def _own_conversation(channel: Channel, wish: TicketRequest) -> str:
    """The public id of the visitor's conversation on this channel; empty when it is not one."""
    if not wish.conversation or "\0" in wish.conversation:
        return ""
    known = Conversation.objects.filter(
        workspace=channel.workspace,
        public_id=wish.conversation,
        agent=channel.agent,
        legs__channel=channel,
        contact__identities__kind="visitor",
        contact__identities__value=wish.visitor,
    )
    return wish.conversation if known.exists() else ""


def _too_many(wait: float) -> JsonResponse:
    response = refusal("too_many", talk_strings()["problems"]["too_many"]["help"], 429)
    response["Retry-After"] = str(max(1, round(wait)))
    return response


def _widget_strings() -> dict[str, str]:
    return {
        "open": _("Open the conversation"),
        "close": _("Close"),
        "speak": _("Speak"),
        "write": _("Write"),
        "placeholder": _("Write a message"),
        "send": _("Send"),
        "offline": _("You are offline. Messages are sent when the network is back."),
        "log": _("Conversation"),
        "hello": _("Ask anything: speak or write."),
        "helloChat": _("Ask anything."),
        "notice": _("An automatic assistant answers here."),
        "newConversation": _("Start over"),
    }
