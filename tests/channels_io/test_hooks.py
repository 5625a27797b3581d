from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from channels_io.hooks import HookRefused, address_of, body_of, hook


def request_for(path: str = "/hooks/x/?a=1&b=%20", **more: Any) -> HttpRequest:
    return RequestFactory().post(path, b"{}", content_type="application/json", **more)


@hook
def view(request: HttpRequest, does: str) -> HttpResponse:
    match does:
        case "refuses":
            raise HookRefused("a reason")
        case "loses the database":
            raise OperationalError("gone")
    return HttpResponse("ok")


@pytest.mark.django_db
def test_answers() -> None:
    assert view(request_for(), does="works").status_code == 200
    refused = view(request_for(), does="refuses")
    assert (refused.status_code, getattr(refused, "content", b"")) == (403, b"Forbidden\n")
    later = view(request_for(), does="loses the database")
    assert (later.status_code, later.headers["Retry-After"]) == (503, "5")


@pytest.mark.django_db
def test_a_bug_of_ours_is_not_hidden() -> None:
    @hook
    def broken(request: HttpRequest) -> HttpResponse:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        broken(request_for())


def test_the_address_is_the_configured_one_whatever_headers_say(settings: Any) -> None:
    settings.PARLEY_PUBLIC_URL = "https://voice.example.com"
    request = request_for(
        headers={"host": "evil.example", "x-forwarded-host": "evil.example", "x-forwarded-proto": "http"}
    )
    assert address_of(request) == "https://voice.example.com/hooks/x/?a=1&b=%20"


@pytest.mark.parametrize("length", ["65537", "-1", "x", "1e3", "9" * 20])
def test_a_length_that_cannot_be_is_refused_before_it_is_read(length: str) -> None:
    request = request_for()
    request.META["CONTENT_LENGTH"] = length
    request._read_started = False
    with pytest.raises(HookRefused):
        body_of(request)


@pytest.mark.django_db(transaction=True)
def test_a_database_that_hangs_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("channels_io.hooks.SECONDS", 0.2)

    @hook
    def hangs(request: HttpRequest) -> HttpResponse:
        with connection.cursor() as cursor:
            cursor.execute("select pg_sleep(2)")
        return HttpResponse("too late")

    assert hangs(request_for()).status_code == 503
    connection.close()
    with connection.cursor() as cursor:
        cursor.execute("select 1")
        assert cursor.fetchone() == (1,)


@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_slow_but_answers_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("channels_io.hooks.SECONDS", 1.0)

    @hook
    def slow(request: HttpRequest) -> HttpResponse:
        with connection.cursor() as cursor:
            for _ in range(4):
                cursor.execute("select pg_sleep(0.3)")
        return HttpResponse("ok")

    assert slow(request_for()).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_not_there_is_503(settings: Any) -> None:
    @hook
    def asks(request: HttpRequest) -> HttpResponse:
        with connection.cursor() as cursor:
            cursor.execute("select 1")
        return HttpResponse("ok")

    connection.close()
    usual = connection.settings_dict["PORT"], connection.settings_dict["HOST"]
    connection.settings_dict["HOST"], connection.settings_dict["PORT"] = "127.0.0.1", "9"
    try:
        assert asks(request_for()).status_code == 503
    finally:
        connection.settings_dict["PORT"], connection.settings_dict["HOST"] = usual
    assert asks(request_for()).status_code == 200
