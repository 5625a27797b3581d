"""Whether words sound finished: the last thing a caller said, put into one of a few classes. Pure.

The rules are about English, not about any topic: which words never end a sentence, which openings
announce more ("can you tell me", "if it rains"), what a half-said number or address looks like. In
other languages none of them applies and only the punctuation of the recogniser speaks.
"""

from __future__ import annotations

import re
from typing import Literal

from inference.nodes import Expects

Ending = Literal["answer", "question", "request", "statement", "open", "unfinished", "dictation"]
"""answer: short and whole, as "yes"; request: a wish, whole, no question; statement: a whole sentence
that more often than not leads to another; open: nothing says that it is over; unfinished: the words
say that more will come; dictation: digits, letters or an address of which more is to come."""

_WHOLE_PHONE = 10
_WHOLE_LOCAL = 7
_MANY_DIGITS = 3
_SHORT_WORDS = 3
_SHORTEST_QUESTION = 3
_LIST_COMMAS = 2
_LONGEST_CLAUSE = 8
"""Words; more of them after "if" hold the main clause too, even where the recogniser set no comma."""

_NEVER_LAST = frozenset(
    [
        "and",
        "or",
        "but",
        "so",
        "because",
        "the",
        "a",
        "an",
        "my",
        "your",
        "our",
        "their",
        "his",
        "i'm",
        "it's",
        "we're",
        "they're",
        "i'd",
        "i'll",
        "um",
        "uh",
        "er",
        "erm",
        "hmm",
        "like",
        "if",
        "although",
        "unless",
        "whether",
        "than",
        "very",
        "really",
        "every",
    ]
)
_LAST_IN_ANSWERS = frozenset(
    [
        "i",
        "we",
        "when",
        "while",
        "is",
        "are",
        "was",
        "were",
        "am",
        "can",
        "could",
        "would",
        "will",
        "should",
        "some",
        "any",
    ]
)
"""These may end a question ("where is it?", "may I?"), not a statement."""
_PREPOSITIONS = frozenset(["of", "to", "for", "with", "at", "by", "from", "into", "about"])
"""They end a question that begins with its question word ("who is it from?") and nothing else."""
_PARTICLES = frozenset({"in", "on"})
_BEFORE_PARTICLES = frozenset(
    [
        "is",
        "it",
        "that",
        "this",
        "he",
        "she",
        "they",
        "them",
        "you",
        "me",
        "what's",
        "come",
        "came",
        "coming",
        "go",
        "going",
        "get",
        "got",
        "log",
        "sign",
        "hold",
        "move",
        "check",
        "turn",
        "switch",
        "fill",
        "drop",
        "hand",
    ]
)
"""After these, "in" and "on" may be last: "can I come in?", "is it on?"."""

_FRAME_OPENINGS = (
    r"(?:can|could|would|will) you (?:please )?(?:tell|show|let|give|say|explain|help) ?(?:me|us)?(?: know)?",
    r"do you (?:happen to )?(?:know|think)(?: whether| if)?",
    r"(?:is|would) it(?: be)? (?:possible|all right|okay|ok)",
    r"is there (?:any|a) (?:chance|way|possibility)",
    r"i (?:would|'d) (?:like|love|want)(?: to (?:know|ask|say))?",
    r"i'd (?:like|love|want)(?: to (?:know|ask|say))?",
    r"i (?:want|need|wanted|was going)(?: to (?:know|ask|say))?",
    r"i (?:was|am|'m) (?:just )?(?:wondering|thinking|asking|calling)",
    r"i'm (?:just )?(?:wondering|thinking|asking|calling)",
    r"i (?:think|thought|guess|believe|hope|was told|heard|mean)(?: (?:it|that|this)(?: was| is)?)?",
    r"(?:what|all) (?:i|we) (?:need|want|mean|would like)(?: is| to know)?",
    r"let me (?:think|see|check|look)",
    r"(?:so|well|okay|hi|hello|yes|no|and|but),? (?:i|um|uh)",
    r"(?:one|just a) (?:moment|second)|hold on|wait",
)
_FRAME = re.compile(rf"(?:^|[.,;!?]\s+|\b(?:so|and|but|well|yes|no|hello|hi),?\s+)(?:{'|'.join(_FRAME_OPENINGS)})$")
"""An opening that has said nothing yet."""

_SUBORDINATE = re.compile(
    r"^(?:so |and |but |well )?(?:if|because|although|unless|after|before|while|since|until|as soon as|as long as|"
    r"in case|when(?= (?:i|we|you|he|she|it|they|my|our|the)\b)|the (?:last|first|next) time(?= (?:i|we|you|my)\b))\b"
)
_QUESTION_WORDS = r"what|when|where|who|whose|which|why|how|(?:at|until|since|from|to|for) (?:what|when|which|whom)"
_AUXILIARIES = (
    r"is|are|was|were|am|do|does|did|can|could|would|will|shall|should|may|might|have|has|had|isn't|aren't|don't|"
    r"doesn't|can't|couldn't|won't"
)
_SUBJECTS = r"i|you|he|she|it|we|they|there|that|this|these|those|the|a|an|my|your|our|his|her|their|any|some\w*"
_ASKS = re.compile(
    rf"(?:^|[.!?,;]\s+)(?:(?:so|and|but|okay|well|hi|hello|sorry),?\s+)?(?:(?:{_QUESTION_WORDS})\b(?!\s+i\s+\w+ed\b)|"
    rf"(?:{_AUXILIARIES}) (?:{_SUBJECTS})\b)[^.!?]*$"
)
_REQUEST = re.compile(
    r"(?:^|[.!?,;]\s+)(?:(?:so|and|but|okay|well|hi|hello|yes|no),?\s+)?(?:(?:i|we)(?:'d| would) (?:like|love)|"
    r"i'll (?:have|take)|give me|tell me|show me|connect me|put me|call me|send me|book|cancel|"
    r"please|let me (?!think|see))\b[^.!?]*$|\bplease$"
)
"""Not "I need" or "I want": whoever says those usually says why."""
_STATES = re.compile(
    r"^(?:(?:so|and|but|well|okay|yes|no|hello|hi),? )*(?:i|i'm|i've|we|we're|we've|my|our|it|it's|he|she|they|there) "
)
"""Begins like a statement: whether the recogniser heard its full stop is chance."""
_SHORTEST_STATEMENT = 4
_GREETINGS = re.compile(r"^(?:(?:hello|hi|hey|good (?:morning|afternoon|evening)|there)[\s,.!]*)+$")
_ANSWERS = re.compile(
    r"^(?:(?:yes|no|yeah|nope|yep|yup|sure|okay|ok|right|correct|exactly|absolutely|of course|definitely|certainly|"
    r"never|maybe|not really|i do|i don't|it is|it isn't|that's (?:right|correct|fine|it|all)|please|thanks?|"
    r"thank you(?: very much)?|bye|goodbye|fine|great|perfect|stop|"
    r"none|neither|both)[\s,.!]*)+$"
)

_NUMBER_WORD = r"(?:zero|oh|one|two|three|four|five|six|seven|eight|nine|double|triple)"
_SAID_DIGITS = re.compile(rf"(?:(?:\d+|{_NUMBER_WORD})[\s,.\-–]*){{2,}}$")
_ONE_NUMBER = re.compile(rf"(?:\d[\d\s\-–,.]*|\b{_NUMBER_WORD})$")
_NUMBER_FRAME = re.compile(r"\b(?:numbers?|phone|mobile|telephone|card|account|code|zip|postcode) (?:is|are|it's)\b")
_EMAIL_FRAME = re.compile(r"\be-?mail(?: address)?(?: is|,| it's)\b|\bat [\w-]+ dot$|@")
_EMAIL_WHOLE = re.compile(r"(?:@|\bat\b).*(?:\.| dot )(?:com|org|net|edu|gov|info|io|co|uk|de|eu|[a-z]{2})$")
_LETTERS = re.compile(r"(?:(?:^|[\s,.-])[a-z]){2,}$|(?:^|\s)[a-z](?: as in| for| like)(?: \w+)?$")
_ONE_LETTER = re.compile(r"(?:^|[\s,.-])(?:double )?[a-z]$")
_CUT_OFF = re.compile(r"(?:[,:;–—-]|\.\.\.|…)$")


def ending_of(text: str, expects: Expects = "any") -> Ending:
    """The class of `text`, all that the caller has said in this utterance. Empty text is "open"."""
    said = " ".join(text.lower().replace("’", "'").split())
    marked = said.endswith((".", "!", "?")) and not _CUT_OFF.search(said)
    asked = marked and said.endswith("?")
    bare = said.rstrip(".!?… ")
    if not bare:
        return "open"
    dictated = _dictation(bare, expects)
    if dictated is not None:
        return dictated
    if _GREETINGS.match(bare):
        return "question" if asked else "open"
    if _ANSWERS.match(bare) and not _CUT_OFF.search(said):
        return "answer"
    if _CUT_OFF.search(said) or _hangs(bare, asked=asked):
        return "unfinished"
    if asked or (_ASKS.search(bare) and len(bare.split()) > _SHORTEST_QUESTION):
        return "question"
    if _listing(bare):
        return "open"
    if expects not in ("any", "free") and len(bare.split()) <= 2 * _SHORT_WORDS:
        return "answer"
    if _REQUEST.search(bare):
        return "request" if marked else "open"
    if not marked:
        states = _STATES.match(bare) is not None and len(bare.split()) >= _SHORTEST_STATEMENT
        return "statement" if states else "open"
    return "request" if len(bare.split()) <= _SHORT_WORDS else "statement"


def _hangs(bare: str, *, asked: bool) -> bool:
    """Whether the words themselves promise more: "the", "can you tell me", "if it rains"."""
    words = bare.split()
    last, before = words[-1].strip(",;:"), words[-2] if len(words) > 1 else ""
    if last in _NEVER_LAST or (last in _LAST_IN_ANSWERS and not asked) or _FRAME.search(bare):
        return True
    sentence = re.split(r"[.!?]\s+", bare)[-1]
    if last in _PREPOSITIONS:
        return not (asked and re.match(_QUESTION_WORDS, sentence))
    if last in _PARTICLES:
        return before not in _BEFORE_PARTICLES and not re.match(_QUESTION_WORDS, sentence)
    clause_only = "," not in sentence and len(sentence.split()) <= _LONGEST_CLAUSE
    return not asked and clause_only and bool(_SUBORDINATE.match(sentence))


def _listing(bare: str) -> bool:
    """Things one after another without the "and" before the last."""
    items = re.split(r"[.!?]\s+", bare)[-1].split(",")
    if len(items) <= _LIST_COMMAS:
        return False
    return all(len(item.split()) <= _SHORT_WORDS for item in items[1:]) and not re.match(r"\s*(?:and|or)\b", items[-1])


def _dictation(bare: str, expects: Expects) -> Ending | None:
    """Digits, letters or an address: "dictation" while incomplete, "request" once whole; None for none of these."""
    if expects == "email" or _EMAIL_FRAME.search(bare):
        return "request" if _EMAIL_WHOLE.search(bare) else "dictation"
    if _LETTERS.search(bare) or (expects == "spelling" and _ONE_LETTER.search(bare)):
        return "dictation"
    digits = _digits_at_end(bare)
    calls_for_many = expects == "phone" or _NUMBER_FRAME.search(bare) is not None
    if calls_for_many and (digits or expects != "phone"):
        return _number(digits)
    if expects == "number" and 0 < digits < _MANY_DIGITS:
        return "answer"
    if digits >= _MANY_DIGITS and _SAID_DIGITS.search(bare):
        return _number(digits)
    return None


def _number(digits: int) -> Ending:
    if digits >= _WHOLE_PHONE:
        return "request"
    return "open" if digits >= _WHOLE_LOCAL else "dictation"


def _digits_at_end(bare: str) -> int:
    tail = _SAID_DIGITS.search(bare) or _ONE_NUMBER.search(bare)
    if tail is None:
        return 0
    return sum(len(word) if word.isdigit() else 1 for word in re.findall(r"\d+|[a-z]+", tail.group()))
