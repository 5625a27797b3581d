"""Words → speakable clauses or readable text, and played samples → the words that were heard. No I/O.

`ClauseSplitter` and `ReadableText` are the sans-I/O cores, `clauses` and `readable` their thin asynchronous wrappers. The first clause
comes early, because the caller waits for it; later ones are whole sentences or long clauses, because
they sound better and are made while the first one plays.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import dataclass

from inference.normalize.boundaries import Break, break_after, glued, hesitates
from inference.normalize.heard import SpokenClause, heard_prefix
from inference.normalize.leaks import LeakFilter
from inference.normalize.markdown import MarkdownFilter
from inference.normalize.speech import speakable
from inference.normalize.vocabulary import word_set
from inference.spec import Pronunciation

__all__ = [
    "Clause",
    "ClauseSplitter",
    "ReadableText",
    "SpokenClause",
    "clauses",
    "heard_prefix",
    "readable",
    "speakable",
]

MAX_CLAUSE_CHARS = 400
MAX_WORD_CHARS = 1000
"""A longer run without a space is nobody's word: it is cut."""

MAX_PIECE_CHARS = 1000
"""Of readable text; longer pieces are cut, between any two characters."""

_BLANK_LINES = re.compile(r"[^\S\n]*\n(?:[^\S\n]*\n)+")
_WORD = re.compile(r"(\s*)(\S+)", re.DOTALL)
_EARLY_END = re.compile(r"(?<=[^\W\d_])[,;!?]|—|[。！？，、；：।؟،؛]")
"""Punctuation that ends a word though no space has followed (yet): the first clause need not wait."""
_TECHNICAL = re.compile(r"[/@=&#]|\w\.\w")
"""Inside URLs and addresses punctuation ends nothing."""
_STARTERS = word_set(
    "and but or so because if when while which who that where than then for with without from to at on in by "
    "about after before until unless since as of into over under through please"
)


@dataclass(frozen=True, slots=True)
class Clause:
    """A piece of a reply that is spoken in one breath.

    `written` begins with the space or line break that parts it from the clause before: all of them
    joined with "" are the text of the reply. `spoken` is what the voice gets; "" when there is
    nothing to say.
    """

    written: str
    spoken: str
    ends_sentence: bool = True


@dataclass(frozen=True, slots=True)
class _Patience:
    """Words wanted before a clause may end: at soft punctuation, before a linking word, anywhere, before a number."""

    soft: int
    linked: int
    anywhere: int
    number: int = 2


_PATIENCE = (_Patience(1, 3, 3), _Patience(3, 7, 9), _Patience(10, 20, 26))
"""For the first clause, which the caller waits for; the second, which is made while the first few words
sound; and all later ones."""


class ClauseSplitter:
    """Feed it text as the model streams it; it gives clauses as soon as they are complete.

    The clauses do not depend on how the text was cut into pieces.
    """

    def __init__(self, language: str = "en", pronunciations: Sequence[Pronunciation] = ()) -> None:
        self._language = language
        self._pronunciations = tuple(pronunciations)
        self._leaks = LeakFilter()
        self._markdown = MarkdownFilter()
        self._rest = ""
        """Clean text that is not yet a whole word, with the space before it."""
        self._words: list[str] = []
        """Words of the clause in the making, each with the space before it."""
        self._count = 0
        """How many of them hold a letter or a digit."""
        self._chars = 0
        self._break = Break.NONE
        """The break after the last word, when it hangs on the next one."""
        self._made = 0

    def feed(self, text: str) -> list[Clause]:
        self._rest += self._markdown.feed(self._leaks.feed(text))
        return self._split(final=False)

    def before_number(self) -> list[Clause]:
        """A number comes next, though no digit of it is here yet."""
        return self._cut_before("0") if self._words and self._count else []

    def flush(self) -> list[Clause]:
        """The end of the reply: all that is left."""
        self._rest += self._markdown.feed(self._leaks.flush()) + self._markdown.flush()
        made = self._split(final=True)
        if self._words:
            made += self._emit(ends_sentence=True)
        self._words, self._made = [], 0
        return made

    def _split(self, *, final: bool) -> list[Clause]:
        made: list[Clause] = []
        position = 0
        while found := _WORD.match(self._rest, position):
            space, run = found[1], found[2][:MAX_WORD_CHARS]
            word = _word_of(run)
            if word is None:
                if found.end() == len(self._rest) and len(run) < MAX_WORD_CHARS and not final:
                    if run[0].isdigit() and "\n" not in space and self._count:
                        made += self._cut_before(run[0])  # Its first digit tells as much as the whole number.
                    break
                word = run
            position += len(space) + len(word)
            made += self._add(space, word)
        self._rest = self._rest[position:]
        if "\n" in self._rest[: len(self._rest) - len(self._rest.lstrip())] and self._count:
            made += self._emit(ends_sentence=True)
        if self._rest.isspace():
            self._rest = "\n" if "\n" in self._rest else " "
        return made

    def _add(self, space: str, word: str) -> list[Clause]:
        """Take the next word; the clauses that end before it or with it."""
        made: list[Clause] = []
        if "\n" in space and self._count:
            made += self._emit(ends_sentence=True)
        elif self._words and self._count:
            made += self._cut_before(word)
        if space and re.fullmatch(r"[,.;:!?]+", word) and self._words:
            space = ""
        first = not self._words and self._made == 0
        self._words.append(("" if first or not space else "\n" if "\n" in space else " ") + word)
        self._count += _weight(word)
        self._chars += len(word) + 1
        self._break = break_after(word, self._language)
        if self._break is Break.SENTENCE and self._count:
            made += self._emit(ends_sentence=True)
        elif self._break is Break.SOFT and self._count >= self._patience.soft:
            made += self._emit(ends_sentence=False)
        return made

    @property
    def _patience(self) -> _Patience:
        return _PATIENCE[min(self._made, len(_PATIENCE) - 1)]

    def _cut_before(self, word: str) -> list[Clause]:
        """End the clause before `word` if what we have so far ends there, or is long enough."""
        last = self._words[-1].strip()
        match self._break.before(word):
            case Break.SENTENCE:
                return self._emit(ends_sentence=True)
            case Break.SOFT if self._count >= self._patience.soft:
                return self._emit(ends_sentence=False)
        if self._chars > MAX_CLAUSE_CHARS or self._count >= 2 * self._patience.anywhere:
            return self._emit(ends_sentence=False)
        numeral = self._made == 0 and word[0].isdigit()  # Its words come digit by digit: not while the caller waits.
        if glued(last, word) and not (numeral and hesitates(last)):
            return []
        wanted = self._patience.linked if word.lower() in _STARTERS else self._patience.anywhere
        wanted = self._patience.number if numeral else wanted
        return self._emit(ends_sentence=False) if self._count >= wanted else []

    def _emit(self, *, ends_sentence: bool) -> list[Clause]:
        written = "".join(self._words)
        spoken = speakable(written, self._language, self._pronunciations)
        self._words, self._count, self._chars, self._break = [], 0, 0, Break.NONE
        self._made += 1
        return [Clause(written, spoken, ends_sentence)]


def _word_of(run: str) -> str | None:
    """The word at the head of a run without spaces, when its end is known by its punctuation."""
    found = _EARLY_END.search(run)
    if found is None or _TECHNICAL.search(run, 0, found.end()):
        return None
    return run[: found.end()]


def _weight(word: str) -> int:
    """How many words this counts for: 0 for bare punctuation, one for two characters without spaces."""
    if not any(character.isalnum() for character in word):
        return 0
    return 1 + sum(1 for character in word if "\u3040" <= character <= "\u9fff" or character >= "\uac00") // 2


async def clauses(
    deltas: AsyncIterator[str], *, language: str = "en", pronunciations: Sequence[Pronunciation] = ()
) -> AsyncGenerator[Clause]:
    """The clauses of a reply as it streams in. The caller closes `deltas` and this (`aclosing`)."""
    splitter = ClauseSplitter(language, pronunciations)
    async for delta in deltas:
        made = splitter.feed(delta)
        if delta == " ":  # Models' tokens begin with their space; one that is nothing else stands before digits.
            made += splitter.before_number()
        for clause in made:
            yield clause
    for clause in splitter.flush():
        yield clause


class ReadableText:
    """The reply of a text channel: links with their addresses, lists and code as they are, no markup.

    Nothing is normalised for speech. The text does not depend on how it was cut into pieces.
    """

    def __init__(self) -> None:
        self._leaks = LeakFilter()
        self._markdown = MarkdownFilter(readable=True)
        self._rest = ""
        """Space that only counts when something follows it."""
        self._begun = False

    def feed(self, text: str) -> str:
        return self._settled(self._markdown.feed(self._leaks.feed(text)))

    def flush(self) -> str:
        """The end of the reply: all that is left but trailing space."""
        text = self._settled(self._markdown.feed(self._leaks.flush()) + self._markdown.flush())
        self._rest, self._begun = "", False
        return text

    def _settled(self, text: str) -> str:
        self._rest += text
        end = len(self._rest.rstrip())
        piece, self._rest = self._rest[:end], self._rest[end:]
        if not piece:
            return ""
        if not self._begun:
            piece = piece.lstrip()
        self._begun = True
        return _BLANK_LINES.sub("\n\n", piece)


async def readable(deltas: AsyncIterator[str]) -> AsyncGenerator[Clause]:
    """A reply as it is written on a text channel, piece by piece; nothing of it is spoken."""
    text = ReadableText()
    async for delta in deltas:
        for piece in _pieces(text.feed(delta)):
            yield piece
    for piece in _pieces(text.flush()):
        yield piece


def _pieces(text: str) -> list[Clause]:
    starts = range(0, len(text), MAX_PIECE_CHARS)
    return [Clause(text[start : start + MAX_PIECE_CHARS], "", ends_sentence=False) for start in starts]
