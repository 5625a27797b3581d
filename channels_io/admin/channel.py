from __future__ import annotations

from django.contrib import admin

from channels_io.models import Channel
from parley.admin_site import WorkspaceAdmin


@admin.register(Channel)
class ChannelAdmin(WorkspaceAdmin):
    """Read-only: the Channels page edits, because it checks what each kind may hold."""

    list_display = ("name", "kind", "agent", "version", "enabled", "updated_at")
    list_filter = ("kind", "enabled")
    list_select_related = ("agent", "version__agent")
    search_fields = ("name", "public_id")
