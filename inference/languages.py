"""Which language a conversation goes on in: what its agent speaks, what was heard, and when that is reason enough. Pure.

A recogniser of several languages says of each utterance how likely each of the agent's own is (`AsrOptions.languages`).
The words are read in the likeliest one where there is enough to tell it by (`reads_in`). The conversation follows them
(`Noticing`) for one clear sentence, or for two likely ones in a row: not for a mumble, one word, or a name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec

from inference.spec import AgentSpec, LanguageSpec

KNOWN_SHARE: Final = 0.2
"""Of all languages that a recogniser tells apart, what the agent's own must have together: else none of them is spoken."""
READ: Final = 0.6
"""From this probability on the words are read in another language than the present one."""
READ_SECONDS: Final = 1.2
"""Of the clip, the third of a second before the onset included. In less, "ja" and "yeah" are the same."""
LIKELY: Final = 0.6
LIKELY_SECONDS: Final = 0.7
CLEAR: Final = 0.8
CLEAR_SECONDS: Final = 1.5
CLEAR_AGAIN: Final = 0.9
"""What a sentence takes to be clear while the last change is young: two languages that are alike must not take turns."""
YOUNG: Final = 2
"""Turns of the caller."""
FEWEST_WORDS: Final = 2
NAME_WORDS: Final = 4
_UNSPACED: Final = ("\u0e00", "\u0eff"), ("\u3040", "\u30ff"), ("\u3400", "\u9fff")
"""Scripts that put no blanks between words: Thai and Lao, kana, Chinese characters."""
_LETTERS_A_WORD: Final = 2

_LANGUAGES = {
    "en": "English", "de": "German", "fr": "French", "es": "Spanish", "pt": "Portuguese", "it": "Italian",
    "nl": "Dutch", "zh": "Chinese", "ja": "Japanese", "ko": "Korean", "ar": "Arabic", "ru": "Russian",
    "vi": "Vietnamese", "th": "Thai", "pl": "Polish", "tr": "Turkish", "uk": "Ukrainian",
}  # fmt: skip


def language_name(code: str) -> str:
    """For a model to read: "de-AT" → "German"; unknown codes as they are."""
    return _LANGUAGES.get(code.split("-")[0].lower(), code)


# --- the agent's own ----------------------------------------------------------------------------


def same(one: str, other: str) -> bool:
    """Whether two tags mean one language to a recogniser: "pt" and "pt-BR"."""
    return one.split("-")[0].lower() == other.split("-")[0].lower()


def spoken_by(spec: AgentSpec) -> tuple[str, ...]:
    """What the agent speaks, the present language first."""
    return tuple(dict.fromkeys((spec.language, *(row.language for row in spec.languages))))


def to_notice(spec: AgentSpec) -> tuple[str, ...]:
    """Among which languages the caller's is to be told; none where nobody is to look."""
    spoken = spoken_by(spec)
    return spoken if spec.notices_language and len(spoken) > 1 else ()


def spoken_in(own: AgentSpec, language: str, voice: str = "") -> AgentSpec:
    """The agent `own` while it speaks `language` ("": its own): in the voice that it has for it, else in its own one.

    `voice`: another voice of its own engine, by name. Its own language is then among the others.
    """
    if language in ("", own.language) and not voice:
        return own
    row = _row(own, language)
    spoken = row.voice if row is not None else own.voice
    if voice:
        spoken = msgspec.structs.replace(own.voice, name=voice)
    if language:
        spoken = msgspec.structs.replace(spoken, language=language)
    others = own.languages
    if others and not any(each.language == own.language for each in others):
        others = (*others, LanguageSpec(own.language, own.voice))
    return msgspec.structs.replace(own, language=language or own.language, voice=spoken, languages=others)


def _row(own: AgentSpec, language: str) -> LanguageSpec | None:
    exact = (row for row in own.languages if row.language == language)
    alike = (row for row in own.languages if same(row.language, language) and not same(own.language, language))
    return next(exact, None) or next(alike, None)


# --- what was heard -----------------------------------------------------------------------------


def among(chances: Mapping[str, float], languages: Sequence[str]) -> dict[str, float]:
    """The chances of the agent's own languages, adding up to 1; empty where none of them is spoken.

    `chances` are by base code ("pt"). Of two of the agent's languages with one base the first has them.
    """
    own: dict[str, float] = {}
    for language in languages:
        if not any(same(language, known) for known in own):
            own[language] = chances.get(language.split("-")[0].lower(), 0.0)
    total = sum(own.values())
    return {language: chance / total for language, chance in own.items()} if total >= KNOWN_SHARE else {}


def reads_in(current: str, chances: Mapping[str, float], seconds: float) -> str:
    """The language to read a clip of so many seconds in; `chances` as `among` gives them."""
    if not chances:
        return current
    likeliest = max(chances, key=lambda language: chances[language])
    enough = chances[likeliest] >= READ and seconds >= READ_SECONDS
    return likeliest if enough or same(likeliest, current) else current


@dataclass(frozen=True, slots=True)
class Spoken:
    """Words of the caller: the language they were read in, how likely it was, and how long their voice was heard."""

    text: str
    language: str
    probability: float
    seconds: float


@dataclass(slots=True)
class Noticing:
    """What was heard of the caller's language since it changed last, if it ever did."""

    turns: list[Spoken] = field(default_factory=list)
    """The last ones, the newest last."""
    since: int | None = None
    """Turns of the caller since the last change; None: there was none."""

    def next_language(self, current: str, spoken: Spoken) -> str:
        """The language to go on in after these words: the present one, or theirs."""
        if not spoken.language or same(spoken.language, current) or not _likely(spoken):
            return current
        young = self.since is not None and self.since < YOUNG
        if _clear(spoken, CLEAR_AGAIN if young else CLEAR):
            return spoken.language
        before = self.turns[-1] if self.turns else None
        again = before is not None and same(before.language, spoken.language) and _likely(before)
        return spoken.language if again and not young else current

    def heard(self, current: str, spoken: Spoken) -> str:
        """The same, and remembers the words."""
        chosen = self.next_language(current, spoken)
        self.turns[:] = [spoken]
        self.since = None if self.since is None else self.since + 1
        return chosen

    def changed(self) -> None:
        """The conversation goes on in another language, for whatever reason."""
        self.turns.clear()
        self.since = 0


def _likely(spoken: Spoken) -> bool:
    long_enough = spoken.seconds >= LIKELY_SECONDS and count_words(spoken.text) >= FEWEST_WORDS
    return long_enough and spoken.probability >= LIKELY and not is_name(spoken.text)


def _clear(spoken: Spoken, probability: float) -> bool:
    return spoken.seconds >= CLEAR_SECONDS and spoken.probability >= probability


def count_words(text: str) -> int:
    """Words with letters; in a script without blanks two letters count as one word. Figures sound alike to nobody."""
    unspaced = sum(any(first <= letter <= last for first, last in _UNSPACED) for letter in text)
    spaced = sum(any(letter.isalpha() for letter in word) for word in text.split())
    return max(unspaced // _LETTERS_A_WORD, spaced)


def is_name(text: str) -> bool:
    """Whether it may be no more than a name: a few words, each with a capital."""
    words = [word.strip(".,;:!?¿¡\"'()„“”«»") for word in text.split()]
    words = [word for word in words if any(letter.isalpha() for letter in word)]
    return 0 < len(words) <= NAME_WORDS and all(word[:1].isupper() for word in words)
