from __future__ import annotations

import json

import pytest

from agents.tools.template import TemplateRefused, fill, fill_body, fill_path, fill_query, read_body


@pytest.mark.parametrize(
    ("template", "values", "expected"),
    [
        ("Hello {{name}}.", {"name": "Ona"}, "Hello Ona."),
        ("{{ name }}{{unknown}}", {"name": "Ona"}, "Ona"),
        ("{{a}}", {"a": "{{b}}", "b": "hidden"}, "{{b}}"),
        ("{{a.__class__}} {{a|upper}} {{ 7*7 }} {% x %} ${a} {a}", {"a": "1"}, "{{a.__class__}} {{a|upper}} {{ 7*7 }} {% x %} ${a} {a}"),
        ("{{n}} {{f}} {{t}} {{x}} {{l}}", {"n": 3, "f": 2.0, "t": True, "x": None, "l": [1]}, "3 2 true  [1]"),
    ],
)  # fmt: skip
def test_texts(template: str, values: dict[str, object], expected: str) -> None:
    assert fill(template, values) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("12", "/orders/12"),
        ("a/b", "/orders/a%2Fb"),
        ("?x=1#y", "/orders/%3Fx%3D1%23y"),
        ("ü @", "/orders/%C3%BC%20%40"),
    ],
)
def test_a_value_stays_in_its_place_in_the_path(value: str, expected: str) -> None:
    assert fill_path("/orders/{{id}}", {"id": value}) == expected


@pytest.mark.parametrize("value", ["..", ".", "", "  ", None])
def test_a_value_never_climbs_to_another_folder(value: str | None) -> None:
    with pytest.raises(TemplateRefused):
        fill_path("/orders/{{id}}/items", {"id": value})


def test_two_values_cannot_join_to_dots() -> None:
    with pytest.raises(TemplateRefused):
        fill_path("/{{a}}{{b}}/x", {"a": ".", "b": "."})
    assert fill_path("/{{a}}/x", {"a": "%2e%2e"}) == "/%252e%252e/x"


def test_a_query_keeps_its_pairs() -> None:
    assert fill_query("day={{day}}&kind=x", {"day": "1&admin=1#"}) == "day=1%26admin%3D1%23&kind=x"
    assert fill_query("day={{day}}&part={{part}}&flag", {"day": "1", "part": ""}) == "day=1&flag"


def test_a_body_keeps_its_shape() -> None:
    values = {"name": 'Ona", "admin": true, "x": "', "n": 4, "list": [1, 2], "day": None}
    body = fill_body(
        '{"name": "{{name}}", "n": "{{n}}", "text": "at {{n}}", "list": "{{list}}", "day": "{{day}}"}', values
    )
    assert json.loads(body) == {"name": values["name"], "n": 4, "text": "at 4", "list": [1, 2], "day": None}


def test_without_quotes_a_value_is_a_number_or_true_or_false() -> None:
    body = fill_body(
        '{"a": {{a}}, "b": {{ b }}, "c": [{{c}}], "d": {{d}}}', {"a": "4", "b": "yes", "c": "1.5", "d": "Ona"}
    )
    assert json.loads(body) == {"a": 4, "b": True, "c": [1.5], "d": "Ona"}


@pytest.mark.parametrize(
    "text", ["{", "{{", "{'a': 1}", '{"a": NaN}', "[" * 5000, "[" * 100 + "]" * 100, '{"a": {{a}} 1}']
)
def test_what_is_no_json_is_no_body(text: str) -> None:
    with pytest.raises(TemplateRefused) as refused:
        read_body(text)
    assert refused.value.code == "body_not_json"
