"""The admin site of one workspace: whoever belongs to it gets in, sees its rows only, and may do what the role says."""

from __future__ import annotations

from typing import Any, ClassVar, TypeVar

from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.db.models import ForeignKey, Model, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, URLResolver, reverse
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.sites import UnfoldAdminSite

from parley.accounts.models import Membership
from parley.accounts.roles import Permission

Row = TypeVar("Row", bound=Model)


class ParleyAdminSite(UnfoldAdminSite):  # type: ignore[misc]
    """Signing in, out and the password are the accounts pages'; the colours are in app.css (CSP: no inline style)."""

    site_url = None
    index_title = _("Records")
    enable_nav_sidebar = True

    def get_urls(self) -> list[URLPattern | URLResolver]:
        # Django's "view on site" looks an object up by number in every workspace and redirects to it.
        urls: list[URLPattern | URLResolver] = super().get_urls()
        return [url for url in urls if getattr(url, "name", None) != "view_on_site"]

    def has_permission(self, request: HttpRequest) -> bool:
        return request.user.is_active and getattr(request, "membership", None) is not None

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if request.user.is_authenticated:
            return redirect("channels_io:home")
        return redirect_to_login(request.GET.get("next") or reverse("admin:index"), reverse("accounts:login"))

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return redirect("accounts:password")

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        context: dict[str, Any] = super().each_context(request)
        membership: Membership | None = getattr(request, "membership", None)
        memberships = (
            Membership.objects.filter(user=request.user).select_related("workspace").order_by("workspace__name")
            if request.user.is_authenticated
            else Membership.objects.none()
        )
        return {**context, "colors": None, "membership": membership, "my_memberships": memberships}


def _site() -> ParleyAdminSite:
    return admin.site  # type: ignore[return-value]


site = _site()
"""What `django.contrib.admin.site` is here (see ParleyAdminConfig): `@admin.register(Model)` lands on it as well."""


class WorkspaceAdmin(ModelAdmin):  # type: ignore[misc]
    """Base of every ModelAdmin: rows of the request's workspace, rights by role, choices of relations scoped too.

    Name the permission that each step takes; None forbids it to everybody. Writes that are more than a field's value
    go through an action (override `save_model`).
    """

    view_on_site = False
    view_permission: ClassVar[Permission | None] = Permission.VIEW
    add_permission: ClassVar[Permission | None] = None
    change_permission: ClassVar[Permission | None] = None
    delete_permission: ClassVar[Permission | None] = None
    workspace_path: ClassVar[str] = "workspace"
    """Where the workspace is, seen from the model: `workspace`, or such as `conversation__workspace`."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        queryset: QuerySet[Any] = super().get_queryset(request)
        workspace = getattr(request, "workspace", None)
        return queryset.none() if workspace is None else queryset.filter(**{self.workspace_path: workspace})

    def _may(self, request: HttpRequest, permission: Permission | None) -> bool:
        membership: Membership | None = getattr(request, "membership", None)
        return permission is not None and membership is not None and membership.may(permission)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self._may(request, self.view_permission)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, self.view_permission)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, self.add_permission)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, self.change_permission)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, self.delete_permission)

    def formfield_for_foreignkey(self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any) -> Any:
        related = db_field.remote_field.model
        if "queryset" not in kwargs and any(field.name == "workspace" for field in related._meta.get_fields()):
            kwargs["queryset"] = related._default_manager.filter(workspace=getattr(request, "workspace", None))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm[Any], change: bool) -> None:
        if not change and hasattr(obj, "workspace_id"):
            obj.workspace = getattr(request, "workspace", None)
        super().save_model(request, obj, form, change)
