"""What every answer carries, and what an error looks like."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from parley import errors
from parley.accounts.models import User
from tests.support.cast import PASSWORD


def directives(response: HttpResponse) -> dict[str, list[str]]:
    parts = [part.split() for part in response.headers["Content-Security-Policy"].split(";")]
    return {name: values for name, *values in parts}


@pytest.mark.django_db
def test_no_inline_script_and_no_frame() -> None:
    found = directives(Client().get("/login/"))
    assert found["default-src"] == ["'self'"]
    assert "'unsafe-inline'" not in found["script-src"]
    assert found["script-src-attr"] == ["'none'"]
    assert found["style-src"] == ["'self'"]
    assert found["frame-ancestors"] == ["'none'"]
    assert found["worker-src"] == ["'self'"]
    assert found["connect-src"] == ["'self'", "ws://127.0.0.1:8000"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path",
    [
        "/login/",
        "/",
        "/workspace/people/",
        "/workspace/keys/",
        "/workspace/audit/",
        "/profile/",
        "/admin/",
        "/api/docs/",
    ],
)
def test_pages_have_no_inline_script_style_or_handler(
    path: str, alice: User, client_of: Callable[[User], Client]
) -> None:
    client = Client() if path == "/login/" else client_of(alice)
    page = client.get(path).content.decode()
    assert "<style" not in page
    assert " onclick=" not in page
    for script in page.split("<script")[1:]:
        assert " src=" in script.split(">")[0] or 'type="application/json"' in script.split(">")[0]


@pytest.mark.django_db
def test_cookies_are_closed_to_scripts_and_other_sites(alice: User) -> None:
    answer = Client().post("/login/", {"username": alice.email, "password": PASSWORD})
    cookie = answer.cookies["sessionid"]
    assert (answer.status_code, cookie["httponly"], cookie["samesite"]) == (302, True, "Lax")


@pytest.mark.parametrize("status", [400, 403, 404, 429, 500])
def test_an_error_page_has_a_code_and_a_way_on(rf: RequestFactory, status: int) -> None:
    page = errors.problem(rf.get("/x"), status)
    assert page.status_code == status
    text = page.content.decode()
    assert f"{status} · {errors.PROBLEMS[status].code}" in text
    assert 'href="/"' in text


def test_an_error_is_json_for_programs(rf: RequestFactory) -> None:
    page = errors.not_found(rf.get("/api/v1/nothing/"))
    assert page.headers["Content-Type"] == "application/json"
    assert page.content == (
        b'{"error": {"code": "not_found", "message": "There is nothing here, or it is not yours to see."}}'
    )
    assert (
        errors.not_found(rf.get("/x", headers={"Accept": "application/json"})).headers["Content-Type"]
        == "application/json"
    )


def test_a_message_is_escaped(rf: RequestFactory) -> None:
    page = errors.forbidden(rf.get("/x"), PermissionError("<script>alert(1)</script>"))
    assert b"<script>alert" not in page.content


def test_the_500_page_needs_neither_person_nor_database(rf: RequestFactory) -> None:
    request: HttpRequest = rf.get("/")
    assert errors.internal(request).status_code == 500


@pytest.mark.django_db
def test_a_form_of_another_site_is_refused(alice: User) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
    answer = browser.post("/profile/", {"name": "Mallory"}, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
    assert b"403 \xc2\xb7 csrf" in answer.content
    alice.refresh_from_db()
    assert alice.name == "Alice"
