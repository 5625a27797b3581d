from __future__ import annotations

import ast
from pathlib import Path

import pytest
from django.utils.translation import override

import channels_io
from channels_io.end_reasons import FAILURES, EndReason, known_reason, label_of, tone_of
from channels_io.pages.talk_strings import talk_strings
from inference.errors import ProtocolError

LIVE = Path(channels_io.__file__).parent / "live"


@pytest.mark.parametrize("reason", EndReason)
def test_every_reason_has_words_and_a_tone(reason: EndReason) -> None:
    label = label_of(reason.value)
    assert label
    assert label != reason.value
    assert "_" not in label
    assert tone_of(reason.value) in {"good", "neutral", "warn", "bad"}
    assert (tone_of(reason.value) == "bad") == (reason in FAILURES)


def test_labels_tell_reasons_apart() -> None:
    with override("en"):
        assert len({str(reason.label) for reason in EndReason}) == len(EndReason)


def test_a_kinds_own_word_stays_as_it_is() -> None:
    assert (label_of("carrier_busy"), tone_of("carrier_busy"), label_of("")) == ("carrier_busy", "neutral", "")
    assert known_reason("carrier_busy", EndReason.PROTOCOL) is EndReason.PROTOCOL
    assert known_reason("flood", EndReason.PROTOCOL) is EndReason.FLOOD


def test_everything_a_socket_is_refused_for_is_a_reason() -> None:
    """The words stand in the calls themselves: `Refused(code, "word", ...)`, `_refuse(code, "word", ...)`."""
    words = {"too_large", ProtocolError.code}
    for path in LIVE.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in (
                "Refused",
                "_refuse",
            ):
                words |= {each.value for each in node.args[1:2] if isinstance(each, ast.Constant)}
    assert {"replaced", "flood", "too_fast"} <= words
    assert words <= set(EndReason.values)


def test_ends_that_a_caller_reads_are_reasons() -> None:
    assert set(talk_strings()["ends"]) <= set(EndReason.values)
