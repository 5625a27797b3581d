from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.test import Client
from django.utils import timezone

from parley.accounts.models import User
from tests.support.cast import PASSWORD

pytestmark = pytest.mark.django_db


def test_by_email_in_any_case(alice: User) -> None:
    client = Client()
    answer = client.post(
        "/login/?next=/profile/", {"username": " ALICE@Acme.example ", "password": PASSWORD, "next": "/profile/"}
    )
    assert (answer.status_code, answer.headers["Location"]) == (302, "/profile/")
    assert client.get("/profile/").status_code == 200


def test_a_wrong_password_says_the_same_as_an_unknown_person(alice: User) -> None:
    known = Client().post("/login/", {"username": alice.email, "password": "wrong"})
    unknown = Client().post("/login/", {"username": "nobody@acme.example", "password": "wrong"})
    text = "This e-mail and password do not fit together."
    assert text in known.content.decode()
    assert text in unknown.content.decode()
    assert known.status_code == unknown.status_code == 200


def test_another_site_cannot_be_the_next_page(alice: User) -> None:
    answer = Client().post("/login/", {"username": alice.email, "password": PASSWORD, "next": "https://evil.example/"})
    assert answer.headers["Location"] == "/"


def test_the_eighth_failure_locks_and_says_how_long(alice: User) -> None:
    client = Client()
    for _ in range(7):
        assert client.post("/login/", {"username": alice.email, "password": "wrong"}).status_code == 200
    locked = client.post("/login/", {"username": alice.email, "password": "wrong"})
    assert locked.status_code == 429
    assert "Too many failed attempts. Wait 15 minutes, then try again." in locked.content.decode()
    assert locked.headers["Retry-After"] == "900"
    # The right password, and the same e-mail in capitals, wait too.
    assert client.post("/login/", {"username": alice.email, "password": PASSWORD}).status_code == 429
    assert client.post("/login/", {"username": alice.email.upper(), "password": PASSWORD}).status_code == 429


def test_the_lock_is_for_one_person_from_one_address(alice: User, bob: User) -> None:
    for _ in range(8):
        Client().post("/login/", {"username": alice.email, "password": "wrong"})
    assert Client().post("/login/", {"username": bob.email, "password": PASSWORD}).status_code == 302
    elsewhere = Client(REMOTE_ADDR="203.0.113.7")
    assert elsewhere.post("/login/", {"username": alice.email, "password": PASSWORD}).status_code == 302


def test_the_lock_ends(alice: User) -> None:
    for _ in range(8):
        Client().post("/login/", {"username": alice.email, "password": "wrong"})
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=16))
    assert Client().post("/login/", {"username": alice.email, "password": PASSWORD}).status_code == 302


def test_nul_and_surrogates_are_no_error(alice: User) -> None:
    assert Client().post("/login/", {"username": "a\0@acme.example", "password": "x"}).status_code == 200
    assert Client().post("/login/", {"username": alice.email, "password": "x\0y"}).status_code == 200


def test_a_fixed_session_is_not_kept(alice: User) -> None:
    client = Client()
    session = client.session
    session["planted"] = "yes"
    session.save()
    before = client.cookies["sessionid"].value
    client.post("/login/", {"username": alice.email, "password": PASSWORD})
    assert client.cookies["sessionid"].value != before


def test_signing_out_ends_the_session_and_takes_a_post(alice: User, client_of: Callable[[User], Client]) -> None:
    client = client_of(alice)
    old = client.cookies["sessionid"].value
    assert client.get("/logout/").status_code == 405
    assert client.get("/profile/").status_code == 200
    assert client.post("/logout/").headers["Location"] == "/login/"
    thief = Client()
    thief.cookies["sessionid"] = old
    assert thief.get("/profile/").status_code == 302


def test_changing_the_password_signs_other_browsers_out(alice: User, client_of: Callable[[User], Client]) -> None:
    here, there = client_of(alice), client_of(alice)
    new = "another horse, another battery"
    fields = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    assert here.post("/profile/password/", fields).headers["Location"] == "/profile/"
    assert here.get("/profile/").status_code == 200
    assert there.get("/profile/").status_code == 302


def test_a_weak_password_is_refused_with_the_reason(alice: User, client_of: Callable[[User], Client]) -> None:
    fields = {"old_password": PASSWORD, "new_password1": "1234567", "new_password2": "1234567"}
    page = client_of(alice).post("/profile/password/", fields).content.decode()
    assert "at least 10 characters" in page
    assert "entirely numeric" in page
