"""Questions of the caller's own: what stands in them answers nothing."""

from __future__ import annotations

import re

from inference.slots.reading import blank

_SENTENCE = re.compile(r"\S(?:[^.?!]|[.?!](?!\s|$))*(?:[.?!]+|$)")
_LEAD = (
    r"^(?:(?:so|and|but|um+|uh+|er+m?|oh|okay|ok|well|sorry|right|hi|hello|yes|no|wait|actually|by the way|also|"
    r"one question|quick question|before that|first)[\s,:-]+)*"
)
_ASKS = re.compile(
    _LEAD + r"(?:(?:what|where|who|why|when|how)(?:['’]s|['’]re| is| are| do| does| did| was| were| can| could|"
    r" will| would| should|"
    r" much| many| long| far| often| old| big| late| early| time| times| kind| sort| type| days?| hours?| happens)\b"
    r"|(?:can|could|would) you (?:tell|explain|say|remind)\b|do you know\b"
    r"|(?:are|is|do|does|did|have|has|will|can|could|would|should)\b[^.?!]*\b(?:open|opens|opening|closed?|closes|"
    r"accept|charge|cost|costs|"
    r"offer|far|parking|park|expensive|hurts?|painful|sell|serve|deliver|speak|robot|machine|bot|human|insurance|"
    r"wheelchair|refund|"
    r"take (?:cards?|cash|insurance)|pay|included?|necessary|need to (?:bring|fast|pay))\b)",
    re.IGNORECASE,
)
_WISHES = re.compile(
    r"\b(?:available|availability|free|slots?|appointments?|openings|have you got|do you have|can i come|"
    r"could i come|possible|"
    r"what about|how about)\b",
    re.IGNORECASE,
)
"""Questions that say what the caller would like: "What do you have on Tuesday?"."""


def asides(text: str) -> list[tuple[int, int]]:
    """Where the caller's own questions stand: (start, end) of each."""
    return [
        match.span() for match in _SENTENCE.finditer(text) if _ASKS.match(match[0]) and not _WISHES.search(match[0])
    ]


def without(text: str, spans: list[tuple[int, int]]) -> str:
    """`text` with what stands there blanked out, of the same length."""
    for start, end in spans:
        text = blank(text, start, end)
    return text
