from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import TabularInline

from channels_io.models import Conversation, Leg
from parley.admin_site import WorkspaceAdmin


class LegInline(TabularInline):  # type: ignore[misc]
    model = Leg
    extra = 0
    fields = ("public_id", "kind", "media", "channel", "version", "started_at", "ended_at", "end_reason")
    readonly_fields = fields
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Conversation | None = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Conversation | None = None) -> bool:
        return True


@admin.register(Conversation)
class ConversationAdmin(WorkspaceAdmin):
    list_display = ("public_id", "contact", "agent", "status", "owner", "outcome", "last_at")
    list_filter = ("test", "status", "owner", "outcome")
    list_select_related = ("contact", "agent")
    search_fields = ("public_id", "contact__name")
    fields = ("public_id", "contact", "agent", "status", "owner", "outcome", "test", "started_at", "last_at")
    readonly_fields = fields
    ordering = ("-last_at",)
    inlines = (LegInline,)
    show_full_result_count = False
