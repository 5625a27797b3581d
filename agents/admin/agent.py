"""Agents and versions among the records: read here, written on the agent page."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest

from agents.models import Agent, Version
from parley.admin_site import WorkspaceAdmin


@admin.register(Agent)
class AgentAdmin(WorkspaceAdmin):
    list_display = ("name", "slug", "published", "archived_at", "updated_at")
    list_filter = ("archived_at",)
    search_fields = ("name", "slug", "public_id")
    list_select_related = ("published", "published__agent")
    readonly_fields = ("public_id", "name", "slug", "published", "archived_at", "created_at", "updated_at")


@admin.register(Version)
class VersionAdmin(WorkspaceAdmin):
    list_display = ("agent", "number", "note", "created_by", "created_at")
    search_fields = ("agent__name", "note", "public_id")
    list_select_related = ("agent", "created_by")
    fields: ClassVar[Any] = ("public_id", "agent", "number", "note", "digest", "created_by", "created_at", "spec")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields
