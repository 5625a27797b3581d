"""Callers who cannot or do not want to answer."""

from __future__ import annotations

import re

from inference.slots.phrasing import any_of, said

_LEAD = (
    r"(?:(?:um+|uh+|er+m?|oh|well|sorry|so|no|nope|actually|honestly|hmm+|i'm afraid|yeah|but|and|to be honest"
    r"|at the moment)[\s,.!-]+)*"
)
_REALLY = r"(?:really |honestly |just )?"
_THING = r"(?:e-?mail(?: address)?|phone(?: number)?|number|card|code|reference|preference|account|address|idea|clue)"
_AT_HAND = r"(?: (?:with|on) me| here| at hand| to hand| handy| right now| at the moment| any ?more| yet)*(?=[\s.!,]*$)"
_NOT_HAVE = any_of(
    r"(?:one|that|it|any)(?: with me| on me| here| right now| at hand| handy)?",
    rf"(?:a|an|the|my|any) {_THING}{_AT_HAND}",
)
_DECLINES = re.compile(
    _LEAD
    + "(?:"
    + any_of(
        rf"i {_REALLY}(?:don't|do not|didn't|wouldn't|couldn't) (?:know|remember|recall|mind|care|wish to|tell you)",
        rf"(?:i|we) {_REALLY}(?:don't|do not) have (?:{_NOT_HAVE})|i (?:don't|do not) (?:use|do|have) {_THING}",
        r"i (?:don't|do not) want to (?:say|give|tell|share|answer)|i (?:don't|do not) use (?:one|it|that)",
        r"don't have (?:one|that|it|any)|(?:i )?haven't got (?:one|it|that|any)|i(?:'ve| have) not got (?:one|it|any)",
        r"dunno|no (?:idea|clue|preference|comment)|i have (?:no (?:idea|clue|preference)|none)|no (?:e-?mail|phone)",
        r"not sure|i(?:'m| am) not (?:really |quite )?sure|don't ask me|you tell me",
        r"(?:i )?(?:can't|cannot|can not) (?:remember|recall|say|tell|think|find)|i(?:'ve| have)? forgot(?:ten)?",
        r"i(?:'d| would)? (?:rather|prefer) not|prefer not to(?: say)?|rather not(?: say)?",
        r"(?:let's |can we |could we |can i |please |just )*(?:skip|pass|leave)(?: on)?(?: that| this| it| the)?"
        r"(?: one| question| out| blank)?",
        r"(?:it )?(?:doesn't|does not) matter|whatever|whichever|any(?:thing)?(?: is fine| will do| works)?",
        r"none(?: of (?:them|those|that))?|neither|nothing|there (?:isn't (?:one|any)|is none)|next question",
        r"n/a|not applicable|not at the moment|that's (?:private|a secret)|none of your business|no thanks?|"
        r"no thank you",
        r"i (?:lost|left|forgot) (?:it|that|them)(?: at home| somewhere)?(?=[\s.!,]*$)",
        r"(?:das )?wei(?:ß|ss) ich nicht|ich wei(?:ß|ss) (?:es )?nicht|je ne sais pas|no (?:lo )?sé|non lo so"
        r"|(?:dat )?weet ik niet|não sei",
    )
    + r")(?![\w'])"
)


def declines(text: str) -> bool:
    """Whether the caller cannot or does not want to answer: "I don't know", "skip that"."""
    return _DECLINES.match(said(text)) is not None
