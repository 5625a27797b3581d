"""An utterance as phrases are looked for in it."""

from __future__ import annotations

import re

LONGEST = 400
"""Characters of an utterance in which phrases are looked for."""
NOISE = re.compile(
    r"^(?:(?:oh|um+|uh+(?!-)|er+m?|hmm+|ah|well|so|and|but|actually|i think|i mean|honestly|wait|sorry|hi|hello|thanks"
    r"|thank you|please(?! do)|like|yeah no|hey|now|then)[\s,.!-]+)+"
)
"""Words at the beginning that say nothing."""


def said(text: str) -> str:
    """Lower case, single spaces, no stops around it."""
    lower = text[:LONGEST].lower().replace("’", "'").replace("mm hm", "mm-hm").replace("uh huh", "uh-huh")
    plain = lower.replace("—", ", ").replace(" - ", ", ").replace("…", " ")
    return " ".join(plain.split()).strip(" ,.!?;:-\"'")


def any_of(*patterns: str) -> str:
    """One pattern that matches what any of them does."""
    return "|".join(patterns)
