"""Callers who take back what they said."""

from __future__ import annotations

import re

from inference.slots.phrasing import any_of, said

_LEAD = r"(?:(?:oh|um+|uh+|er+m?|ah|hmm+|yes|yeah|well|okay|ok|but|and|so)[\s,.!-]+)*"
_NOTHING_NEW = (
    r"(?!thanks?|thank you|problem|worries|idea|one\b|preference|clue|nothing|please|no\b|wonder|way\b|i (?:don't|"
    r"do not)\b"
    r"|(?:that|it)(?:'s| is) (?:all|it|fine|everything|right|correct|okay|ok|good)\b)"
)
"""After "no": an answer, not another value."""
_CHANGE = r"(?:change|make|move|switch|correct)"
_BEGINS = re.compile(
    _LEAD
    + "(?:"
    + any_of(
        rf"(?:no+|nope|nah|nein|non|nee|não)[,.!]? {_NOTHING_NEW}\w",
        r"sorry[,.!]? (?!what|pardon|could|can|i (?:didn't|don't|can't)|i'm|to )\w|oops|my bad|my mistake|i misspoke",
        r"wait\b|hang on|hold on|actually\b|correction|scratch that|rather\b|instead\b|wrong\b|on second thoughts?",
        r"i (?:meant|mean|said)\b|i got that wrong|i(?:'ve| have) changed my mind|let me correct",
        r"(?:that|it)(?:'s| is| was)?(?: not\b|n't\b| wrong| incorrect)|(?:that|it) should (?:be|say|have been)\b",
        r"(?:the|my) \w+(?: \w+)? (?:is|was) (?:wrong|incorrect|not right|not correct)",
        r"not (?!sure|really|that i|at all|yet|now|any|a |today$|me\b|bad|too|so|very)\w+[,.]? (?:but |it's |on |"
        r"at )?\w",
        rf"change\b|(?:can|could) (?:you|we|i) {_CHANGE}|(?:let's |please |better |just )*{_CHANGE} (?:it|that)\b",
        r"i(?:'d| would) (?:rather|prefer)\b",
    )
    + ")"
)
_LATER = re.compile(
    any_of(
        r"[,.;!?] ?(?:no|sorry|oops)[,.]? (?!thanks?\b|thank you|problem|worries|please|what\b)\w",
        r"[,.;!?] ?(?:i (?:meant|mean)\b|make (?:that|it)\b|scratch that|or rather|correction)",
        r"[,.;!?] ?(?:actually,? (?:no|make|it's|can|could)|wait,? (?:no|make|actually)|(?:it|that) should be\b)",
        r"(?:[,.;!?] ?|day )not (?:the |on |at )?\w+$|\binstead(?: of\b|[.,!]*$)|\brather than\b",
    )
)
_TOO_OPEN = re.compile(
    r"(?:\bwhy|\bif|\bor) not$|^(?:maybe|probably|i (?:guess|think|hope|suppose)|certainly|absolutely) not"
)


def is_correction(text: str) -> bool:
    """Whether the words take back something said before: "no, Tuesday", "sorry, I meant", "make that four"."""
    words = said(text)
    later = _LATER.search(words)
    return _BEGINS.match(words) is not None or (later is not None and not _TOO_OPEN.search(words))
