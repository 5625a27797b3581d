from __future__ import annotations

from typing import Any

import pytest

from agents.fields import STORE_LIMIT, Field, Refused
from agents.schema import (
    DRAFT_FIELDS,
    GREETING,
    HINTS,
    LANGUAGE,
    MAX_TOKENS,
    NAME,
    PRONUNCIATIONS,
    RECORD_AUDIO,
    TEMPERATURE,
)


@pytest.mark.parametrize(
    ("field", "value", "kept"),
    [
        (NAME, "  Front \n desk ", "Front desk"),
        (GREETING, "Hello\r\nthere", "Hello\nthere"),
        (TEMPERATURE, 0.30000000001, 0.3),
        (TEMPERATURE, "0.5", 0.5),
        (MAX_TOKENS, 120.0, 120),
        (RECORD_AUDIO, True, True),
        (LANGUAGE, " en ", "en"),
        (HINTS, ["Nguyen", " nguyen ", "", "Dr  Novak"], ["Nguyen", "Dr Novak"]),
        (
            PRONUNCIATIONS,
            [{"written": "Dr.", "spoken": "Doctor"}, {"written": "", "spoken": " "}],
            [{"written": "Dr.", "spoken": "Doctor"}],
        ),
    ],
)
def test_store(field: Field, value: Any, kept: Any) -> None:
    assert field.store(value).value == kept


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        (NAME, 7, "not_text"),
        (GREETING, "x" * (STORE_LIMIT + 1), "too_long"),
        (TEMPERATURE, "warm", "not_a_number"),
        (TEMPERATURE, None, "not_a_number"),
        (TEMPERATURE, True, "not_a_number"),
        (TEMPERATURE, float("nan"), "not_a_number"),
        (TEMPERATURE, float("inf"), "not_a_number"),
        (TEMPERATURE, 10**400, "not_a_number"),
        (TEMPERATURE, 1e12, "out_of_range"),
        (MAX_TOKENS, 1.5, "not_whole"),
        (RECORD_AUDIO, "yes", "not_a_switch"),
        (LANGUAGE, "x" * 13, "too_long"),
        (HINTS, "Nguyen", "not_a_list"),
        (HINTS, [1], "not_a_list"),
        (HINTS, ["x"] * 1001, "too_many"),
        (PRONUNCIATIONS, [{"written": "a"}], "not_a_row"),
        (PRONUNCIATIONS, ["a"], "not_a_row"),
        (PRONUNCIATIONS, {}, "not_a_list"),
    ],
)
def test_store_refuses_what_cannot_be_kept(field: Field, value: Any, code: str) -> None:
    with pytest.raises(Refused) as refused:
        field.store(value)
    assert refused.value.code == code


def test_cleaning_is_counted() -> None:
    assert GREETING.store("Hi\x00 \ud800there").dropped == 2
    assert HINTS.store(["a\x01", "b\x02"]).dropped == 2
    assert PRONUNCIATIONS.store([{"written": "a\x00", "spoken": "b"}]).dropped == 1


@pytest.mark.parametrize(
    ("field", "value", "codes"),
    [
        (NAME, "", ["required"]),
        (NAME, "x" * 81, ["too_long"]),
        (GREETING, "", []),
        (GREETING, "x" * 501, ["too_long"]),
        (GREETING, "a\x00", ["control_character"]),
        (TEMPERATURE, 1.5, []),
        (TEMPERATURE, 1.51, ["out_of_range"]),
        (TEMPERATURE, -0.1, ["out_of_range"]),
        (MAX_TOKENS, 15, ["out_of_range"]),
        (HINTS, ["x"] * 100, []),
        (HINTS, ["x"] * 101, ["too_many"]),
        (HINTS, ["x" * 61], ["too_long"]),
        (PRONUNCIATIONS, [{"written": "Dr.", "spoken": ""}], ["required"]),
        (PRONUNCIATIONS, [{"written": "A", "spoken": "b"}, {"written": "a", "spoken": "c"}], ["repeated"]),
        (PRONUNCIATIONS, [{"written": f"w{n}", "spoken": "s"} for n in range(200)], []),
        (PRONUNCIATIONS, [{"written": f"w{n}", "spoken": "s"} for n in range(201)], ["too_many"]),
    ],
)
def test_check(field: Field, value: Any, codes: list[str]) -> None:
    assert [code for code, _message in field.check(value)] == codes


def test_every_field_says_what_to_do() -> None:
    for field in DRAFT_FIELDS.values():
        for wrong in (object(), None):
            messages = [message for _code, message in field.check(wrong)]
            assert messages
            assert all(message.endswith(".") for message in messages)
