from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib import admin
from django.test import Client

from parley.accounts.models import Membership, User, Workspace
from parley.admin_site import ParleyAdminSite, WorkspaceAdmin, site

pytestmark = pytest.mark.django_db


def test_ours_is_the_admin_site() -> None:
    assert isinstance(admin.site._wrapped, ParleyAdminSite)  # type: ignore[attr-defined]
    assert site is admin.site


def test_every_record_is_scoped() -> None:
    assert site._registry
    for model, model_admin in site._registry.items():
        assert isinstance(model_admin, WorkspaceAdmin), model.__name__


def test_a_viewer_reads_and_changes_nothing(vera: User, client_of: Callable[[User], Client]) -> None:
    client = client_of(vera)
    row = Membership.objects.get(user=vera)
    assert client.get("/admin/accounts/membership/").status_code == 200
    assert client.get(f"/admin/accounts/membership/{row.pk}/change/").status_code == 200
    for path in ("add/", f"{row.pk}/delete/"):
        assert client.get(f"/admin/accounts/membership/{path}").status_code == 403
    assert client.post(f"/admin/accounts/membership/{row.pk}/change/", {"role": "owner"}).status_code == 403
    assert client.get("/admin/accounts/auditevent/").status_code == 403
    row.refresh_from_db()
    assert row.role == "viewer"


def test_lists_show_one_workspace(
    alice: User, charlie: User, client_of: Callable[[User], Client], acme: Workspace
) -> None:
    page = client_of(charlie).get("/admin/accounts/membership/").content.decode()
    assert "Charlie" in page
    assert "Alice" not in page


def test_a_django_superuser_without_a_membership_has_no_way_in(
    alice: User, client_of: Callable[[User], Client]
) -> None:
    root = User.objects.create_superuser("root@example.com", "x")
    assert client_of(root).get("/admin/").status_code == 302
    assert client_of(root).get("/admin/accounts/membership/").status_code == 302


def test_view_on_site_is_gone(alice: User, client_of: Callable[[User], Client]) -> None:
    assert client_of(alice).get("/admin/r/1/1/").status_code == 404
