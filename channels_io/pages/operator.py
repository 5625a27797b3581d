"""What a person at the conversation's page does to it: watch, take over, give back, whisper, say, hold, transfer, end.

Each takes POST with a small JSON body and answers JSON. Refused: {"error": {"code", "message"}}, and with 409 also how it
stands: {"owner", "user", "number"}.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

import msgspec
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponseBase, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST
from msgspec import Struct

from channels_io.actions import steer_conversation, take_over
from channels_io.models import Conversation
from channels_io.operator_tickets import OperatorTicket, issue_operator_ticket
from channels_io.owner_errors import NotLive, OwnerError, UnknownPlace
from channels_io.pages.talk_json import refusal
from channels_io.reads.live_leg import live_leg, people_to_transfer_to, places_to_go_on
from parley.accounts.pages import workspace_page
from parley.accounts.pages.guard import WorkspaceRequest
from parley.accounts.permissions import Permission
from parley.accounts.scoping import get_or_404

MAX_BODY_BYTES = 16 * 1024

Parameters = ParamSpec("Parameters")
Sent = TypeVar("Sent")


class NoWish(Struct, frozen=True, forbid_unknown_fields=True):
    pass


class TakeOverWish(Struct, frozen=True, forbid_unknown_fields=True):
    number: int
    """`owner_number` as the page knows it."""


class GiveBackWish(Struct, frozen=True, forbid_unknown_fields=True):
    node: str = ""


class TextWish(Struct, frozen=True, forbid_unknown_fields=True):
    text: str


class HoldWish(Struct, frozen=True, forbid_unknown_fields=True):
    on: bool


class TransferWish(Struct, frozen=True, forbid_unknown_fields=True):
    target: str


def _operator_page(
    permission: Permission,
) -> Callable[
    [Callable[Concatenate[WorkspaceRequest, Conversation, Parameters], HttpResponseBase]],
    Callable[Concatenate[Any, Parameters], HttpResponseBase],
]:
    """POST by a member who may, on a conversation of their workspace."""

    def decorate(
        view: Callable[Concatenate[WorkspaceRequest, Conversation, Parameters], HttpResponseBase],
    ) -> Callable[Concatenate[Any, Parameters], HttpResponseBase]:
        @wraps(view)
        def answered(request: Any, public_id: str, *args: Any, **kwargs: Any) -> HttpResponseBase:
            rows = Conversation.objects.select_related("agent__published", "owner_user", "workspace")
            conversation = get_or_404(rows, request.actor.workspace, public_id)
            try:
                return view(request, conversation, *args, **kwargs)
            except _BadBody as error:
                return refusal("invalid", str(error), 400)
            except ValidationError as error:
                return refusal(error.code or "invalid", " ".join(error.messages), 400)
            except OwnerError as error:
                return _refused(error)
            except Conversation.DoesNotExist as error:
                raise Http404 from error

        guarded = workspace_page(permission)(answered)
        return cast(Callable[Concatenate[Any, Parameters], HttpResponseBase], require_POST(never_cache(guarded)))

    return decorate


@_operator_page(Permission.VIEW)
def watch(request: WorkspaceRequest, conversation: Conversation) -> HttpResponseBase:
    """{} → {ticket, socket, listen, speak, live, media, owner, user, number, nodes, people}: how to open the line."""
    _body(request, NoWish)
    actor, leg = request.actor, live_leg(conversation)
    ticket = OperatorTicket(
        workspace=actor.workspace.public_id,
        conversation=conversation.public_id,
        user=actor.user.public_id if actor.user else "",
        name=str(actor.user or ""),
        listen=actor.may(Permission.LISTEN),
        speak=actor.may(Permission.TAKE_OVER),
    )
    return JsonResponse(
        {
            "ticket": issue_operator_ticket(ticket),
            "socket": f"/ws/operator/{conversation.public_id}/",
            "listen": ticket.listen,
            "speak": ticket.speak,
            "live": leg is not None,
            "media": leg.media if leg is not None else "",
            "nodes": places_to_go_on(conversation) if ticket.speak else [],
            "people": people_to_transfer_to(leg) if ticket.speak else [],
            **owner_json(conversation),
        }
    )


@_operator_page(Permission.TAKE_OVER)
def take(request: WorkspaceRequest, conversation: Conversation) -> HttpResponseBase:
    """{number} → {owner, user, number}; 409 when somebody else was faster."""
    wish = _body(request, TakeOverWish)
    return JsonResponse(owner_json(take_over.take_over(request.actor, conversation, wish.number)))


@_operator_page(Permission.TAKE_OVER)
def give(request: WorkspaceRequest, conversation: Conversation) -> HttpResponseBase:
    """{node?} → {owner, user, number}."""
    wish = _body(request, GiveBackWish)
    return JsonResponse(owner_json(take_over.give_back(request.actor, conversation, wish.node)))


@_operator_page(Permission.TAKE_OVER)
def whispered(request: WorkspaceRequest, conversation: Conversation) -> HttpResponseBase:
    steer_conversation.whisper(request.actor, conversation, _body(request, TextWish).text)
    return JsonResponse({})


@_operator_page(Permission.TAKE_OVER)
def said(request: WorkspaceRequest, conversation: Conversation) -> HttpResponseBase:
    steer_conversation.say_for_agent(request.actor, conversation, _body(request, TextWish).text)
    return JsonResponse({})


@_operator_page(Permission.TAKE_OVER)
def held(request: WorkspaceRequest, conversation: Conversation) -> HttpResponseBase:
    steer_conversation.hold_call(request.actor, conversation, on=_body(request, HoldWish).on)
    return JsonResponse({})


@_operator_page(Permission.TAKE_OVER)
def transferred(request: WorkspaceRequest, conversation: Conversation) -> HttpResponseBase:
    steer_conversation.transfer_conversation(request.actor, conversation, _body(request, TransferWish).target)
    return JsonResponse({})


@_operator_page(Permission.TAKE_OVER)
def ended(request: WorkspaceRequest, conversation: Conversation) -> HttpResponseBase:
    _body(request, NoWish)
    steer_conversation.end_conversation(request.actor, conversation)
    return JsonResponse({})


def owner_json(conversation: Conversation) -> dict[str, Any]:
    user = conversation.owner_user if conversation.owner == Conversation.Owner.HUMAN else None
    return {
        "owner": conversation.owner,
        "user": None if user is None else {"id": user.public_id, "name": str(user)},
        "number": conversation.owner_number,
    }


class _BadBody(ValueError):
    """The text says what is wrong."""


def _body(request: WorkspaceRequest, kind: type[Sent]) -> Sent:
    """Raises _BadBody. No body is an empty one."""
    if len(request.body) > MAX_BODY_BYTES:
        raise _BadBody(_("This is too long."))
    try:
        return msgspec.json.decode(request.body or b"{}", type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _BadBody(_("Not what this address takes: %(problem)s") % {"problem": error}) from error


def _refused(error: OwnerError) -> JsonResponse:
    if isinstance(error, UnknownPlace):
        return refusal(error.code, error.message, 400)
    standing = {} if isinstance(error, NotLive) else owner_json(error.conversation)
    body = {"error": {"code": error.code, "message": error.message}, **standing}
    return JsonResponse(body, status=409)
