"""Replies bound to a JSON schema or a grammar: which tokens may come next, by llguidance."""

from __future__ import annotations

import threading
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from inference.engines.base import ChatOptions
from inference.errors import EngineError, EngineNotReady

Mask = npt.NDArray[np.bool_]


class Vocabulary(Protocol):
    """The part of `ik_library.Weights` that is needed here."""

    words: int

    def tokens(self, text: str) -> list[int]: ...
    def piece(self, token: int) -> bytes: ...
    def ends(self, token: int) -> bool: ...


class Bound:
    """One reply's grammar and how far the reply has come in it."""

    def __init__(self, matcher: Any, words: int) -> None:
        self._matcher = matcher
        self._words = words

    def allowed(self) -> Mask:
        """For every word of the vocabulary whether it may come next."""
        bits = np.frombuffer(self._matcher.compute_bitmask(), np.uint8)
        mask = np.zeros(self._words, np.bool_)
        known = np.unpackbits(bits, bitorder="little")[: self._words]
        mask[: known.size] = known
        return mask

    def accept(self, token: int) -> bool:
        """Go on with `token`. False when the grammar ends here."""
        return bool(self._matcher.consume_token(token)) and not self._matcher.is_stopped()


class Grammars:
    """Makes what binds a reply. Call it from a thread: on first use the vocabulary is read, about a second's work."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._reading = threading.Lock()
        self._closed = False

    def close(self) -> None:
        """Before the vocabulary goes: waits for who reads it."""
        with self._reading:
            self._closed = True

    def bind(self, options: ChatOptions) -> Bound:
        """For options with a schema or a grammar. Raises EngineError (`options`) for one that cannot be used."""
        with self._reading:
            if self._closed:
                raise EngineNotReady("The language model is closed.")
            return self._bind(options)

    def _bind(self, options: ChatOptions) -> Bound:
        from llguidance import LLMatcher
        from llguidance.gbnf_to_lark import any_to_lark

        try:
            if options.json_schema:
                rules = LLMatcher.grammar_from_json_schema(options.json_schema, defaults={"whitespace_flexible": False})
            else:
                rules = LLMatcher.grammar_from_lark(any_to_lark(options.grammar))
        except Exception as error:  # its parsers raise what they like
            raise EngineError(
                f"The language model cannot use this grammar: {str(error)[:300]}", code="options"
            ) from error
        matcher = LLMatcher(self._tokenizer, rules, log_level=0)
        if matcher.is_error():
            raise EngineError(
                f"The language model cannot use this grammar: {matcher.get_error()[:300]}", code="options"
            )
        return Bound(matcher, self._vocabulary.words)

    @cached_property
    def _tokenizer(self) -> Any:
        from llguidance import LLTokenizer, TokenizerWrapper

        return LLTokenizer(TokenizerWrapper(_Words(self._vocabulary)), n_vocab=self._vocabulary.words)


class _Words:
    """A vocabulary as llguidance asks for it. Control tokens are empty: no grammar can want them but the end."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        ends = [token for token in range(vocabulary.words) if vocabulary.ends(token)]
        self._vocabulary = vocabulary
        self.eos_token_id = ends[0] if ends else 0
        self.bos_token_id = None
        self.tokens = [vocabulary.piece(token) for token in range(vocabulary.words)]
        self.special_token_ids = ends

    def __call__(self, text: bytes) -> list[int]:
        return self._vocabulary.tokens(text.decode("utf-8", "replace"))
