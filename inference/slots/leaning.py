"""Yes and no without the word: "that suits me", "too late for me", "I'd rather wait". English.

Classes of words, not sentences: what is good or possible, what refuses, and what turns one into the other.
"""

from __future__ import annotations

import re

from inference.normalize.vocabulary import word_set

LONGEST, SHORT = 9, 5
"""Words; in a longer answer a bad word may be about anything, a good one even in a shorter."""
_GOOD = word_set(
    "fine good great ok okay right correct perfect lovely wonderful excellent brilliant super nice cool ideal grand "
    "fantastic amazing awesome handy helpful deal agreed agree agrees confirmed confirm accepted accept sounds works "
    "work suits suit fits fit convenient possible happy glad pleased delighted fair marvellous marvelous splendid "
    "terrific true accurate acceptable manageable doable well appreciated appreciate gladly willingly sweet neat "
    "love perfectly wise sensible"
)
_REFUSE = re.compile(
    r"^not (?:for|this|that|in|with)\b|\b(?:never ?mind|forget (?:it|that|about)|leave (?:it|that)|skip (?:it|that)|drop it|scrap that|cancel that"
    r"|(?:i'll|i|we'll|we) (?:will )?pass|do without|manage without|another (?:day|time|one|date)|"
    r"(?:some|any) other (?:day|time|one)|a different|something else|somewhere else|rather (?:wait|have|take|not|keep)"
    r"|better not|impossible|unacceptable|wrong|incorrect|mistaken?|error|inaccurate|unsuitable|inconvenient"
    r"|unfortunately|sadly|regrettably|(?:i'm|i am|we're|we are) afraid|out of the question|hardly|neither|no use"
    r"|too (?:late|early|expensive|far|much|soon|long|short|many|few|little|big|small|high|low|dear|busy|difficult))\b"
)
_NEGATES = re.compile(r"\b(?:not|no|never|nothing|without|cannot)\b|n't\b|\b(?:dont|cant|wont|doesnt|isnt|didnt)\b")
_TAKES = re.compile(
    r"\b(?:(?:i|we)(?:'ll| will|'d| would)?(?: like to| love to| gladly)? (?:take|accept|choose|book) "
    r"(?:it|that|this|the)|(?:let's|lets|let us) (?:do|go|try|take|have|give)|(?:take|book|do|send|keep|confirm) "
    r"(?:it|that|them)\b|count (?:me|us) in|you (?:may|can)(?: (?:do|book|send|take) (?:that|it|so))?$"
    r"|if you (?:could|would|can|like|wish|want|please|don't mind|would be so kind)|as you (?:say|like|wish|please)"
    r"|(?:i|we)(?:'d| would) (?:like|love|appreciate|be grateful|be happy)|that is what i want|by all means"
    r"|be my guest|make it so|(?:please|just) (?:do|try|send|book|go)\b|with pleasure|naturally)\b"
)
_UNCHANGED = re.compile(
    r"^(?:no|nothing|none|not)\b.*\b(?:changes?|chang(?:ed|ing)|corrections?|to (?:add|correct|fix)|complaints?)\b"
    r"|\b(?:couldn't|could not|can't) be (?:better|more)|\bno mistakes?\b"
)
_ASKS = re.compile(r"^(?:stop|what|when|where|who|which|why|how|is|are|do|does|did|can|could|would|will|should|may)\b")
_NAMES_A_VALUE = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|half|quarter|noon|morning|afternoon|evening|night"
    r"|today|tomorrow|tonight|\w+day|next|later|earlier|instead|better|rather|january|february|march|april|june|july|august"
    r"|september|october|november|december)\b"
)
"""Who names another day or hour does not agree: "Thursday would work"."""
_ONLY_PERHAPS = re.compile(
    r"\b(?:maybe|perhaps|might|depends|if (?!you (?:could|would|can|like|wish|want|please|do)))\b"
)


def leaning(words: str) -> bool | None:
    """What short words lean to, lower case and without stops around them; None where they name neither."""
    if _ASKS.match(words) or len(words.split()) > LONGEST:
        return None
    if _UNCHANGED.search(words):
        return True
    if _REFUSE.search(words):
        return False
    if _ONLY_PERHAPS.search(words):
        return None
    good = any(word in _GOOD for word in re.findall(r"[a-z']+", words))
    if _NEGATES.search(words):
        return (
            False if good or _TAKES.search(words) or re.search(r"\b(?:necessary|need|want|bother)\b", words) else None
        )
    if _NAMES_A_VALUE.search(words):
        return None
    good = good and len(words.split()) <= SHORT
    return True if good or _TAKES.search(words) else None
