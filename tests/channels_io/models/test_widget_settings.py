from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from channels_io.hand_over_lines import lines_of
from channels_io.models import Channel
from channels_io.widget_settings import WidgetSettings, checked_settings, clean_colour, clean_origin, clean_origins


@pytest.mark.parametrize(
    ("typed", "origin"),
    [
        ("https://www.example.com", "https://www.example.com"),
        ("  HTTPS://Example.COM/ ", "https://example.com"),
        ("https://example.com:443", "https://example.com"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("http://127.0.0.1:80/", "http://127.0.0.1"),
        ("https://[::1]:8443", "https://[::1]:8443"),
        ("https://müller.example", "https://xn--mller-kva.example"),
    ],
)
def test_origins_are_written_as_browsers_send_them(typed: str, origin: str) -> None:
    assert clean_origin(typed) == origin


@pytest.mark.parametrize(
    "typed",
    [
        "example.com",
        "*",
        "null",
        "https://*.example.com",
        "https://example.com/shop",
        "https://example.com?x=1",
        "https://user@example.com",
        "ftp://example.com",
        "https://",
        "https://exa mple.com",
        "https://example.com:99999",
        "https://-bad.example",
        "javascript:alert(1)",
        "https://[::1",
    ],
)
def test_what_is_no_origin_is_refused(typed: str) -> None:
    with pytest.raises(ValidationError) as refused:
        clean_origin(typed)
    assert refused.value.code == "origin_invalid"


def test_each_origin_is_kept_once_and_blank_lines_are_skipped() -> None:
    assert clean_origins(["https://a.example", "", "https://A.example/", "https://b.example"]) == (
        "https://a.example",
        "https://b.example",
    )


def test_too_many_origins_are_refused() -> None:
    with pytest.raises(ValidationError, match="At most 50"):
        clean_origins(f"https://s{number}.example" for number in range(51))


def test_colours_have_six_digits() -> None:
    assert clean_colour(" #AABBCC ") == "#aabbcc"
    for wrong in ("red", "#abc", "#12345g", "#1234567"):
        with pytest.raises(ValidationError):
            clean_colour(wrong)


def test_damaged_settings_become_the_default() -> None:
    assert WidgetSettings.of({"modes": ["fax"], "colour": "url(x)", "allowed_origins": None}) == WidgetSettings()


def test_settings_go_through_json_unchanged() -> None:
    settings = WidgetSettings("Hello", ("chat",), ("https://a.example",), "#123456")
    assert WidgetSettings.of(settings.as_json()) == checked_settings(settings.as_json()) == settings


@pytest.mark.parametrize(
    "sent",
    [
        {"modes": []},
        {"modes": "voice"},
        {"modes": ["fax"]},
        {"allowed_origins": "https://a.example"},
        {"allowed_origins": ["nope"]},
        {"title": 5},
        {"title": "x" * 61},
        {"colour": "red"},
        {"secret": "x"},
    ],
)
def test_strangers_settings_are_checked(sent: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        checked_settings(sent)


def test_lines_for_a_colleague_who_takes_over() -> None:
    kept = checked_settings({"hand_over_line": " Here is Ann. ", "give_back_line": ""})
    assert (kept.hand_over_line, kept.give_back_line) == ("Here is Ann.", "")
    assert WidgetSettings.of(kept.as_json()) == kept
    assert checked_settings({}).hand_over_line is None
    for damaged in (7, "x" * 301):
        with pytest.raises(ValidationError):
            checked_settings({"hand_over_line": damaged})
    assert WidgetSettings.of({"hand_over_line": 7}).hand_over_line is None


def test_whose_words_are_said() -> None:
    channel = Channel(settings={"hand_over_line": "The channel's.", "give_back_line": None})
    said = {"hand_over_line": "The agent's.", "give_back_line": " The agent is back. "}
    assert lines_of(channel, said) == {"handed_over": "The channel's.", "handed_back": "The agent is back."}
    assert lines_of(None, said) == {"handed_over": "The agent's.", "handed_back": "The agent is back."}
    assert lines_of(Channel(settings={"hand_over_line": ""}), said)["handed_over"] == ""
    assert lines_of(None, {"hand_over_line": "", "give_back_line": ""}) == {}
