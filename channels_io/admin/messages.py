"""Inbox and outbox of messages: to look into, and to try dead letters again."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from channels_io.actions.retry_message import retry_answering, retry_sending
from channels_io.messaging.content import as_text, from_json
from channels_io.models import InboundEvent, OptOut, OutboundMessage
from parley.accounts.actor import actor_of
from parley.accounts.permissions import Permission
from parley.admin_site import WorkspaceAdmin

SHOWN = 120


class _Letters(WorkspaceAdmin):
    ordering = ("-pk",)
    show_full_result_count = False

    def has_operate_permission(self, request: HttpRequest) -> bool:
        return self._may(request, Permission.OPERATE)

    def tell(self, request: HttpRequest, tried: int, left: int) -> None:
        words = ngettext("%(count)d message is tried again.", "%(count)d messages are tried again.", tried)
        self.message_user(request, words % {"count": tried}, messages.SUCCESS if tried else messages.WARNING)
        if left:
            rest = ngettext(
                "%(count)d was left as it is: only what was given up can be tried again.",
                "%(count)d were left as they are: only what was given up can be tried again.",
                left,
            )
            self.message_user(request, rest % {"count": left}, messages.INFO)


@admin.register(OutboundMessage)
class OutboundMessageAdmin(_Letters):
    list_display = ("public_id", "channel", "contact", "state", "words", "attempts", "error_code", "created_at")
    list_filter = ("state", "channel")
    list_select_related = ("channel", "contact")
    search_fields = ("public_id", "provider_id", "contact__name")
    fields = (
        "public_id", "channel", "contact", "conversation", "state", "words", "attempts", "due_at", "unsure",
        "provider_id", "error_code", "error", "segments", "created_at", "sent_at", "delivered_at", "read_at",
    )  # fmt: skip
    readonly_fields = fields
    actions = ("try_again",)

    @admin.display(description=_("text"))
    def words(self, message: OutboundMessage) -> str:
        try:
            return as_text(from_json(message.content))[:SHOWN]
        except ValueError:  # msgspec's, of a content that was damaged
            return ""

    @admin.action(description=_("Try again"), permissions=["operate"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[OutboundMessage]) -> None:
        tried = [retry_sending(actor_of(request), message) for message in queryset.order_by("pk")]
        self.tell(request, sum(tried), len(tried) - sum(tried))


@admin.register(InboundEvent)
class InboundEventAdmin(_Letters):
    list_display = ("pk", "channel", "kind", "state", "words", "attempts", "error", "received_at")
    list_filter = ("state", "kind", "channel")
    list_select_related = ("channel",)
    search_fields = ("key",)
    fields = ("channel", "kind", "key", "state", "words", "attempts", "error", "provider_at", "received_at", "done_at")
    readonly_fields = fields
    actions = ("try_again",)

    @admin.display(description=_("text"))
    def words(self, event: InboundEvent) -> str:
        text: Any = event.body.get("text") or event.body.get("status") or ""
        return str(text)[:SHOWN]

    @admin.action(description=_("Try again"), permissions=["operate"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[InboundEvent]) -> None:
        tried = [retry_answering(actor_of(request), event) for event in queryset.order_by("pk")]
        self.tell(request, sum(tried), len(tried) - sum(tried))


@admin.register(OptOut)
class OptOutAdmin(WorkspaceAdmin):
    list_display = ("address", "scope", "source", "at")
    list_filter = ("scope",)
    search_fields = ("address",)
    fields = ("address", "scope", "source", "at")
    readonly_fields = fields
    ordering = ("-pk",)
