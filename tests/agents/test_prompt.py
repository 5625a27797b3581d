from __future__ import annotations

from agents.prompt import RULES, build_head, language_name


def test_order_and_tidying() -> None:
    head = build_head(" You are Mia. \n", "\nFact one.  \n\n\n\nFact two.\n", "en")
    assert head == f"You are Mia.\n\nFact one.\n\nFact two.\n\n{RULES}"


def test_without_a_persona() -> None:
    assert build_head("", "Fact.", "en-GB") == f"Fact.\n\n{RULES}"


def test_another_language_is_named_last() -> None:
    assert build_head("", "Fakt.", "de").endswith("\nSpeak German.")


def test_language_names() -> None:
    assert [language_name(code) for code in ("en", "de", "pt-BR", "de-CH", "xx")] == [
        "English",
        "German",
        "Brazilian Portuguese",
        "German",
        "xx",
    ]
