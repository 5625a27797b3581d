"""Token pieces into text: characters, stop strings and tool calls that are split anywhere."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.engines.reply_text import ReplyText

CALL = '<tool_call>\n{"name": "get_hours", "arguments": {"day": "Saturday"}}\n</tool_call>'
HOURS = ("get_hours", '{"day": "Saturday"}')


def _fed(text: ReplyText, pieces: list[bytes]) -> list[str]:
    """What each piece made certain, then the rest."""
    return [*(text.add(piece) for piece in pieces), text.end()]


def _split(data: bytes, places: list[int]) -> list[bytes]:
    cuts = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[first:second] for first, second in zip(cuts, cuts[1:], strict=False)]


PLACES = st.lists(st.integers(0, 500), max_size=12)


def test_words_come_as_they_are_written() -> None:
    assert _fed(ReplyText(), [b"Hel", b"lo", b" you"]) == ["Hel", "lo", " you", ""]


def test_a_character_split_over_pieces_comes_whole() -> None:
    assert _fed(ReplyText(), [b"caf\xc3", b"\xa9 \xf0\x9f", b"\x98\x80"]) == ["caf", "é ", "😀", ""]


def test_half_a_character_at_the_end_is_a_replacement() -> None:
    assert _fed(ReplyText(), [b"ok\xe2\x82"]) == ["ok", "�"]


def test_a_stop_string_ends_the_text_and_is_not_said() -> None:
    text = ReplyText(stop=("\nUser:",))
    assert _fed(text, [b"Yes.\nUs", b"er", b": more", b"and more"]) == ["Yes.", "", "", "", ""]
    assert text.stopped


def test_what_only_began_like_a_stop_string_is_said() -> None:
    text = ReplyText(stop=("\nUser:",))
    assert _fed(text, [b"Yes.\nUs", b"ually", b"\nUse"]) == ["Yes.", "\nUsually", "", "\nUse"]
    assert not text.stopped


def test_the_earliest_of_several_stop_strings_counts() -> None:
    text = ReplyText(stop=("END", "."))
    assert _fed(text, [b"One. Two END"]) == ["One", ""]


def test_without_tools_a_call_is_text() -> None:
    text = ReplyText()
    assert "".join(_fed(text, [CALL.encode()])) == CALL
    assert text.requests() == []


def test_a_call_is_taken_out_and_the_text_before_it_is_said_at_once() -> None:
    text = ReplyText(calls=True)
    said = _fed(text, [b"One moment. <tool", CALL.removeprefix("<tool").encode()])
    assert said == ["One moment. ", "", ""]
    assert text.requests() == [HOURS]


def test_several_calls() -> None:
    text = ReplyText(calls=True)
    second = '<tool_call>{"name": "book", "parameters": {"day": 6}}</tool_call> done'
    assert _fed(text, [CALL.encode(), second.encode()]) == ["", "", ""]
    assert text.requests() == [HOURS, ("book", '{"day": 6}')]


def test_a_call_whose_end_mark_is_missing() -> None:
    text = ReplyText(calls=True)
    assert _fed(text, [CALL.removesuffix("\n</tool_call>").encode()]) == ["", ""]
    assert text.requests() == [HOURS]


def test_a_call_without_arguments() -> None:
    text = ReplyText(calls=True)
    _fed(text, [b'<tool_call>{"name": "hang_up"}</tool_call>'])
    assert text.requests() == [("hang_up", "{}")]


def test_a_bare_object_at_the_beginning_is_a_call() -> None:
    text = ReplyText(calls=True)
    assert "".join(_fed(text, [b"\n", b' {"name": "get_hours",', b' "arguments": {"day": "Saturday"}}'])).strip() == ""
    assert text.requests() == [HOURS]


@pytest.mark.parametrize("words", ['{"day": "Saturday"}', '{"name": "get_h', "{curly} words", '{"name": ""}'])
def test_a_bare_object_that_is_no_call_is_text(words: str) -> None:
    text = ReplyText(calls=True)
    assert "".join(_fed(text, [words[:3].encode(), words[3:].encode()])) == words
    assert text.requests() == []


def test_an_object_after_words_is_text() -> None:
    text = ReplyText(calls=True)
    assert "".join(_fed(text, [b"It is ", b'{"name": "x"}'])) == 'It is {"name": "x"}'
    assert text.requests() == []


@pytest.mark.parametrize("broken", ['{"name": "get_hours", "argu', "[1, 2]", "", '{"arguments": {}}'])
def test_a_marked_call_that_cannot_be_read_is_neither_text_nor_call(broken: str) -> None:
    text = ReplyText(calls=True)
    assert _fed(text, [b"Well. ", f"<tool_call>{broken}</tool_call>".encode()]) == ["Well. ", "", ""]
    assert text.requests() == []


def test_a_broken_call_does_not_hide_the_next() -> None:
    text = ReplyText(calls=True)
    _fed(text, [b'<tool_call>{"name": </tool_call>', CALL.encode()])
    assert text.requests() == [HOURS]


def test_a_stop_string_ends_a_reply_with_tools_too() -> None:
    text = ReplyText(stop=("STOP",), calls=True)
    assert _fed(text, [b"Yes. S", b"TOP", CALL.encode()]) == ["Yes. ", "", "", ""]
    assert text.requests() == []


@given(st.text(), PLACES)
def test_however_it_is_split_the_text_is_the_same(words: str, places: list[int]) -> None:
    assert "".join(_fed(ReplyText(), _split(words.encode(), places))) == words


@given(st.text("aé€<", max_size=20), st.text("aé€<", max_size=20), PLACES)
def test_however_it_is_split_a_stop_string_is_found(before: str, after: str, places: list[int]) -> None:
    text = ReplyText(stop=("#stop€#",))
    assert "".join(_fed(text, _split(f"{before}#stop€#{after}".encode(), places))) == before
    assert text.stopped


@given(st.text("aé< ", max_size=20), PLACES)
def test_however_it_is_split_a_call_is_found_and_what_is_before_it_said(before: str, places: list[int]) -> None:
    text = ReplyText(calls=True)
    assert "".join(_fed(text, _split((before + CALL).encode(), places))) == before
    assert text.requests() == [HOURS]
