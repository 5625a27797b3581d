from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.placeholders import is_name, misspelt_in, names_in, replace_names
from inference.flow import templates


@pytest.mark.parametrize(
    ("text", "names", "misspelt"),
    [
        ("Hi {{name}} and {{ day }}, {{name}}.", ["name", "day"], []),
        ("{{7*7}} {{a.b}} {{first name}}", [], ["{{7*7}}", "{{a.b}}", "{{first name}}"]),
        ("{name} {% if x %} ${x} {{}}", [], ["{{}}"]),
        ("{{" + "x" * 41 + "}}", [], ["{{" + "x" * 41 + "}}"]),
        ("{{näme}}", [], ["{{näme}}"]),
        ("", [], []),
    ],
)
def test_names(text: str, names: list[str], misspelt: list[str]) -> None:
    assert (names_in(text), misspelt_in(text)) == (names, misspelt)


def test_only_names_are_replaced_and_values_are_not_looked_at_again() -> None:
    assert replace_names("{{a}} {{b}} {{7*7}}", {"a": "{{b}}", "b": "x"}) == "{{b}} x {{7*7}}"
    assert replace_names("[{{a}}]", {}) == "[]"


@given(st.text(st.sampled_from("{} ab_1*.\n"), max_size=30))
def test_builder_and_worker_see_the_same_names(text: str) -> None:
    assert names_in(text) == templates.names(text)
    assert is_name(text) == templates.is_name(text)
    assert replace_names(text, {"a": "x"}) == templates.fill(text, {"a": "x"})
