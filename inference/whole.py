"""Whether words heard so far may be all that the caller is going to say.

A recogniser puts a question mark after half a question too ("Can you tell?"): what is short has to
wait for the pause. Stricter than `wording.py`, which must not keep a caller waiting who asked "where are
you?": here a wrong yes costs work, a wrong no only a head start.
"""

from __future__ import annotations

import re

FEWEST_WORDS = 4
_ENDS = (".", "?", "!")
_NEVER_LAST = re.compile(
    r"\b(?:and|or|but|so|because|the|a|an|to|of|for|with|on|in|at|my|is|are|your|our|their|his|her|this|these|"
    r"that's|it's|i'm|you're|we're|they're|i|you|we|they|do|does|did|can|could|would|will|what|how|when|where|"
    r"if|from|about|than|as|very|more|any|some|um|uh|er)[.?!]+$",
    re.IGNORECASE,
)


def may_be_whole(text: str) -> bool:
    """Whether to begin to answer these words before the caller has paused."""
    words = text.strip()
    if not words.endswith(_ENDS) or words.endswith("..."):
        return False
    return len(words.split()) >= FEWEST_WORDS and not _NEVER_LAST.search(words)
