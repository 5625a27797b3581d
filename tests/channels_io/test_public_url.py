from __future__ import annotations

from typing import Any

import pytest

from channels_io import public_url
from channels_io.public_url import public_check, public_problem
from parley.lib.egress import EgressRefused
from parley.lib.outbound import OutboundFailed, Request, Response
from tests.support.tools import FakeOutside, json_answer

HEALTHY = '{"status": "ok", "version": "1"}'


@pytest.fixture(autouse=True)
def _public(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.PARLEY_PUBLIC_URL = "https://parley.example"
    monkeypatch.setattr(public_url, "OutboundClient", lambda: FakeOutside(json_answer(HEALTHY)))


def answers(monkeypatch: pytest.MonkeyPatch, answer: Response | Exception) -> None:
    def ask(_method: str, _url: str, **_request: Any) -> Response:
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(public_url, "ask", ask)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8000",
        "http://localhost:8000",
        "http://[::1]:8000",
        "https://127.0.0.1",
        "http://parley.example",
    ],
)
def test_what_no_carrier_can_call(settings: Any, url: str) -> None:
    settings.PARLEY_PUBLIC_URL = url
    problem = public_problem()
    assert problem is not None
    assert (problem.verdict, url in problem.text) == ("bad", True)
    assert public_check(simulated=False) == problem


def test_a_public_address_that_leads_here(monkeypatch: pytest.MonkeyPatch) -> None:
    assert public_problem() is None
    answers(monkeypatch, json_answer(HEALTHY))
    assert public_check(simulated=False).verdict == "good"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (json_answer("{}"), "Something else than Parley answers"),
        (Response(status=200, headers={}, body=b"<html>"), "Something else than Parley answers"),
        (json_answer(HEALTHY, 502), "Something else than Parley answers"),
        (OutboundFailed("No valid certificate.", code="tls_failed"), "No valid certificate."),
        (OutboundFailed("Cannot be reached.", code="unreachable"), "Cannot be reached."),
        (OutboundFailed("No server by the name.", code="unknown_host"), "No server by the name."),
        (OutboundFailed("Redirects too often.", code="too_many_redirects"), "Redirects too often."),
    ],
)
def test_what_answers_in_its_place(monkeypatch: pytest.MonkeyPatch, answer: Any, said: str) -> None:
    answers(monkeypatch, answer)
    found = public_check(simulated=False)
    assert found.verdict == "bad"
    assert said in found.text
    assert found.advice


def test_a_name_that_stands_for_an_inner_address(monkeypatch: pytest.MonkeyPatch) -> None:
    class Inner(FakeOutside):
        async def probe(self, url: str, seconds: float = 3.0) -> None:
            raise EgressRefused("It is a private address.")

    def never(_request: Request) -> Response:
        raise AssertionError("It was asked all the same.")

    monkeypatch.setattr(public_url, "OutboundClient", lambda: Inner(never))
    answers(monkeypatch, AssertionError("It was asked all the same."))
    found = public_check(simulated=False)
    assert (found.verdict, "not on the public internet" in found.text) == ("bad", True)


def test_the_simulator_needs_an_answer_only(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.PARLEY_PUBLIC_URL = "http://127.0.0.1:8000"
    answers(monkeypatch, json_answer(HEALTHY))
    assert public_check(simulated=True).verdict == "good"
    answers(monkeypatch, OutboundFailed("Cannot be reached.", code="unreachable"))
    assert public_check(simulated=True).verdict == "bad"
