from __future__ import annotations

from typing import Any

import pytest
from pytest_django.fixtures import Settings

from agents.tools.check import name_findings, request_findings, tool_findings
from agents.tools.shapes import tool_values_of
from tests.support.hostile_urls import HOSTILE_URLS

GOOD: dict[str, Any] = {
    "method": "POST",
    "url": "https://api.example.com/slots/{{day}}?part={{part}}",
    "headers": [{"name": "Accept-Language", "value": "{{language}}"}],
    "auth": "bearer",
    "secret": "crm_key",
    "body": '{"day": "{{day}}", "guests": {{guests}}}',
    "timeout": 8,
    "retries": 0,
}


def codes(values: dict[str, Any], known: list[str] | None = None) -> list[tuple[str, str]]:
    return [(field, code) for field, code, message in request_findings({**GOOD, **values}, known) if message]


def test_a_good_request_has_no_findings() -> None:
    assert codes({}) == []
    assert codes({"results": [{"variable": "x", "path": "y"}], "saying": "Wait."}) == []


@pytest.mark.parametrize("url", HOSTILE_URLS)
def test_hostile_addresses_are_refused_when_they_are_saved(url: str) -> None:
    assert "url" in [
        field for field, _code in codes({"url": url.replace("{port}", "8080"), "auth": "none", "secret": ""})
    ]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"url": ""}, ("url", "required")),
        ({"url": "https://{{host}}/x"}, ("url", "url_malformed")),
        ({"url": "https://api.{{host}}/x"}, ("url", "url_malformed")),
        ({"url": "{{url}}"}, ("url", "url_malformed")),
        ({"url": "https://api.example.com/a b"}, ("url", "url_malformed")),
        ({"url": "http://api.example.com/"}, ("url", "secret_in_the_open")),
        ({"url": "https://intranet/"}, ("url", "address_private")),
        ({"headers": [{"name": "Host", "value": "evil"}]}, ("headers.0.name", "header_own")),
        ({"headers": [{"name": "X A", "value": "1"}]}, ("headers.0.name", "header_name")),
        ({"headers": [{"name": "X-A", "value": "a\nb"}]}, ("headers.0.value", "header_value")),
        ({"auth": "none", "headers": [{"name": "Authorization", "value": "Bearer x"}]}, ("headers.0.name", "secret_in_the_open")),
        ({"secret": ""}, ("secret", "required")),
        ({"auth": "header", "auth_name": "Host"}, ("auth_name", "header_name")),
        ({"auth": "query", "auth_name": "a&b"}, ("auth_name", "required")),
        ({"auth": "basic", "auth_name": "a:b"}, ("auth_name", "required")),
        ({"body": "{"}, ("body", "body_not_json")),
        ({"body": "x" * 30_000}, ("body", "too_long")),
        ({"method": "GET"}, ("body", "body_refused")),
        ({"timeout": 0}, ("timeout", "out_of_range")),
        ({"timeout": 31}, ("timeout", "out_of_range")),
        ({"retries": 3}, ("retries", "out_of_range")),
        ({"retries": 1}, ("retries", "not_repeatable")),
        ({"method": "TRACE"}, ("", "not_a_request")),
        ({"headers": "x"}, ("", "not_a_request")),
        ({"timeout": "soon"}, ("", "not_a_request")),
    ],
)  # fmt: skip
def test_findings(values: dict[str, Any], expected: tuple[str, str]) -> None:
    assert expected in codes(values)


def test_names_that_are_not_there_are_found_where_they_stand() -> None:
    assert codes({}, ["day", "part"]) == [("headers.0.value", "variable_unknown"), ("body", "variable_unknown")]
    assert codes({}, ["day", "part", "language", "guests"]) == []


def test_what_the_operator_opened_may_be_named(settings: Settings) -> None:
    settings.PARLEY_EGRESS_ALLOW = ["crm.lan:8080"]
    assert codes({"url": "http://crm.lan:8080/x"}) == []
    assert codes({"url": "http://crm.lan:8081/x"}) != []
    settings.PARLEY_EGRESS_ALLOW = ["nonsense/"]
    assert codes({}) == [("url", "address_refused")]


def tool_codes(**values: Any) -> list[tuple[str, str]]:
    tool = tool_values_of({"description": "Finds slots.", "url": "https://api.example.com/", **values})
    return [(field, code) for field, code, _message in tool_findings(tool)]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, []),
        ({"description": " "}, [("description", "required")]),
        ({"url": "https://api.example.com/{{day}}"}, [("url", "variable_unknown")]),
        ({"parameters": [{"name": "a b"}]}, [("parameters.0.name", "name_refused")]),
        ({"parameters": [{"name": "a"}, {"name": "a"}]}, [("parameters.1.name", "repeated")]),
        ({"parameters": [{"name": "a", "kind": "choice"}]}, [("parameters.0.choices", "required")]),
        ({"parameters": [{"name": "a", "fixed": "{{caller}} {{conversation}}"}]}, []),
        ({"parameters": [{"name": "a", "fixed": "{{said}}"}]}, [("parameters.0.fixed", "variable_unknown")]),
        ({"results": [{"name": "1", "path": "x"}]}, [("results.0.name", "name_refused")]),
        ({"results": [{"name": "a", "path": "x." * 300}]}, [("results.0.path", "too_long")]),
    ],
)
def test_findings_of_a_tool(values: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert tool_codes(**values) == expected


@pytest.mark.parametrize(
    ("name", "good"),
    [
        ("find_slots", True),
        ("a1", True),
        ("", False),
        ("1a", False),
        ("Find", False),
        ("a-b", False),
        ("node:x", False),
        ("parley.agent", False),
        ("a" * 61, False),
    ],
)
def test_names(name: str, good: bool) -> None:
    assert (list(name_findings(name)) == []) is good
