"""An answer that takes up the question's own words: "Do you own it?" - "I do own it", "we rent". English."""

from __future__ import annotations

import re

from inference.normalize.vocabulary import word_set
from inference.slots.cues import stem
from inference.slots.phrasing import said

LONGEST = 12
"""Words of an answer that is looked at."""
_ASKS = re.compile(r"^(?:what|when|where|who|which|why|how|is|are|do|does|did|can|could|would|will|should|may)\b")
_NEGATES = re.compile(
    r"\b(?:not|no|never|none|nobody|without|cannot|neither)\b|n't\b|\b(?:dont|cant|wont|doesnt|isnt)\b"
)
_PERHAPS = re.compile(r"\b(?:maybe|perhaps|might|depends|not sure|don't know|no idea)\b")
_BARE = word_set(
    "do does did is are am was were be been can could shall should will would may might must have has had get got "
    "i you we they he she it me us them my your our their this that these those the a an and or of to in on at for "
    "by with from as so once more any some please already just also there here want like need know when what where "
    "which who how not no yes than then too very much many one two all both about afraid full"
)
_KIN = (
    ("own owner mine ours belong bought built purchased landlady's", "rent rented renting renter rental lease leased "
     "leasing tenant tenants landlord landlord's landlady let letting sublet"),
    ("new", "existing regular returning known before"),
    ("existing regular returning", "new first"),
    ("married", "single divorced widowed unmarried"),
    ("single", "married together"),
    ("alone", "together couple family both"),
    ("insured insurance", "uninsured self-pay privately"),
    ("smoke smoker", "quit non-smoker nonsmoker"),
    ("vegetarian vegan", "meat"),
    ("open", "closed shut"),
    ("urgent", "wait hurry"),
    ("working works work", "broken dead kaputt"),
    ("early earlier", "late later"),
)  # fmt: skip
"""Words that say the same as one of the question's, and words that say the contrary."""


def echoed(question: str, text: str) -> bool | None:
    """What `text` answers to a yes-or-no `question` whose words it uses, or contradicts; None when it does neither."""
    words = said(text)
    if _ASKS.match(words) or text.rstrip().endswith("?") or _PERHAPS.search(words) or len(words.split()) > LONGEST:
        return None
    asked, heard = _stems(said(question)), _stems(words)
    same, contrary = set(asked), set[str]()
    for alike, opposite in _KIN:
        if asked & _stems(alike):
            same |= _stems(alike)
            contrary |= _stems(opposite)
    denied = _NEGATES.search(words) is not None
    if heard & (contrary - same):
        return denied and not re.match(r"(?:no|nope|nah)\b", words)
    return not denied if heard & same else None


def _stems(text: str) -> set[str]:
    return {stem(word) for word in re.findall(r"[a-z][a-z'-]+", text) if word not in _BARE}
