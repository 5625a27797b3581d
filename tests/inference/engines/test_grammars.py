"""Schemas and grammars over a vocabulary small enough to look at."""

from __future__ import annotations

import json
import threading

import numpy as np
import pytest

from inference.engines.base import ChatOptions
from inference.engines.grammars import Bound, Grammars
from inference.errors import EngineError, EngineNotReady

END, CONTROL = 256, 257
WORDS = [b"yes", b"no", b'{"', b'"}', b"intent", b"book"]
SCHEMA = '{"type":"object","properties":{"intent":{"enum":["book","cancel"]}},"required":["intent"]}'


class ByteVocabulary:
    """Every byte is a token, then an end, a control token without text, and a few whole words."""

    words = 258 + len(WORDS)

    def __init__(self) -> None:
        self.read = 0

    def tokens(self, text: str) -> list[int]:
        return list(text.encode())

    def piece(self, token: int) -> bytes:
        self.read += 1
        if token < 256:
            return bytes([token])
        return WORDS[token - 258] if token > CONTROL else b""

    def ends(self, token: int) -> bool:
        return token == END


@pytest.fixture
def vocabulary() -> ByteVocabulary:
    return ByteVocabulary()


def _allowed(vocabulary: ByteVocabulary, bound: Bound) -> set[bytes]:
    """What may come next; the end as nothing."""
    return {vocabulary.piece(int(token)) for token in np.flatnonzero(bound.allowed())}


def _written(vocabulary: ByteVocabulary, bound: Bound) -> bytes:
    """A reply of a model that always wants the last word that is allowed."""
    text = b""
    for _ in range(100):
        token = int(np.flatnonzero(bound.allowed())[-1])
        if vocabulary.ends(token):
            break
        text += vocabulary.piece(token)
        if not bound.accept(token):
            break
    return text


def test_a_grammar_allows_whole_words_and_their_beginnings(vocabulary: ByteVocabulary) -> None:
    bound = Grammars(vocabulary).bind(ChatOptions(grammar='root ::= "yes" | "no"'))
    assert bound.allowed().shape == (vocabulary.words,)
    assert _allowed(vocabulary, bound) == {b"y", b"n", b"yes", b"no"}
    assert bound.accept(ord("y"))
    assert _allowed(vocabulary, bound) == {b"e"}


def test_a_grammar_that_is_complete_ends_the_reply(vocabulary: ByteVocabulary) -> None:
    grammars = Grammars(vocabulary)
    assert not grammars.bind(ChatOptions(grammar='root ::= "yes"')).accept(258)
    open_end = grammars.bind(ChatOptions(grammar='root ::= "a"+'))
    assert open_end.accept(ord("a"))
    assert _allowed(vocabulary, open_end) == {b"a", b""}
    assert open_end.allowed()[END]
    assert not open_end.allowed()[CONTROL]


def test_a_word_that_is_not_allowed_ends_the_reply(vocabulary: ByteVocabulary) -> None:
    bound = Grammars(vocabulary).bind(ChatOptions(grammar='root ::= "yes"'))
    assert not bound.accept(ord("x"))


def test_a_schema_makes_json_without_spaces_to_spare(vocabulary: ByteVocabulary) -> None:
    text = _written(vocabulary, Grammars(vocabulary).bind(ChatOptions(json_schema=SCHEMA)))
    assert json.loads(text)["intent"] in ("book", "cancel")
    assert b"  " not in text


def test_a_schema_goes_before_a_grammar(vocabulary: ByteVocabulary) -> None:
    bound = Grammars(vocabulary).bind(ChatOptions(json_schema='{"const":7}', grammar='root ::= "yes"'))
    assert _allowed(vocabulary, bound) == {b"7"}


def test_replies_are_bound_each_on_its_own_and_the_vocabulary_is_read_once(vocabulary: ByteVocabulary) -> None:
    grammars = Grammars(vocabulary)
    first = grammars.bind(ChatOptions(grammar='root ::= "yes" | "no"'))
    read = vocabulary.read
    assert first.accept(ord("n"))
    second = grammars.bind(ChatOptions(grammar='root ::= "yes" | "no"'))
    assert vocabulary.read == read
    assert _allowed(vocabulary, second) == {b"y", b"n", b"yes", b"no"}
    assert _allowed(vocabulary, first) == {b"o"}


@pytest.mark.parametrize(
    "options",
    [
        ChatOptions(json_schema="{"),
        ChatOptions(json_schema='{"type":"bogus"}'),
        ChatOptions(json_schema='{"$ref":"#/nowhere"}'),
        ChatOptions(grammar="root ::= ((("),
        ChatOptions(grammar="root ::= other"),
        ChatOptions(grammar="nonsense"),
    ],
)
def test_what_cannot_be_used_is_refused_as_an_option(vocabulary: ByteVocabulary, options: ChatOptions) -> None:
    grammars = Grammars(vocabulary)
    with pytest.raises(EngineError, match="cannot use this grammar") as refused:
        grammars.bind(options)
    assert refused.value.code == "options"
    assert grammars.bind(ChatOptions(grammar='root ::= "yes"')).allowed().any()


def test_closing_waits_for_the_vocabulary_to_be_read_and_then_nobody_reads_it() -> None:
    reads, go_on = threading.Event(), threading.Event()

    class SlowVocabulary(ByteVocabulary):
        def piece(self, token: int) -> bytes:
            reads.set()
            assert go_on.wait(10)
            return super().piece(token)

    grammars = Grammars(SlowVocabulary())
    options = ChatOptions(grammar='root ::= "yes"')
    reader = threading.Thread(target=grammars.bind, args=(options,))
    reader.start()
    assert reads.wait(10)
    closer = threading.Thread(target=grammars.close)
    closer.start()
    assert closer.is_alive()
    go_on.set()
    closer.join(10)
    reader.join(10)
    assert not closer.is_alive()
    with pytest.raises(EngineNotReady):
        grammars.bind(options)
