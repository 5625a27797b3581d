from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from channels_io.message_settings import MessageSettings, checked_message_settings

SID = "0123456789abcdef0123456789abcdef"


def test_what_is_left_out_is_the_default() -> None:
    assert checked_message_settings({}) == MessageSettings().as_json()
    assert checked_message_settings({"voice_notes": "always"})["voice_notes"] == "always"


def test_it_reads_what_it_writes() -> None:
    sent = {
        "debounce_seconds": 4,
        "voice_notes": "never",
        "default": True,
        "go_on_hours": 0,
        "template": "mt_x",
        "messaging_service": f"MG{SID}",
        "choices_content": {"2": f"HX{SID}"},
    }
    stored = checked_message_settings(sent)
    assert stored == {**sent, "debounce_seconds": 4.0}
    assert MessageSettings.of({**stored, "split": []}).as_json() == stored


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"debounce": 2}, None),
        ({"debounce_seconds": -1}, "debounce_seconds"),
        ({"debounce_seconds": 31}, "debounce_seconds"),
        ({"debounce_seconds": float("nan")}, "debounce_seconds"),
        ({"debounce_seconds": True}, "debounce_seconds"),
        ({"voice_notes": "sometimes"}, "voice_notes"),
        ({"default": "yes"}, "default"),
        ({"go_on_hours": 1.5}, "go_on_hours"),
        ({"go_on_hours": 169}, "go_on_hours"),
        ({"messaging_service": "MG1"}, "messaging_service"),
        ({"choices_content": {"0": f"HX{SID}"}}, "choices_content"),
        ({"choices_content": {"2": "HX1"}}, "choices_content"),
        ({"choices_content": ["HX"]}, "choices_content"),
        ({"template": 3}, "template"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(sent: dict[str, Any], field: str | None) -> None:
    with pytest.raises(ValidationError) as refused:
        checked_message_settings(sent)
    if field is None:
        assert refused.value.code == "setting_unknown"
    else:
        assert set(refused.value.error_dict) == {field}


def test_damaged_parts_become_the_default() -> None:
    read = MessageSettings.of({"debounce_seconds": "soon", "voice_notes": "always", "choices_content": 3})
    assert read == MessageSettings(voice_notes="always")
