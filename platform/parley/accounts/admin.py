"""The records of the platform, read-only: they are changed on the People, API keys and Workspace pages."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.models import Group

from parley.accounts.models import ApiKey, AuditEvent, Membership
from parley.accounts.roles import Permission
from parley.admin_site import WorkspaceAdmin, site

if site.is_registered(Group):
    site.unregister(Group)


@admin.register(Membership, site=site)
class MembershipAdmin(WorkspaceAdmin):
    list_display = ["user", "role", "created_at"]
    list_filter = ["role"]
    search_fields = ["user__name", "user__email"]
    list_select_related = ["user"]
    fields = ["public_id", "user", "role", "created_at"]


@admin.register(ApiKey, site=site)
class ApiKeyAdmin(WorkspaceAdmin):
    view_permission = Permission.MANAGE_WORKSPACE
    list_display = ["name", "prefix", "scopes", "created_at", "last_used_at", "expires_at", "revoked_at"]
    search_fields = ["name", "prefix"]
    fields = [
        "public_id", "name", "prefix", "scopes", "created_by", "created_at", "last_used_at", "expires_at", "revoked_at",
    ]  # fmt: skip


@admin.register(AuditEvent, site=site)
class AuditEventAdmin(WorkspaceAdmin):
    view_permission = Permission.MANAGE_WORKSPACE
    list_display = ["at", "actor", "verb", "target_type", "target_id"]
    list_filter = ["verb", "target_type"]
    search_fields = ["actor", "target_id"]
    date_hierarchy = "at"
    fields = ["at", "actor", "verb", "target_type", "target_id", "data"]
