from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import TabularInline

from channels_io.models import Contact, Identity
from parley.accounts.permissions import Permission
from parley.admin_site import WorkspaceAdmin


class IdentityInline(TabularInline):  # type: ignore[misc]
    model = Identity
    extra = 0
    fields = ("kind", "value", "created_at")
    readonly_fields = fields
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Contact | None = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Contact | None = None) -> bool:
        return True


@admin.register(Contact)
class ContactAdmin(WorkspaceAdmin):
    change_permission = Permission.OPERATE
    list_display = ("__str__", "public_id", "created_at")
    search_fields = ("name", "public_id", "identities__value")
    fields = ("name",)
    inlines = (IdentityInline,)
