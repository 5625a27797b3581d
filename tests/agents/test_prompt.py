from __future__ import annotations

from agents.prompt import RULES, build_head, language_name


def test_order_and_tidying() -> None:
    head = build_head(" You are Mia. \n", "\nFact one.  \n\n\n\nFact two.\n", "en")
    assert head == f"You are Mia.\n\nFact one.\n\nFact two.\n\n{RULES}"


def test_without_a_persona() -> None:
    assert build_head("", "Fact.", "en-GB") == f"Fact.\n\n{RULES}"


def test_another_language_is_named_last() -> None:
    assert build_head("", "Fakt.", "de").endswith("\nSpeak German.")


def test_a_head_that_holds_for_other_languages_too_ends_with_how_to_change() -> None:
    head = build_head("", "Fakt.", "de", others=True)
    assert head.endswith("\nSpeak German until you are told to speak another language, then speak that.")
    assert build_head("", "Fact.", "en", others=True).endswith("then speak that.")


def test_language_names() -> None:
    assert [language_name(code) for code in ("en", "de", "pt-BR", "de-CH", "xx")] == [
        "English",
        "German",
        "Brazilian Portuguese",
        "German",
        "xx",
    ]
