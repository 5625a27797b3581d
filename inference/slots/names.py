"""Names of people: "my name is Peter Hill", "it's Ona", "Hill, H I L L"."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from inference.nodes import Slot
from inference.normalize.vocabulary import word_set
from inference.slots.letters import Letters, spelled
from inference.slots.name_parts import last_full_name, whole_of_parts
from inference.slots.parsed import Found
from inference.slots.reading import Reading, read

if TYPE_CHECKING:
    from inference.flow.steps import Moment

_TITLES = r"(?:mr|mrs|ms|miss|dr|doctor|mister|professor|prof)\.? "
_INTRODUCED = re.compile(
    r"\b(?:(?:my|the|her|his|their|our)?\s?(?:full |first |last |family |sur|given )?name(?:'s| is| was|:|"
    r"\?)(?: going to be)?"
    r"|names is|name's|name it is|i am called|i'm called|(?:you can |please |just )?call me|under the name(?: of)?|in the name of"
    r"|(?:put|book|write|note|say)(?: (?:it|me|us|this|that))?(?: down)? (?:under|as|for|on)(?= [A-Z])"
    r"|(?:put|write|note) down(?= [A-Z])|(?:just |please )?(?:put|write)(?= [A-Z])|it(?:'s| is) under|this is|you're speaking (?:to|with)|"
    r"speaking (?:to|with)"
    r"|i go by|my surname(?:'s| is)|the surname(?:'s| is)|surname(?:'s| is|:)?|last name(?:'s|:)?|first name(?:'s|:)?"
    r"|(?:it's |is )?for (?=(?:mr|mrs|ms|miss|dr)\b))[\s,]+",
    re.IGNORECASE,
)
"""What follows is a name, whatever was asked."""
_TITLED = re.compile(
    r"^(?:(?:yes|well|oh|um|uh|it's|this is|i'm|i am)[\s,.]+)*(?=(?:mr|mrs|ms|miss|mister)\.? [A-Z])", re.IGNORECASE
)
"""A title at the beginning: nobody calls another person's name there."""
_UNDER = re.compile(r"\b[Uu]nder (?=[A-Z])")
_IS_MY_NAME = re.compile(
    r"\b([^\W\d_][\w'-]*(?: [A-Z][\w'-]*)?) is (?:my|the|her|his|our) (?:(?:last|first|full|family|sur) ?)?name\b"
)
_I_AM = re.compile(r"\b(?:i'm|i am)\s+", re.IGNORECASE)
_LEAD = re.compile(
    r"^(?:(?:yes|yeah|yep|sure|okay|ok|of course|certainly|hi|hello|hey|well|so|oh|um|uh|er|erm|ehm?|hmm|right|no|sorry|"
    r"actually|and|"
    r"it'?s|it is|that'?s(?: wrong| not (?:right|correct|it))?|wrong|that is|that would be|that'?d be|this is|"
    r"i'?m|i am|is|the name'?s|me|please|thanks|thank you|"
    r"i said|i meant|it should be|for|good (?:morning|afternoon|evening)|there)(?:[\s,.!:—-]+|$))+",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*\.?")
_GAP = re.compile(r"[ \t]+")
_PARTICLES = word_set("van von de der den da di la le del dos al el bin ter mac o st")
_ABOUT_SPELLING = word_set(
    "thats that is spelled spelt its with the last name surname first which spell ill it i so as in"
)
_STOPS = word_set(
    "and i i'm i'd i'll is was with from here speaking calling again that's it's its the a an my your at on in "
    "for to of please thanks thank by but or if can could would will we we're so not no yes yeah what how why "
    "when where who which do does did are am have has had need want like looking about just also tomorrow today "
    "tonight next this monday tuesday wednesday thursday friday saturday sunday january february "
    "june july september october november december morning afternoon evening spelled spelt spell "
    "spelling phone number email appointment booking calling's ringing sorry okay ok hello hi there me him her "
    "them us you it he she they his their our because then as too really very actually maybe going not sure "
    "table party dinner lunch date time day week month year something nothing anything everything someone "
    "anyone nobody idea thing stuff first last name surname full i've i'd you're he's she's they're don't "
    "doesn't can't won't isn't aren't didn't wait hold moment second minute half quarter past o'clock one two "
    "three four five six seven eight nine ten eleven twelve noon midnight happy glad fine good great busy "
    "interested late early new returning patient customer client caller afraid trying hoping wondering ready "
    "done free available allergic pregnant german french english american british irish spanish italian dutch "
    "polish indian chinese under name's calls called all right correct wrong"
)
_MOST_WORDS = 5
_SIMILAR = 0.5


def find(slot: Slot, text: str, moment: Moment) -> list[Found]:
    """The name that is given, the part of it that the slot asks for. Unmistakable only when it is introduced."""
    reading = read(text, moment.language)
    found = []
    for match in _INTRODUCED.finditer(text):
        found.append(_name_at(text, match.end(), reading, plain=False))
    for match in _TITLED.finditer(text):
        found.append(_name_at(text, match.end(), reading, plain=False))
    for match in _UNDER.finditer(text):
        found.append(_name_at(text, match.end(), reading, plain=False))
    for match in _I_AM.finditer(text):
        name = _name_at(text, match.end(), reading, plain=False)
        if name and text[name.start].isupper() and (" " in name.value or _ends(text, name.end)):
            found.append(name)
    for match in _IS_MY_NAME.finditer(text):
        found.append(Found(_cased(match[1]), match.start(1), match.end(1)))
    given = [_fuller(text, each, reading) for each in found if each is not None]
    in_parts = whole_of_parts(text)
    if in_parts is not None:
        given = [in_parts]
    if not given:
        given = [_fuller(text, each, reading) for each in _answer(text, reading)]
    if not given:
        given = last_full_name(text, _STOPS)
    return [part for each in given if (part := _part(slot, each)) is not None]


def _fuller(text: str, found: Found, reading: Reading) -> Found:
    """ "Bond, James Bond": said again with more."""
    gap = re.compile(r"[,.]\s+(?:it's\s+)?", re.IGNORECASE).match(text, found.end)
    again = _name_at(text, gap.end(), reading, plain=found.plain) if gap else None
    if (
        again is None
        or " " in found.value
        or found.value not in again.value.split()[:: len(again.value.split()) - 1 or 1]
    ):
        return found
    return again if len(again.value) > len(found.value) else found


def _answer(text: str, reading: Reading) -> list[Found]:
    """The words alone are the name."""
    lead = _LEAD.match(text)
    begin = lead.end() if lead else 0
    letters = spelled(reading, digits=False, fewest=2)
    if letters and reading.tokens[letters[0].first].start <= begin + 1:
        return _all_spelled(reading, letters)
    name = _name_at(text, begin, reading, plain=True)
    if name is None:
        return (
            [Found(text[begin:].strip(" .!"), begin, len(text), sure=False, plain=True)]
            if _looks_like(text[begin:])
            else []
        )
    rest = text[name.end :].strip(" .,!?")
    follows = re.match(r"(?:speaking|here|please|thanks|thank you|again)\b", rest, re.IGNORECASE)
    if rest and not follows and not re.match(r"[,.!;]", text[name.end :].lstrip(" ")):
        return []
    return [name]


def _looks_like(said: str) -> bool:
    """Two or three words with capitals, of which the first may be any word: "Will Brown"."""
    match = re.fullmatch(r"[A-Z][\w'-]+(?: [A-Z][\w'-]+)?( [A-Z][\w'-]+)[.!]?\s*", said)
    return match is not None and match[1].strip().lower() not in _STOPS


def _all_spelled(reading: Reading, letters: list[Letters]) -> list[Found]:
    value = " ".join(_cased(run.text.lower()) for run in letters if run.letters > 1)
    start, end = reading.tokens[letters[0].first].start, reading.tokens[letters[-1].last].end
    return [Found(value, start, end, plain=True)] if value else []


def _name_at(text: str, begin: int, reading: Reading, *, plain: bool) -> Found | None:
    """The words of a name from here on, corrected by the letters that follow them."""
    title = re.compile(_TITLES, re.IGNORECASE).match(text, begin)
    position = title.end() if title else begin
    words: list[str] = []
    start = end = position
    while len(words) < _MOST_WORDS:
        match = _WORD.match(text, position)
        if match is None or not _may_be_name(match[0], words):
            break
        word = match[0].rstrip(".")
        words.append(word)
        initial = len(word) == 1
        end = match.end() if initial else match.start() + len(word)
        if match[0].endswith(".") and not initial:
            break
        gap = _GAP.match(text, end)
        position = gap.end() if gap else end
        if gap is None:
            break
    while words and (words[-1].lower() in _PARTICLES or len(words[-1]) == 1):
        words.pop()
    run = _spelling_after(reading, end)
    if run is not None:
        return _and_spelled(text, _with_spelling(words, run, reading, start, plain=plain), reading)
    if not words:
        return None
    value = " ".join(_cased(word) for word in words)
    introduced = not plain or all(word[0].isupper() for word in words)
    return Found(value, start, end, sure=introduced and len(words) < 4, plain=plain)


def _and_spelled(text: str, found: Found, reading: Reading) -> Found:
    """ "Peter, P E T E R, Hill, H I L L": another word with its letters after the first."""
    gap = re.compile(r"[\s,.]*(?:and\s+)?").match(text, found.end)
    word = _WORD.match(text, gap.end()) if gap else None
    if word is None or not _may_be_name(word[0], []) or len(word[0]) == 1:
        return found
    run = _spelling_after(reading, word.end())
    if run is None:
        return found
    more = _with_spelling([word[0]], run, reading, word.start(), plain=found.plain)
    return Found(f"{found.value} {more.value}", found.start, more.end, plain=found.plain)


def _may_be_name(word: str, before: list[str]) -> bool:
    bare = word.lower().rstrip(".").replace("’", "'")
    if bare in _PARTICLES:
        return True
    if len(bare) == 1:
        return bool(before) and word[0].isupper() and bare != "i"
    return bare not in _STOPS and "'" not in bare[-2:]


def _spelling_after(reading: Reading, end: int) -> Letters | None:
    """Letters said soon after the name: "Hill, H I L L", "Hyde. That's spelled H Y D E"."""
    for run in spelled(reading, digits=False, fewest=2):
        between = reading.original[end : reading.tokens[run.first].start]
        if re.search(r"\bwith$", between.strip()) and len(run.text) < 3:
            continue  # "Peter with a P".
        if reading.tokens[run.first].start >= end and len(between.split()) <= 5 and run.letters > 1:
            filler = re.sub(r"[^a-z ]", " ", between.lower().replace("'", "")).split()
            if all(word in _ABOUT_SPELLING for word in filler):
                return run
    return None


def _with_spelling(words: list[str], run: Letters, reading: Reading, start: int, *, plain: bool) -> Found:
    """The word that the letters sound like is written as they say; letters like no word are one more."""
    said = run.text.lower()
    pieces = [_cased(word) for word in words]
    likeness = [SequenceMatcher(None, word.lower(), said).ratio() for word in words]
    if likeness and max(likeness) >= _SIMILAR:
        pieces[likeness.index(max(likeness))] = _cased(said)
    else:
        pieces.append(_cased(said))
    return Found(
        " ".join(pieces), min(start, reading.tokens[run.first].start), reading.tokens[run.last].end, plain=plain
    )


def _cased(word: str) -> str:
    """With its capital: "o'brien" → "O'Brien"; what has a capital anywhere is left alone."""
    if word.lower() in _PARTICLES and word.islower():
        return word
    if not word.islower() and not (word.isupper() and len(word) > 1):
        return word
    return re.sub(r"(^|[-'’])([^\W\d_])", lambda match: match[1] + match[2].upper(), word.lower())


def _ends(text: str, end: int) -> bool:
    return (
        re.match(r"\s*(?:$|[,.!?]|and\b|from\b|calling\b|speaking\b|here\b|i'd\b|i\b)", text[end:], re.IGNORECASE)
        is not None
    )


def _part(slot: Slot, found: Found) -> Found | None:
    """The first or the last name, where the slot is for one of them."""
    about = f"{slot.name} {slot.label}".lower()
    words = found.value.split()
    if re.search(r"last|sur|family", about):
        given = len(words) > 1 and words[0].lower() not in _PARTICLES
        value = " ".join(words[1:]) if given else found.value
    elif re.search(r"first|given|fore", about):
        value = words[0]
    else:
        return found
    return Found(value, found.start, found.end, found.sure, found.plain)
