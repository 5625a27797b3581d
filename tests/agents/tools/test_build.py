from __future__ import annotations

import json
from typing import Any

import pytest

from agents.tools.build import build_request, origin_of
from agents.tools.shapes import Header, HttpRequest
from agents.tools.template import TemplateRefused
from parley.lib.egress import EgressRefused, parse_target


def request(**values: Any) -> HttpRequest:
    return HttpRequest(**{"url": "https://api.example.com/slots", **values})


def test_values_that_stand_nowhere_are_sent_by_themselves() -> None:
    arguments = {"day": "Tue & Wed", "guests": 4, "none": None}
    assert build_request(request(), arguments).url == "https://api.example.com/slots?day=Tue%20%26%20Wed&guests=4"
    posted = build_request(request(method="POST", url="https://api.example.com/{{day}}"), arguments)
    assert posted.url == "https://api.example.com/Tue%20%26%20Wed"
    assert json.loads(posted.body) == {"guests": 4}
    assert posted.headers["Content-Type"] == "application/json"


def test_a_post_carries_a_name_of_its_own_and_a_get_does_not() -> None:
    assert build_request(request(method="POST"), {}, once="lg_1-c1").headers["Idempotency-Key"] == "lg_1-c1"
    assert "Idempotency-Key" not in build_request(request(), {}, once="lg_1-c1").headers


@pytest.mark.parametrize(
    ("auth", "name", "expected"),
    [
        ("bearer", "", {"Authorization": "Bearer s3cret"}),
        ("basic", "ona", {"Authorization": "Basic b25hOnMzY3JldA=="}),
        ("header", "X-Api-Key", {"X-Api-Key": "s3cret"}),
        ("none", "", {}),
    ],
)
def test_signing_in(auth: str, name: str, expected: dict[str, str]) -> None:
    built = build_request(request(auth=auth, auth_name=name, secret="key"), {}, secret="s3cret")
    assert dict(built.credentials) == expected
    assert "s3cret" not in built.url


def test_a_key_in_the_address_comes_last() -> None:
    built = build_request(request(url="https://api.example.com/?a=1", auth="query", auth_name="key"), {}, secret="a&b")
    assert built.url == "https://api.example.com/?a=1&key=a%26b"


@pytest.mark.parametrize(
    "value",
    ["evil.com", "x@evil.com/", "127.0.0.1", "..", "../admin", "//evil.com", "\\evil.com", "%2e%2e/admin", "a\r\nHost: evil", "{{other}}", "?x", "#x"],
)  # fmt: skip
@pytest.mark.parametrize(
    "url",
    ["https://api.example.com/o/{{id}}", "https://api.example.com/o?id={{id}}", "https://api.example.com/o/x{{id}}y"],
)
def test_no_value_changes_the_server_or_the_folder(url: str, value: str) -> None:
    try:
        placed = (Header("X-Other", "{{other}}"),)
        built = build_request(request(url=url, headers=placed), {"id": value, "other": "hidden"})
    except TemplateRefused:
        return
    target = parse_target(built.url)
    assert (target.host, target.port) == ("api.example.com", 443)
    assert target.path.startswith("/o")
    assert "hidden" not in target.path
    assert "\n" not in built.url


@pytest.mark.parametrize(
    "url", ["https://{{host}}/x", "{{url}}", "https://api.{{host}}.com/", "{{scheme}}://api.example.com/", "/x", ""]
)
def test_the_server_is_fixed(url: str) -> None:
    with pytest.raises((TemplateRefused, EgressRefused)):
        parse_target(
            build_request(request(url=url), {"host": "evil.com", "url": "http://evil.com/", "scheme": "http"}).url
        )


def test_a_header_stays_one_line() -> None:
    headers = (Header("X-Name", "{{name}}"),)
    assert build_request(request(headers=headers), {"name": "Ona"}).headers["X-Name"] == "Ona"
    with pytest.raises(TemplateRefused):
        build_request(request(headers=headers), {"name": "Ona\r\nX-Admin: 1"})


def test_the_origin_of_a_template() -> None:
    assert origin_of("https://api.example.com:8443/{{a}}?b={{c}}#d") == "https://api.example.com:8443"
    assert origin_of("nonsense") == ""
