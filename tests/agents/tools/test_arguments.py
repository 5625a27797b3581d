from __future__ import annotations

import json
from typing import Any

import pytest

from agents.tools.arguments import BadArguments, decode_arguments, schema_of, typed_arguments
from agents.tools.shapes import Parameter

DAY = Parameter("day", "text", "The day")
GUESTS = Parameter("guests", "whole", required=False)
PRICE = Parameter("price", "number", required=False)
TERRACE = Parameter("terrace", "yes_no", required=False)
KIND = Parameter("kind", "choice", choices=("Check-up", "Pain"), required=False)
CALL = Parameter("call", "text", fixed="call {{conversation}}")
ALL = (DAY, GUESTS, PRICE, TERRACE, KIND, CALL)


def typed(**given: Any) -> dict[str, Any]:
    return typed_arguments(ALL, {"day": "Monday", **given}, {"conversation": "cv_1"})


def test_the_schema_names_what_the_model_fills_in() -> None:
    schema = json.loads(schema_of(ALL))
    assert list(schema["properties"]) == ["day", "guests", "price", "terrace", "kind"]
    assert schema["required"] == ["day"]
    assert schema["additionalProperties"] is False
    assert schema["properties"]["day"] == {"type": "string", "description": "The day"}
    assert schema["properties"]["kind"] == {"type": "string", "enum": ["Check-up", "Pain"]}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"guests": "4"}, 4), ({"guests": 4.0}, 4), ({"price": "4.5"}, 4.5), ({"terrace": "yes"}, True),
        ({"terrace": False}, False), ({"kind": "check-UP"}, "Check-up"), ({"day": 5}, "5"), ({"day": " x "}, "x"),
    ],
)  # fmt: skip
def test_values_become_what_the_parameter_says(given: dict[str, Any], expected: Any) -> None:
    (name,) = given
    assert typed(**given)[name] == expected


@pytest.mark.parametrize(
    "given",
    [
        {"guests": "many"}, {"guests": 4.5}, {"guests": True}, {"price": "nan"}, {"price": 1e300}, {"terrace": "perhaps"},
        {"kind": "Other"}, {"day": ["x"]}, {"day": {"a": 1}}, {"day": "x" * 3000}, {"day": ""}, {"day": None},
    ],
)  # fmt: skip
def test_values_that_do_not_fit_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises(BadArguments):
        typed(**given)


def test_what_the_server_fills_nobody_else_fills() -> None:
    found = typed(call="cv_2", admin="1")
    assert found == {"day": "Monday", "call": "call cv_1"}


@pytest.mark.parametrize(
    "text", ["[]", "1", '"x"', "{", "null", "[" * 5000, '{"a":"\\ud800"}', "{" + " " * 30_000 + "}"]
)
def test_arguments_are_a_json_object(text: str) -> None:
    with pytest.raises(BadArguments):
        decode_arguments(text)


def test_no_arguments_are_none() -> None:
    assert decode_arguments("") == {}
