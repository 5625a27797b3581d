"""Times of day in words: "half three", "3 30", "quarter to five", "nine in the morning", "15:30", "noon"."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from inference.nodes import Slot
from inference.slots import dates
from inference.slots.parsed import Found
from inference.slots.reading import MOST_FOUND, NEAR, Reading, blank, read

if TYPE_CHECKING:
    from inference.flow.steps import Moment

_Match = re.Match[str]

_NOON = 12 * 60
_DAY = 24 * 60
_QUARTERS = (15, 30, 45)
"""Minutes that two numbers need no other sign of a time for: "three thirty"."""
_LAST_AFTERNOON_HOUR = 7
"""Bare hours up to this one are afternoon, as opening hours go: "at three" is 15:00, "at nine" is 09:00."""
_NIGHT_BEGINS = 5

_HALF = (
    r"(?: (?P<half>am|pm)| (?:o'clock )?(?:in the|this|tomorrow) (?P<part>morning|afternoon|evening)"
    r"| at (?P<night>night))?"
)
_H = r"(?P<h>\d{1,2}|noon|midnight|midday)"
_COUNTED = (
    r"(?:people|persons?|guests?|adults?|children|kids|of us|tickets?|days?|weeks?|months?|years?|hours?|minutes?"
    r"|seconds?|euros?|dollars?|pounds?|percent|hundred|thousand|million|times|st|street|road|avenue|lane)"
)
"""After a number it says that the number is none of a clock."""
_AFTER_BARE = (
    r"(?= (?:$|[,.;!?]|o'clock|on|for|please|and|or|tomorrow|today|tonight|this|next|if|would|works?|is|with|then|in"
    r"|sharp|ish|instead|monday|tuesday|wednesday|thursday|friday|saturday|sunday|the|thanks?|thank|rather|to book))"
)
_DAY_PART = re.compile(
    r"(?<!good )\b(?P<morning>morning|breakfast)\b|(?<!good )\b(?P<afternoon>afternoon)\b"
    r"|(?<!good )\b(?P<evening>evening|tonight|dinner|supper)\b|(?<!good )\b(?P<night>night)\b"
)
_VAGUE = (
    (re.compile(r"(?<= )(?:1th thing|(?<!good )morning|breakfast time)(?= )"), 9 * 60),
    (re.compile(r"(?<= )(?:lunch ?time|(?<!after )lunch)(?= )"), 12 * 60 + 30),
    (re.compile(r"(?<= )(?:(?<!good )afternoon|after lunch)(?= )"), 14 * 60),
    (re.compile(r"(?<= )(?:(?<!good )evening|after work|tonight)(?= )"), 18 * 60),
)
_POINTED_AT = re.compile(
    r"(?: (?:the|this|which|other|last|later|earlier|any|every|no|not|\d+th)|(?<! make)(?<! say) that) $"
)
"""Before a number it makes it one of several things: "the later one"."""
_BOUND = re.compile(r" (?:before|after|until|till|by|since|from) (?:about |around )?$")
"""Before a time it makes it a limit."""
_RANGE_BEFORE = re.compile(r" (?:from|between) $")


@dataclass(frozen=True, slots=True)
class Clock:
    """What was said: minutes after midnight, on a clock of twelve hours unless `exact`."""

    minutes: int
    half: str = ""
    """am, pm, night, or "" when it was not said."""
    exact: bool = False
    sure: bool = True
    plain: bool = False
    hour: int = 0
    """The hour that was named, where the time is before it: "quarter to five"."""
    about: bool = False
    """ "Around eight": beside a day it is a time, alone it may be any number."""


def find(slot: Slot, text: str, moment: Moment) -> list[Found]:
    """Every time that is named, in the order of the words. Values are "HH:MM"; parts of a day are guesses."""
    dated = False
    for day in dates.find(slot, text, moment):
        dated = dated or not day.plain
        if not day.plain and not _tells_time(text[day.start : day.end]):
            text = blank(text, day.start, day.end)
    reading = read(text, moment.language)
    part = _day_part(reading.plain, slot)
    found = []
    for start, end, clock in _clocks(reading.plain, moment):
        minutes, sure = _on_24_hours(clock, part, slot)
        begin, stop = reading.origin(start, end)
        bound = _BOUND.search(reading.plain[max(0, start - NEAR) : start]) is not None
        plain = bound or (clock.plain and not (clock.about and (dated or part)))
        found.append(Found(_written(minutes), begin, stop, clock.sure and sure and not bound, plain))
    return sorted(found or list(_vague(reading)), key=lambda each: each.start)


def keyed(slot: Slot, digits: str) -> str:
    """The time that keys give: 1530, 930, 9; "" for none."""
    if not 1 <= len(digits) <= 4:
        return ""
    hour, minute = (int(digits), 0) if len(digits) <= 2 else (int(digits[:-2]), int(digits[-2:]))
    if hour > 24 or minute > 59:
        return ""
    exact = hour > 12 or digits.startswith("0")
    return _written(_on_24_hours(Clock(hour * 60 + minute, exact=exact), _day_part("", slot), slot)[0])


def _tells_time(words: str) -> bool:
    """ "This morning" and "tonight" are days and parts of one."""
    return re.search(r"morning|afternoon|evening|tonight", words, re.IGNORECASE) is not None


def _clocks(plain: str, moment: Moment) -> Iterator[tuple[int, int, Clock]]:
    claimed: list[tuple[int, int]] = []
    for pattern, tell in _RULES:
        for match in pattern.finditer(plain):
            start, end = match.span()
            if len(claimed) == MOST_FOUND:
                return
            if any(start < other_end and other_start < end for other_start, other_end in claimed):
                continue
            clock = tell(match, moment)
            if clock is not None and 0 <= clock.minutes <= _DAY:
                claimed.append((start, end))
                yield start, end, clock


def _vague(reading: Reading) -> Iterator[Found]:
    for pattern, minutes in _VAGUE:
        match = pattern.search(reading.plain)
        if match:
            start, end = reading.origin(*match.span())
            yield Found(_written(minutes), start, end, sure=False, plain=True)
            return


def _day_part(plain: str, slot: Slot) -> str:
    """am or pm when the sentence, or else the question, says which half of the day is meant; "" otherwise."""
    for words in (plain, f"{slot.ask} {slot.label} {slot.name}".lower().replace("_", " ")):
        parts = {match.lastgroup for match in _DAY_PART.finditer(words)}
        if len(parts) == 1:
            return {"morning": "am", "night": "night"}.get(str(parts.pop()), "pm")
    return ""


def _on_24_hours(clock: Clock, part: str, slot: Slot) -> tuple[int, bool]:
    """(minutes after midnight, whether that is no guess)."""
    if clock.exact:
        return clock.minutes % _DAY, True
    minutes = clock.minutes % _NOON
    half = clock.half or part
    if half == "night":
        half = "am" if minutes < _NIGHT_BEGINS * 60 else "pm"
    if half:
        # "Twelve in the morning" is noon more often than midnight.
        noon = minutes < 60 and half == "am" and not clock.half
        return minutes + (_NOON if half == "pm" or noon else 0), not noon
    low, high = slot.minimum, slot.maximum
    fits = [each for each in (minutes, minutes + _NOON) if _between(each, low, high)]
    if len(fits) == 1 and (low, high) != (None, None):
        return fits[0], True
    hour = (clock.hour or clock.minutes // 60) % 12 or 12
    afternoon = hour <= _LAST_AFTERNOON_HOUR
    return minutes + (_NOON if afternoon or minutes < 60 else 0), hour != _LAST_AFTERNOON_HOUR


def _between(minutes: int, low: float | None, high: float | None) -> bool:
    hours = minutes / 60
    return (low is None or hours >= low) and (high is None or hours <= high)


def _written(minutes: int) -> str:
    return f"{minutes // 60 % 24:02}:{minutes % 60:02}"


def _half_of(match: _Match) -> str:
    parts = match.groupdict()
    if parts.get("half"):
        return str(parts["half"])
    if parts.get("part"):
        return "am" if parts["part"] == "morning" else "pm"
    return "night" if parts.get("night") else ""


def _clock(match: _Match, hour: int, minute: int, *, plain: bool = False, sure: bool = True) -> Clock | None:
    if hour > 24 or not 0 <= minute < 60:
        return None
    half = _half_of(match)
    exact = hour > 12 or hour == 0
    return Clock(hour * 60 + minute, "" if exact else half, exact, sure, plain)


def _colon(match: _Match, _: Moment) -> Clock | None:
    hour, minute = int(match["h"]), int(match["m"])
    clock = _clock(match, hour, minute)
    if clock and match["h"].startswith("0") and not clock.half:
        return Clock(clock.minutes, exact=True)
    return clock


def _point(match: _Match, _: Moment) -> Clock | None:
    """3.30: a time beside "at" or "pm", or as the answer."""
    minute = int(match["m"])
    return _clock(match, int(match["h"]), minute, plain=not (match["lead"] or _half_of(match) or minute in _QUARTERS))


def _past(match: _Match, _: Moment) -> Clock | None:
    """ "Quarter past three", "ten to five", "half past noon"."""
    said = match["minutes"]
    minute = {"half": 30, "quarter": 15}.get(said) or int(said)
    if not (0 < minute < 30 or said == "half") or (minute % 5 and not match["unit"]):
        return None
    if _RANGE_BEFORE.search(match.string[max(0, match.start() - NEAR) : match.start()]):
        return None
    before = match["way"] in ("to", "before", "till", "of") and not (said == "half" and match["way"] != "to")
    if match["h"] == "midnight":
        return Clock(_DAY - minute if before else minute, exact=True)
    if match["h"] in ("noon", "midday"):
        return Clock(_NOON - minute if before else _NOON + minute, exact=True)
    hour = int(match["h"])
    if hour > 24 or hour == 0:
        return None
    minutes = hour * 60 + (-minute if before else minute)
    return Clock(minutes, _half_of(match), hour > 12, hour=hour)


def _half_hour(match: _Match, _: Moment) -> Clock | None:
    """British "half three" is half past three."""
    return _clock(match, int(match["h"]), 30) if 1 <= int(match["h"]) <= 12 else None


def _two_numbers(match: _Match, _: Moment) -> Clock | None:
    """ "3 30", "three oh five"."""
    minute = int(match["m"] or match["unit"])
    known = match["lead"] or _half_of(match) or (match["m"] and minute in _QUARTERS)
    return _clock(match, int(match["h"]), minute, plain=not known)


def _run(match: _Match, _: Moment) -> Clock | None:
    """ "330 pm", "1530", "15 hundred hours"."""
    digits = match["run"].replace(" hundred", "00")
    hour, minute = int(digits[:-2]), int(digits[-2:])
    marked = bool(match["lead"] or match["hours"] or _half_of(match))
    clock = _clock(match, hour, minute, plain=not marked)
    if clock and (digits.startswith("0") or match["hours"]):
        return Clock(clock.minutes, exact=True, plain=clock.plain)
    return clock


def _hour(match: _Match, _: Moment) -> Clock | None:
    return _clock(match, int(match["h"]), 0)


def _about(match: _Match, _: Moment) -> Clock | None:
    """ "At three"; "around three" and "after three" as answers."""
    clock = _clock(match, int(match["h"]), 0, plain=match["lead"] != "at", sure=match["lead"] in ("at", "like", "say"))
    return replace(clock, about=match["lead"] not in ("at", "after", "before", "by", "from")) if clock else None


def _bare(match: _Match, _: Moment) -> Clock | None:
    if _POINTED_AT.search(match.string[max(0, match.start() - NEAR) : match.start()]):
        return None
    return _clock(match, int(match["h"]), 0, plain=True)


def _span(match: _Match, _: Moment) -> Clock | None:
    """ "Between three and four": the beginning, as a guess."""
    return _clock(match, int(match["h"]), 0, sure=False, plain=not _half_of(match))


def _exactly(minutes: int) -> Callable[[_Match, Moment], Clock | None]:
    return lambda _, __: Clock(minutes, exact=True)


def _from_now(match: _Match, moment: Moment) -> Clock | None:
    """ "In half an hour"."""
    said = match["count"]
    count = {"a": 1.0, "an": 1.0, "half an": 0.5, "a couple of": 2.0}.get(said) or float(said)
    minutes = count * (60 if match["unit"].startswith("hour") else 1) + (30 if match["more"] else 0)
    if minutes > _DAY:
        return None
    then = moment.now + timedelta(minutes=minutes)
    return Clock(then.hour * 60 + then.minute, exact=True, plain=True)


def _rule(
    pattern: str, tell: Callable[[_Match, Moment], Clock | None]
) -> tuple[re.Pattern[str], Callable[[_Match, Moment], Clock | None]]:
    return re.compile(rf"(?<= )(?:{pattern})(?= )"), tell


_LEAD = r"(?:(?P<lead>at) )?"
_RULES = (
    _rule(r"in (?P<count>half an|an?|a couple of|\d{1,3}) (?P<unit>hours?|minutes?|mins?)(?P<more> and a half)?",
          _from_now),
    _rule(rf"(?P<h>\d{{1,2}}):(?P<m>\d{{2}})(?::\d{{2}})?(?: o'clock| hours)?{_HALF}", _colon),
    _rule(rf"{_LEAD}(?P<h>\d{{1,2}})\.(?P<m>\d{{2}})(?: o'clock)?{_HALF}", _point),
    _rule(
        rf"(?:a )?(?P<minutes>half|quarter|\d{{1,2}})(?P<unit> minutes?| mins?)? (?P<way>past|after|to|before|till|"
        rf"of) {_H}"
        rf"(?! {_COUNTED})(?: o'clock)?{_HALF}",
        _past,
    ),
    _rule(rf"half (?P<h>\d{{1,2}})(?! {_COUNTED}){_HALF}", _half_hour),
    _rule(rf"(?P<lead>between|from) (?P<h>\d{{1,2}}) (?:and|to|till|until) \d{{1,2}}(?! {_COUNTED})"
          rf"(?: o'clock)?{_HALF}", _span),
    _rule(rf"(?P<h>\d{{1,2}})-\d{{1,2}}{_HALF}", _span),
    _rule(rf"{_LEAD}(?P<h>\d{{1,2}}) (?:(?:oh|o|0) (?P<unit>\d)|(?P<m>\d{{2}}))(?! {_COUNTED}| \d)"
          rf"(?: o'clock| hours)?{_HALF}", _two_numbers),
    _rule(rf"{_LEAD}(?P<run>\d{{3,4}}|\d{{1,2}} hundred)(?P<hours> hours)?{_HALF}", _run),
    _rule(r"(?:12 )?(?:o'clock )?(?:noon|midday)", _exactly(_NOON)),
    _rule(r"(?:12 )?midnight", _exactly(0)),
    _rule(r"(?P<h>\d{1,2}) (?P<half>am|pm)", _hour),
    _rule(rf"(?P<h>\d{{1,2}}) (?:o'clock|oclock){_HALF}", _hour),
    _rule(r"(?P<h>\d{1,2}) (?:in the|this|tomorrow) (?P<part>morning|afternoon|evening)", _hour),
    _rule(r"(?P<h>\d{1,2}) at (?P<night>night)", _hour),
    _rule(rf"(?P<lead>at|around|about|like|say|maybe|perhaps|roughly|after|before|by|from) (?:about |around )?(?P<h>\d{{1,2}})(?: ish)?{_AFTER_BARE}",
          _about),
    _rule(r"(?P<h>\d{1,2})(?: ish| hours)", _hour),
    _rule(rf"(?P<h>\d{{1,2}})(?! {_COUNTED}|-|/)", _bare),
)  # fmt: skip
"""In the order in which they are tried; words that one has used are not seen by the next."""
