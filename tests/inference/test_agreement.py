from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.agreement import agreed, all_but_last


@pytest.mark.parametrize(
    ("before", "now", "stable"),
    [
        ("", "What time", ""),
        ("What time do", "What time do you open", "What time do"),
        ("What time to", "What time do you open", "What time"),
        ("What time?", "What time do you", "What time"),
        ("What time", "What time?", "What time"),
        ("so i was", "So, I was wondering", "So, I was"),
        ("Yes, please. My", "Yes, please, my name", "Yes, please, my"),
        ("Hello there", "Yellow there", ""),
        ("It's nine o'clock", "It's nine o'clock on", "It's nine o'clock"),
        ("one two three", "one two", "one two"),
    ],
)
def test_what_two_passes_agree_on_is_stable(before: str, now: str, stable: str) -> None:
    assert agreed(before, now) == stable


@given(st.text(alphabet="ab ,.?A'", max_size=30), st.text(alphabet="ab ,.?A'", max_size=30))
def test_it_is_the_head_of_the_later_pass_byte_for_byte(before: str, now: str) -> None:
    stable = agreed(before, now)
    assert " ".join(now.split()).startswith(stable)
    assert stable == "" or stable[-1] not in " ,.?'"


def test_all_but_the_last_word() -> None:
    assert all_but_last("Can you tell me, your add?") == "Can you tell me, your"
    assert all_but_last("Well, yes") == "Well"
    assert all_but_last("Yes.") == all_but_last("") == ""
