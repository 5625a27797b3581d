from __future__ import annotations

import pytest

from channels_io.messaging.keywords import Keyword, Scope, confirmation, keyword_of


@pytest.mark.parametrize(
    ("text", "scope", "opted_out", "keyword"),
    [
        ("STOP", "sms", False, "stop"),
        (" Stop. ", "whatsapp", False, "stop"),
        ("stop  all", "sms", False, "stop"),
        ("unsubscribe", "whatsapp", False, "stop"),
        ("CANCEL", "sms", False, "stop"),
        ("cancel", "whatsapp", False, None),  # a word for the agent: carriers do not take it there
        ("please stop", "sms", False, None),
        ("stop it, I want a person", "sms", False, None),
        ("START", "sms", False, "start"),
        ("yes", "sms", False, None),
        ("Yes", "sms", True, "start"),
        ("HELP", "sms", False, "help"),
        ("help", "whatsapp", False, None),
        ("", "sms", True, None),
    ],
)
def test_only_a_whole_message_is_a_keyword(text: str, scope: Scope, opted_out: bool, keyword: Keyword | None) -> None:
    assert keyword_of(text, scope, opted_out=opted_out) == keyword


def test_confirmations_speak_the_agents_language() -> None:
    assert "START" in confirmation("stop", "en", "Reception")
    assert confirmation("help", "de-AT", "{name} & Co").startswith("Sie schreiben mit {name} & Co.")
    assert confirmation("stop", "xx", "R") == confirmation("stop", "en", "R")
