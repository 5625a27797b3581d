from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client

from parley.accounts.models import ApiKey, Membership, Role, User, Workspace

pytestmark = pytest.mark.django_db
Signed = Callable[[User], Client]


def test_roles_see_what_they_may(alice: User, bob: User, oscar: User, vera: User, client_of: Signed) -> None:
    pages = {
        "/": "all",
        "/profile/": "all",
        "/workspace/people/": "all",
        "/api/docs/": "all",
        "/workspace/": "owner",
        "/workspace/keys/": "owner",
        "/workspace/audit/": "owner",
    }
    for user in (alice, bob, oscar, vera):
        client = client_of(user)
        for path, who in pages.items():
            expected = 200 if who == "all" or user == alice else 403
            assert client.get(path).status_code == expected, f"{user} {path}"


def test_somebody_without_a_workspace_sees_only_themselves(client_of: Signed) -> None:
    client = client_of(User.objects.create_user("dora@example.com", "x"))
    assert "You belong to no workspace yet" in client.get("/profile/").content.decode()
    assert client.get("/workspace/people/").status_code == 403
    assert client.get("/admin/").status_code == 302


def test_a_removed_person_is_out_with_the_next_request(alice: User, vera: User, client_of: Signed) -> None:
    client = client_of(vera)
    assert client.get("/workspace/people/").status_code == 200
    gone = Membership.objects.get(user=vera)
    assert (
        client_of(alice).post(f"/workspace/people/{gone.public_id}/remove/").headers["Location"] == "/workspace/people/"
    )
    assert client.get("/workspace/people/").status_code == 403


def test_adding_shows_the_password_once(alice: User, client_of: Signed) -> None:
    client = client_of(alice)
    page = client.post(
        "/workspace/people/add/", {"email": "dora@acme.example", "name": "Dora", "role": "builder"}
    ).content.decode()
    shown = re.search(r'id="password">([^<]+)<', page)
    assert shown is not None
    assert User.objects.get(email="dora@acme.example").check_password(shown[1])
    assert shown[1] not in client.get("/workspace/people/").content.decode()


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({"email": "dora", "role": "builder"}, 400, "Enter a valid email address"),
        ({"email": "d@acme.example", "role": "god"}, 400, "god is not one of the available choices"),
        ({"email": "vera@acme.example", "role": "owner"}, 409, "belongs to the workspace already"),
        ({"email": "d\0@acme.example", "role": "owner"}, 400, "Null characters are not allowed"),
    ],
)
def test_a_bad_entry_is_kept_and_explained(
    alice: User, vera: User, client_of: Signed, fields: dict[str, str], status: int, words: str
) -> None:
    answer = client_of(alice).post("/workspace/people/add/", fields)
    assert answer.status_code == status
    assert words in answer.content.decode()
    assert Membership.objects.count() == 2
    assert Membership.objects.get(user=vera).role == Role.VIEWER


def test_roles_change_and_the_last_owner_is_told(alice: User, vera: User, client_of: Signed) -> None:
    client = client_of(alice)
    rows = {row.user: row for row in Membership.objects.all()}
    client.post(f"/workspace/people/{rows[vera].public_id}/role/", {"role": "operator"})
    assert Membership.objects.get(user=vera).role == Role.OPERATOR
    page = client.post(f"/workspace/people/{rows[alice].public_id}/role/", {"role": "viewer"}, follow=True)
    assert "This is the last owner." in page.content.decode()
    page = client.post(f"/workspace/people/{rows[vera].public_id}/role/", {"role": "god"}, follow=True)
    assert "There is no such role." in page.content.decode()


def test_a_key_is_shown_once_and_works(alice: User, client_of: Signed) -> None:
    client = client_of(alice)
    answer = client.post("/workspace/keys/", {"name": "Site", "scopes": ["agents:read"], "lifetime": "30"})
    shown = re.search(r'id="secret">([^<]+)<', answer.content.decode())
    assert shown is not None
    assert "no-store" in answer.headers["Cache-Control"]
    assert shown[1] not in client.get("/workspace/keys/").content.decode()
    program = Client(headers={"Authorization": f"Bearer {shown[1]}"})
    assert program.get("/api/v1/agents/").status_code == 200
    key = ApiKey.objects.get()
    assert key.last_used_at is not None
    assert key.expires_at is not None
    client.post(f"/workspace/keys/{key.public_id}/revoke/")
    assert program.get("/api/v1/agents/").status_code == 401


def test_a_key_without_rights_or_name_is_explained(alice: User, client_of: Signed) -> None:
    answer = client_of(alice).post("/workspace/keys/", {"name": "", "lifetime": "30"})
    assert answer.status_code == 400
    assert "Choose at least one thing the key may do." in answer.content.decode()
    assert ApiKey.objects.count() == 0


def test_the_audit_page_tells_and_narrows(alice: User, client_of: Signed) -> None:
    client = client_of(alice)
    client.post("/workspace/keys/", {"name": "<b>Site</b>", "scopes": ["agents:read"], "lifetime": ""})
    client.post("/workspace/", {"name": "Acme Ltd", "timezone": "Europe/Berlin"})
    page = client.get("/workspace/audit/").content.decode()
    assert "&lt;b&gt;Site&lt;/b&gt;" in page
    assert "workspace.edited" in page
    assert "scopes: agents:read" in page
    narrowed = client.get("/workspace/audit/", {"verb": "workspace.edited"}).content.decode()
    assert "&lt;b&gt;Site&lt;/b&gt;" not in narrowed
    assert "Nothing found" in client.get("/workspace/audit/", {"q": "nobody\0"}).content.decode()


def test_switching_to_a_workspace_of_ones_own(alice: User, globex: Workspace, client_of: Signed) -> None:
    client = client_of(alice)
    assert client.post("/workspace/switch/", {"workspace": globex.public_id}).status_code == 404
    assert client.post("/workspace/switch/", {"workspace": "\0"}).status_code == 404
    Membership.objects.create(user=alice, workspace=globex, role=Role.VIEWER)
    assert client.get("/workspace/keys/").status_code == 200
    assert client.post("/workspace/switch/", {"workspace": globex.public_id}).headers["Location"] == "/"
    assert client.get("/workspace/keys/").status_code == 403
    assert "Globex" in client.get("/workspace/people/").content.decode()


def test_fields_that_are_not_offered_change_nothing(alice: User, acme: Workspace, client_of: Signed) -> None:
    client = client_of(alice)
    client.post("/profile/", {"name": "Al", "is_superuser": "on", "is_staff": "on", "email": "x@y.example", "id": "99"})
    alice.refresh_from_db()
    assert (alice.name, alice.is_superuser, alice.is_staff, alice.email) == ("Al", False, False, "alice@acme.example")
    slug, public_id = acme.slug, acme.public_id
    client.post("/workspace/", {"name": "A", "timezone": "UTC", "slug": "globex", "public_id": "ws_x"})
    acme.refresh_from_db()
    assert (acme.name, acme.slug, acme.public_id) == ("A", slug, public_id)
