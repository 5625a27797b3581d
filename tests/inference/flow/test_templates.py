"""`{{name}}` is replaced, and nothing else ever is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.flow.templates import MAX_NAME, fill, is_name, names, text_of

VALUES = {
    "name": "Ona",
    "n": 7,
    "ok": True,
    "x": 2.5,
    "whole": 3.0,
    "gone": None,
    "list": ["a", {"b": 1}],
    "trap": "{{name}}",
}


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("Hello {{name}}!", "Hello Ona!"),
        ("{{ name }} and {{name}}", "Ona and Ona"),
        ("{{n}} {{ok}} {{x}} {{whole}} [{{gone}}] {{list}}", '7 true 2.5 3 [] ["a",{"b":1}]'),
        ("[{{unknown}}]", "[]"),
        ("{{trap}}", "{{name}}"),
        ("{{{name}}}", "{Ona}"),
        ("no braces", "no braces"),
        ("", ""),
    ],
)
def test_names_are_replaced(text: str, filled: str) -> None:
    assert fill(text, VALUES) == filled


@pytest.mark.parametrize(
    "text",
    [
        "{{7*7}}", "{{''.__class__}}", "{0.__class__}", "{name}", "${name}", "{% if name %}", "{# name #}", "{{name.upper}}",
        "{{name()}}", "{{name|upper}}", "{{name!r}}", "{{ name:>9 }}", "{{first name}}", "{{na-me}}", "{{}}", "{{ }}", "%(name)s",
        "<%= name %>", "#{name}", "{{\nname}}", "{{ñame}}", "{{name", "name}}", "{{" + "a" * (MAX_NAME + 1) + "}}", "{{1name}}",
        "`name`", "$(name)", "{{self}.name}", "{{name[0]}}", "\\{\\{name\\}\\}",
    ],
)  # fmt: skip
def test_everything_else_is_literal(text: str) -> None:
    assert fill(text, VALUES) == text
    assert names(text) == []


def test_names_stand_in_order_without_repeats() -> None:
    assert names("{{b}} {{a}} {{b}} {{7}}") == ["b", "a"]
    assert is_name("day_2") and not is_name("2days") and not is_name("a.b") and not is_name("")


@given(st.text(), st.dictionaries(st.text(max_size=5), st.text(max_size=20), max_size=4))
def test_only_placeholders_change(text: str, values: dict[str, str]) -> None:
    if not names(text):
        assert fill(text, values) == text


@given(st.text(max_size=30))
def test_a_value_is_never_looked_at_again(value: str) -> None:
    assert fill("<{{a}}>", {"a": value, "b": "no"}) == f"<{value}>"


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=5))
def test_any_value_has_a_text(value: object) -> None:
    assert isinstance(text_of(value), str)
