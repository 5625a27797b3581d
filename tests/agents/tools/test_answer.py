from __future__ import annotations

import json
from typing import Any

import pytest

from agents.tools.answer import answer_of, content_of, failure, picked, shortened
from agents.tools.shapes import Pick
from parley.lib.outbound import Response

SLOTS = {"slots": [{"time": "09:00", "doctor": {"name": "Hill"}}, {"time": "10:30"}], "day": "Monday"}


def response(content: Any, status: int = 200, kind: str = "application/json") -> Response:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return Response(status=status, headers={"content-type": kind}, body=body)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("", SLOTS), ("day", "Monday"), ("slots.0.time", "09:00"), ("slots.0.doctor.name", "Hill"), ("slots.9.time", None),
        ("slots.*.time", ["09:00", "10:30"]), ("slots.*.doctor.name", ["Hill", None]), ("day.x", None), ("slots.-1", None),
        ("slots.__class__", None), ("nothing", None),
    ],
)  # fmt: skip
def test_picking(path: str, expected: Any) -> None:
    assert picked(SLOTS, path) == expected


def test_the_agent_is_told_the_picked_parts() -> None:
    answer = answer_of(response(SLOTS), [Pick("times", "slots.*.time"), Pick("day", "day")])
    assert answer.ok
    assert json.loads(answer.result) == {"times": ["09:00", "10:30"], "day": "Monday"}


def test_an_error_is_told_with_its_status_and_what_the_server_said() -> None:
    answer = answer_of(response({"detail": "No such order"}, 404))
    assert not answer.ok
    assert (answer.code, answer.status) == ("http_error", 404)
    assert json.loads(answer.result) == {
        "error": "The server answered 404.", "code": "http_error", "status": 404, "answer": '{"detail":"No such order"}',
    }  # fmt: skip


@pytest.mark.parametrize("status", [100, 199, 300, 304, 400, 500])
def test_only_2xx_is_a_success(status: int) -> None:
    assert not answer_of(response({}, status)).ok


@pytest.mark.parametrize(
    ("body", "kind", "expected"),
    [
        (b"plain words", "text/plain", "plain words"),
        (b"<html><style>x{}</style><p>Open <b>now</b></p><script>evil()</script></html>", "text/html", "Open now"),
        (b"gr\xfc\xdfe", "text/plain; charset=latin-1", "grüße"),
        (b"\xff\xfe", "text/plain", "\ufffd\ufffd"),
        (b"", "application/json", ""),
        (b"\xef\xbb\xbf[1]", "application/json", [1]),
        (b"x", "text/plain; charset=nonsense", "x"),
        (b'"\\ud800"', "application/json", '"\\ud800"'),
        (b"[" * 3000 + b"]" * 3000, "application/json", "[" * 3000 + "]" * 3000),
        (b"[" * 100 + b"]" * 100, "application/json", "[" * 100 + "]" * 100),
        (b'{"a": NaN}', "application/json", '{"a": NaN}'),
    ],
)
def test_what_came_back(body: bytes, kind: str, expected: Any) -> None:
    assert content_of(response(body, kind=kind)) == expected


@pytest.mark.parametrize(
    "content",
    [
        ["x" * 5000] * 50, {"rows": [{"id": number, "text": "y" * 300} for number in range(2000)]}, "z" * 100_000,
        {str(number): "v" * 100 for number in range(5000)}, "\x00" * 50_000, [["deep" * 100] * 100] * 100,
    ],
)  # fmt: skip
def test_long_answers_become_short_and_stay_json(content: Any) -> None:
    text = shortened(content, 6000)
    assert len(text) <= 6000
    json.loads(text)


def test_short_answers_stay_as_they_are() -> None:
    assert json.loads(shortened(SLOTS, 6000)) == SLOTS
    rows = json.loads(shortened({"slots": [{"time": str(number)} for number in range(900)]}, 6000))
    assert rows["slots"][0] == {"time": "0"}


def test_a_failure_has_words_and_a_code() -> None:
    answer = failure("timeout", "The server did not answer in time.")
    assert json.loads(answer.result) == {"error": "The server did not answer in time.", "code": "timeout"}
