"""Yes and no, in all the ways people say them."""

from __future__ import annotations

import re

from inference.slots import tongues
from inference.slots.leaning import leaning
from inference.slots.phrasing import NOISE, any_of, said

_IT = r"(?:that|it|this|everything)(?:'s| is| sounds| looks| would be|'d be| will be|'ll| was)?"
_WHOLLY = r"(?: all| absolutely| quite| exactly| totally| perfectly)?"
_YES = any_of(
    r"yes+|yeah+|yea|yep|yup|yah|ya|aye|sure(?: thing)?|ok(?:ay)?|okey|all right|alright|right|true|affirmative",
    r"correct|exactly|absolutely|definitely|certainly|indeed|of course|by all means|mm-?hm+|m-?hm|mhm+|uh-?huh",
    r"perfect|great|fine|good|lovely|spot on|sounds (?:good|great|fine|right|perfect)",
    r"looks (?:right|good|fine|correct)(?: to me)?|works(?: for me)?|happy to",
    r"why not|go ahead|go for it|please do|please|do (?:it|that|so)|yes please|if you like",
    rf"{_IT}{_WHOLLY} (?:right|correct|fine|good|great|perfect|it|ok|okay|alright|true|lovely|works?(?: for me)?|"
    rf"does|do|handy|grand|brilliant|ideal|helpful|nice|super|wonderful|excellent|fantastic|amazing)(?: for me)?",
    r"go on(?: then|,? so)?|grand|brilliant|all good|sounds like a plan",
    r"you got it|you've got it|got it|that's (?:the one|me)",
    r"(?:i|we) (?:do|did|am|are|have|would|will)(?=[\s.!,]*$|,)|it (?:is|does|was)|they are",
    r"i (?:think|believe|guess|suppose) so|i'd say so|i guess|i(?:'d| would) (?:like|love)(?: that| to)?",
    r"no (?:problem|worries|objections?)|not a problem",
)
_NO = any_of(
    r"no+|nope|nah|naw|never|negative|wrong|incorrect|false|uh-?uh|nuh-?uh|no (?:thanks?|thank you|way)",
    r"not (?:really|quite|at all|yet|now|today|exactly|right|correct|necessary|needed|me)",
    r"not (?:any|a(?! problem))\b.*|(?:absolutely|definitely|certainly|of course) not",
    r"(?:that|it|this)(?:'s| is| was)? (?:not|wrong|incorrect|false)(?: \w+)?|(?:that|it|this) (?:isn't|"
    r"wasn't)(?: \w+)?",
    r"(?:the|my) \w+(?: \w+)? (?:is|are|was) (?:wrong|incorrect|not right|not correct)",
    r"i (?:don't|do not) (?:think|want|need|have)\b.*|i (?:don't|do not)(?! mind| care)",
    r"i(?:'m not| am not| didn't| haven't| wouldn't| won't| can't)|we (?:don't|haven't|aren't)|they aren't",
    r"it (?:isn't|is not|doesn't|does not)|it's not|please don't|don't|do not|i(?:'d| would) rather not|rather not",
    r"i (?:guess|suppose|hope|think) not|(?:i'm|we're) (?:good|fine|okay|all set)(?: thanks| thank you)?",
    r"that (?:will be|was) (?:all|everything)|that's (?:all|everything)|nothing(?: else)?|none",
)
_AGREES, _DENIES = re.compile(rf"(?:{_YES})(?![\w'])"), re.compile(rf"(?:{_NO})(?![\w'])")
_OPEN = re.compile(
    r"(?:yes and no|maybe|perhaps|possibly|it depends|i'm not sure|not sure|no idea|could be|i might|hard to say"
    r"|i (?:don't|do not) (?:know|understand|get)|i can't (?:hear|understand)|what|pardon|sorry what)\b"
)
_GOES_ON = re.compile(r"(?:right|okay|ok)[,.]? (?:so|what|can|how|now|then|where|when|who|i (?:need|want|have))\b")
_PRAISE = re.compile(r"(?:right|okay|ok|good|great|fine|perfect|sure|lovely)\b(?![\s,.!]*$)")
"""These open a sentence of any kind; alone, or in a short one, they agree."""
_ASKS_BACK = re.compile(r"\s*(?:is|was|are|did|do|does|can|could|would|will) .*\?\s*$", re.IGNORECASE | re.DOTALL)
_AT_THE_END = re.compile(rf"(?:^|[\s,.!])(?:{_YES})(?: please| thanks| thank you)?[\s.!,]*$")
_ENOUGH = re.compile(r"no,? (?:that's|that is|it's) (?:all|it|everything|fine|okay|ok|good|great)\b")
_NO_WAIT_YES = re.compile(
    r"\b(?:no|nah)[,.]? (?:wait|sorry|actually|i mean)[,.]? (?:yes|yeah|that's (?:right|correct|fine))\b"
)
_NO_THEN_YES = re.compile(r"(?:no[,.]? )+(?:yes|yeah|(?:(?:that|it|this)(?:'s| is) )?(?:right|correct|perfect))\b")
_YES_THEN_NO = re.compile(
    r"(?:yes|yeah|okay|ok|sure|right|well)[,.]? (?:wait[,.]? |sorry[,.]? |actually[,.]? )*no\b(?! problem| worries)"
)
_UNCHANGED = re.compile(r"(?:no|nothing|none)\b.{0,12}\b(?:changes?|corrections?|to (?:change|add|correct|fix))\b")
"""Said of what was read back, it agrees."""
_SPOILT = re.compile(
    r"\b(?:no (?:good|use|way)|too (?:late|early|expensive|far|much|soon|long|short|many|few|dear|busy)|wrong"
    r"|incorrect|(?:but|except|only) (?:it's |that's |it is |that is |that |it )?(?:not|wrong|too|can't|doesn't|won't))\b"
)
"""What takes back the yes before it: "that's no good", "you got it wrong"."""
_SHORT, _SHORTER = 6, 4


def yes_no(text: str, language: str = "en") -> bool | None:
    """What the words answer to a yes-or-no question; None when they do not."""
    words = said(text)
    tongue = language.split("-")[0].lower()
    if tongue in tongues.YES:
        return _foreign(words, tongue)
    if _ASKS_BACK.match(text[: len(words) + 20]):
        return None
    if _NO_WAIT_YES.search(words) or _NO_THEN_YES.match(words):
        return True
    if _YES_THEN_NO.match(words) or _ENOUGH.match(words):
        return False
    bare = NOISE.sub("", words + " ").strip() or words
    if _OPEN.match(bare) or _GOES_ON.match(bare):
        return _at_last(bare)
    plainly = _plainly(bare)
    return leaning(bare) if plainly is None and not _PRAISE.match(bare) else plainly


def _at_last(bare: str) -> bool | None:
    """ "Maybe it was my mistake, let's try again": what is said after the doubt."""
    clause = re.split(r"[,.;]\s+(?:but |so )?", bare)[-1]
    return leaning(clause) if clause != bare and not _OPEN.match(clause) else None


def _plainly(bare: str) -> bool | None:
    yes, no = _AGREES.match(bare), _DENIES.match(bare)
    if _UNCHANGED.match(bare):
        return True
    if _SPOILT.search(bare) and len(bare.split()) <= _SHORT:
        return False
    if yes and no:
        return yes.end() > no.end()
    if no:
        return False
    if yes:
        return None if _PRAISE.match(bare) and len(bare.split()) > _SHORTER else True
    return True if len(bare.split()) <= _SHORT and _AT_THE_END.search(bare) else None


def _foreign(words: str, tongue: str) -> bool | None:
    pieces = re.findall(r"[\w']+", words)
    for length in (3, 2, 1):
        head = " ".join(pieces[:length])
        if head in tongues.NO[tongue]:
            return False
        if head in tongues.YES[tongue]:
            return True
    return None
