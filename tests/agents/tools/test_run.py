from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from agents.tools import run
from agents.tools.run import run_request
from agents.tools.shapes import HttpRequest, Pick
from parley.lib.breaker import FAILURES, Breaker
from parley.lib.outbound import OutboundFailed
from tests.support.tools import FakeOutside, json_answer

GONE = OutboundFailed("gone", code="unreachable")


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(run, "FIRST_PAUSE", 0.0)
    monkeypatch.setattr(run, "BREAKER", Breaker())
    yield


def request(**values: Any) -> HttpRequest:
    return HttpRequest(**{"url": "https://api.example.com/slots", **values})


async def test_an_answer_is_picked_from() -> None:
    outside = FakeOutside(json_answer('{"slots": ["09:00"]}'))
    answer = await run_request(request(), {"day": "Monday"}, picks=[Pick("first", "slots.0")], client=outside)
    assert answer.ok
    assert json.loads(answer.result) == {"first": "09:00"}
    assert outside.requests[0].url == "https://api.example.com/slots?day=Monday"


@pytest.mark.parametrize(("method", "tries"), [("GET", 3), ("PUT", 3), ("DELETE", 3), ("POST", 1), ("PATCH", 1)])
@pytest.mark.parametrize("trouble", [GONE, json_answer("{}", 503)])
async def test_only_what_may_be_done_twice_is_repeated(method: str, tries: int, trouble: Any) -> None:
    outside = FakeOutside(trouble)
    answer = await run_request(request(method=method, retries=2), {}, client=outside)
    assert not answer.ok
    assert len(outside.requests) == tries


async def test_a_repeat_that_works_counts() -> None:
    outside = FakeOutside(GONE, json_answer("{}", 502), json_answer('{"a": 1}'))
    answer = await run_request(request(retries=2), {}, client=outside)
    assert answer.ok


@pytest.mark.parametrize("code", ["too_large", "bad_redirect", "too_many_redirects"])
async def test_what_will_not_get_better_is_not_repeated(code: str) -> None:
    outside = FakeOutside(OutboundFailed("no", code=code))
    assert (await run_request(request(retries=2), {}, client=outside)).code == code
    assert len(outside.requests) == 1


async def test_hostile_addresses_and_arguments_are_answers_not_errors() -> None:
    outside = FakeOutside(json_answer("{}"))
    assert (await run_request(request(url="http://127.0.0.1/"), {}, client=outside)).code == "address_private"
    assert (
        await run_request(request(url="https://api.example.com/{{a}}/b"), {"a": ".."}, client=outside)
    ).code == "argument_refused"
    assert outside.requests == []


async def test_a_server_that_keeps_failing_is_left_alone() -> None:
    outside = FakeOutside(GONE)
    for _ in range(FAILURES):
        assert (await run_request(request(), {}, breaker_name="ws_1", client=outside)).code == "unreachable"
    assert (await run_request(request(), {}, breaker_name="ws_1", client=outside)).code == "resting"
    assert len(outside.requests) == FAILURES
    assert (await run_request(request(), {}, breaker_name="ws_2", client=outside)).code == "unreachable"
    assert (await run_request(request(), {}, client=outside)).code == "unreachable"


async def test_without_a_readable_rule_nothing_is_sent(settings: Any) -> None:
    settings.PARLEY_EGRESS_ALLOW = ["nonsense/"]
    assert (await run_request(request(), {})).code == "address_refused"
