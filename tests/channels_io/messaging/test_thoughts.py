from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from channels_io.messaging.provider import IncomingMedia, IncomingMessage
from channels_io.messaging.thoughts import MOST_MESSAGES, Piece, first_thought, in_order, note_of, words_of
from inference.events import MAX_TEXT_CHARS

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Row:
    pk: int
    received_at: datetime
    provider_at: datetime | None = None


def said(text: str = "", **more: object) -> IncomingMessage:
    return IncomingMessage(key="k", address="a", identities=(), text=text, **more)  # type: ignore[arg-type]


def test_the_providers_time_puts_swapped_messages_right() -> None:
    late = Row(1, NOW, NOW - timedelta(seconds=1))
    early = Row(2, NOW + timedelta(milliseconds=50), NOW - timedelta(seconds=2))
    assert in_order([late, early]) == [early, late]


@given(st.permutations(range(6)))
def test_without_it_they_stay_as_they_came(order: list[int]) -> None:
    rows = [Row(number, NOW) for number in order]
    assert [row.pk for row in in_order(rows)] == sorted(order)


def test_a_keyword_stands_alone() -> None:
    stop, words = Piece(said("STOP"), keyword=True), Piece(said("Hi"))
    assert first_thought([]) == 0
    assert first_thought([stop, words]) == 1
    assert first_thought([words, words, stop, words]) == 2
    assert first_thought([words, words]) == 2


def test_a_thought_has_an_end() -> None:
    assert first_thought([Piece(said("a"))] * (MOST_MESSAGES + 5)) == MOST_MESSAGES
    long = Piece(said("a" * (MAX_TEXT_CHARS - 10)))
    assert first_thought([long, long]) == 1
    assert first_thought([Piece(said("a" * (MAX_TEXT_CHARS * 2))), long]) == 1


@given(st.lists(st.tuples(st.integers(0, MAX_TEXT_CHARS), st.booleans()), min_size=1, max_size=80))
def test_every_message_is_in_some_thought(lengths: list[tuple[int, bool]]) -> None:
    pieces = [Piece(said("x" * length), keyword) for length, keyword in lengths]
    rest = list(pieces)
    while rest:
        count = first_thought(rest)
        assert 1 <= count <= MOST_MESSAGES
        assert count == 1 or not any(piece.keyword for piece in rest[:count])
        rest = rest[count:]


def test_quick_messages_are_lines_and_media_is_named() -> None:
    picture = IncomingMedia(reference="m1", mime="image/jpeg")
    note = IncomingMedia(reference="m2", mime="audio/ogg; codecs=opus", voice=True)
    messages = [
        said("I need an appointment"),
        said("this hurts", media=(picture,)),
        said(media=(note,)),
        said(choice="tue"),
    ]
    assert words_of(messages, {"m2": "On Tuesday please."}) == (
        "I need an appointment\n(sent a picture)\nthis hurts\nOn Tuesday please.\ntue"
    )


def test_what_media_is_called() -> None:
    named = {
        "video/mp4": "(sent a video)",
        "audio/mpeg": "(sent a sound file)",
        "text/vcard": "(sent a contact)",
        "application/pdf": "(sent a file)",
        "": "(sent a file)",
    }
    assert {mime: note_of(IncomingMedia(reference="m", mime=mime)) for mime in named} == named
    assert note_of(IncomingMedia(reference="m", mime="application/pdf", name="bill.pdf")) == "(sent the file bill.pdf)"
    assert "understood" in note_of(IncomingMedia(reference="m", mime="audio/ogg", voice=True))
