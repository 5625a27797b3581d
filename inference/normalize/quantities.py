"""Money, measures, percentages, spans, fractions and plain numbers → English words."""

from __future__ import annotations

import re

from inference.normalize.numbers import (
    NUMBER,
    cardinal,
    digits,
    fraction,
    number,
    ordinal,
    plural,
    scaled,
    whole_number,
    year,
    year_like,
)
from inference.normalize.vocabulary import CURRENCIES, CURRENCY_CODES, UNITS

_AMOUNT = r"\d(?:[\d,.']{0,30}\d)?"
_SYMBOLS = "|".join(re.escape(sign) for sign in sorted(CURRENCIES, key=len, reverse=True) if not sign.isalpha())
_WORDLIKE = "|".join(sorted((sign for sign in CURRENCIES if sign.isalpha()), key=len, reverse=True))
_CODES = "|".join(CURRENCY_CODES)
_SCALE = r"(?: ?(k|K|m|M|mn|bn|B|thousand|million|billion|trillion)(?!\w))?"
_PREFIXED = re.compile(
    rf"(?<![\w$£€])(-|−)?(?:({_SYMBOLS})|({_CODES})) ?({_AMOUNT}){_SCALE}"
    rf"(?: ?[-–—] ?(?:\2|\3)? ?({_AMOUNT}){_SCALE})?(?!\d)"
)
_SUFFIXED = re.compile(
    rf"(?<![\w.,])({_AMOUNT}){_SCALE}(?: ?[-–—] ?({_AMOUNT}){_SCALE})?"
    rf" ?(?:({_SYMBOLS})|({_WORDLIKE}|{_CODES})(?![\w]))(?!\d)"
)
_CENTS = re.compile(r"(?<![\w.,])(\d{1,2})(¢|p(?![\w]))")
_DECIMAL_POINT = re.compile(r"\d+(?:\.\d{1,2})?|\d{1,3}(?:[,']\d{3})+(?:\.\d{1,2})?")
_DECIMAL_COMMA = re.compile(r"\d+,\d{1,2}|\d{1,3}(?:\.\d{3})+(?:,\d{1,2})?")

_UNIT = "|".join(re.escape(unit) for unit in sorted(UNITS, key=len, reverse=True))
_MEASURE = re.compile(rf"(?<![\w.,])([-−+±]?)({NUMBER})( ?)({_UNIT})(?![\w²³/])")
_SPAN = re.compile(r"(?<![\w,.:/–-])(\d{1,9}(?:[.,]\d{1,3}){0,3}(?:%|°[CF]?)?)( ?[–—-] ?)(?=\d[\d,.]*+(?![-–\d]))")
_MINUS = re.compile(r"(?<![\w)\].,])[-−](?=\d)")
_PER = re.compile(
    r" ?/ ?(?=(?:hour|hr|h|day|night|week|wk|month|mo|year|yr|person|people|seat|user|unit|item|piece|kg|lb|km|mile|"
    r"minute|min|litre|liter|visit|session)(?!\w))"
)
_FRACTION = re.compile(r"(?<![\w/.,])(?:(\d{1,3}) (?:and )?)?(\d{1,2})/(\d{1,2})(?![\w/]|[.,]\d)")
_VULGAR = {"½": (1, 2), "⅓": (1, 3), "⅔": (2, 3), "¼": (1, 4), "¾": (3, 4), "⅕": (1, 5), "⅛": (1, 8), "⅜": (3, 8)}
_ORDINAL = re.compile(r"(?<![\w.,])(\d{1,3}(?:,\d{3})+|\d{1,9})(?:st|nd|rd|th)(?!\w)")
_VERSION = re.compile(r"(?<![\w.])[vV]?\d{1,5}(?:\.\d{1,5}){2,7}(?![\w]|\.\d)")
_TIMES = re.compile(r"(?<=\d) ?[×x] ?(?=\d)|(?<=\d)[×x](?!\w)")
_NUMBERED = re.compile(r"(?<!\w)(?:[Nn]os?\. ?|№ ?|#)(?=\d)")
_PLAIN = re.compile(rf"(?<![\d]){NUMBER}|(?<!\w)\.\d+")


def money(text: str) -> str:
    """$5, £3.50, €1.200,50, USD 20, 20 €, $5-10, $1.2M, 50¢."""
    text = _PREFIXED.sub(_prefixed, text)
    text = _SUFFIXED.sub(_suffixed, text)
    return _CENTS.sub(_cents, text)


def _prefixed(match: re.Match[str]) -> str:
    symbol = match[2] or CURRENCY_CODES[match[3]]
    spoken = _amounts(symbol, match[4], match[5], match[6], match[7])
    return match[0] if spoken is None else ("minus " if match[1] else "") + spoken


def _suffixed(match: re.Match[str]) -> str:
    symbol = match[5] or match[6]
    symbol = CURRENCY_CODES.get(symbol, symbol)
    return _amounts(symbol, match[1], match[2], match[3], match[4]) or match[0]


def _amounts(symbol: str, first: str, first_scale: str | None, last: str | None, last_scale: str | None) -> str | None:
    """One amount, or a span of two, of one currency. None when an amount cannot be read."""
    low = _plain(first)
    high = _plain(last) if last else None
    if low is None or (last and high is None):
        return None
    if high is None:
        return _amount(symbol, low, first_scale)
    begin = scaled(low, first_scale) if first_scale else number(low)
    return f"{begin} to {_amount(symbol, high, last_scale)}"


def _plain(amount: str) -> str | None:
    """ "1.200,50" and "1,200.50" → "1200.50"."""
    if _DECIMAL_POINT.fullmatch(amount):
        return amount.replace(",", "").replace("'", "")
    if _DECIMAL_COMMA.fullmatch(amount):
        return amount.replace(".", "").replace(",", ".")
    return amount.replace(",", "") if re.fullmatch(NUMBER, amount) else None


def _amount(symbol: str, amount: str, scale: str | None) -> str:
    one, many, cent, cents = CURRENCIES[symbol]
    if scale:
        return f"{scaled(amount, scale)} {many}"
    whole, _, part = amount.partition(".")
    if len(part) > 2:
        return f"{number(amount)} {many}"
    hundredths = int(part.ljust(2, "0")) if part else 0
    if not hundredths:
        return f"{whole_number(whole)} {plural(whole, one, many)}"
    small = f"{cardinal(hundredths)} {cent if hundredths == 1 else cents}"
    return small if whole.strip("0") == "" else f"{whole_number(whole)} {plural(whole, one, many)} and {small}"


def _cents(match: re.Match[str]) -> str:
    value = int(match[1])
    names = ("cent", "cents") if match[2] == "¢" else ("penny", "pence")
    return f"{cardinal(value)} {names[0] if value == 1 else names[1]}"


def quantities(text: str) -> str:
    """Measures, spans, fractions, ordinals, versions. Plain numbers come last, by `numbers`."""
    text = re.sub(r"(?<=\d) - (?=\d{1,9} ?=)", " minus ", text)
    text = _SPAN.sub(r"\1 to ", text)
    text = _MEASURE.sub(_measure, text)  # Before "per": km/h is a unit of its own.
    text = _PER.sub(" per ", text)
    text = _TIMES.sub(" times ", text)
    text = re.sub(r"(?<=\d):(?=\d)", " to ", text)
    for sign, (over, under) in _VULGAR.items():
        if sign in text:
            words = fraction(over, under) or ""
            text = re.sub(rf"(?<=\d) ?{sign}", f" and {words}", text).replace(sign, words)
    text = _MEASURE.sub(_measure, text)
    text = re.sub(r"(?<![\w/])24/7(?![\w/])", "twenty-four seven", text)
    text = _FRACTION.sub(_fraction, text)
    text = _NUMBERED.sub("number ", text)
    text = _ORDINAL.sub(lambda match: ordinal(int(match[1].replace(",", ""))), text)
    text = _VERSION.sub(_version, text)
    return _MINUS.sub("minus ", text)


def _measure(match: re.Match[str]) -> str:
    sign, amount, space, unit = match.groups()
    if unit in ("m", "s", "h", "g", "l", "L", "W", "V", "mo") and space and unit not in ("m", "g", "h", "W", "V"):
        return match[0]
    if unit == "h" and space and "." in amount:
        return match[0]
    one, many = UNITS[unit]
    spoken_sign = {"-": "minus ", "−": "minus ", "+": "plus ", "±": "plus or minus "}.get(sign, "")
    return f"{spoken_sign}{number(amount)} {plural(amount, one, many)}"


def _fraction(match: re.Match[str]) -> str:
    over, under = int(match[2]), int(match[3])
    words = fraction(over, under)
    whole = f"{cardinal(int(match[1]))} " if match[1] else ""
    if words is None:
        return f"{whole}{cardinal(over)} over {cardinal(under)}"
    return f"{whole}and {words}" if whole else words


def _version(match: re.Match[str]) -> str:
    named = "version " if match[0][0] in "vV" else ""
    parts = match[0].lstrip("vV").split(".")
    joint = " dot " if len(parts) == 4 else " point "
    return named + joint.join(whole_number(part) for part in parts)


def numbers(text: str) -> str:
    """Every number that is left."""
    return _PLAIN.sub(_number, text)


def _number(match: re.Match[str]) -> str:
    found = match[0]
    words = f"point {digits(found)}" if found[0] == "." else number(found)
    before = match.string[match.start() - 1 : match.start()]
    after = match.string[match.end() : match.end() + 1]
    return (" " if before.isalnum() else "") + words + (" " if after.isalnum() else "")


def years_in_spans(text: str) -> str:
    """ "2019-2021", "2019–21" as years, before `quantities` reads them as a span."""
    return re.sub(r"(?<![\w.,/-])(\d{4}) ?[-–] ?(\d{4}|\d{2})(?![\w/-]|[.,:]\d)", _year_span, text)


def _year_span(match: re.Match[str]) -> str:
    if not year_like(match[1]) or (len(match[2]) == 4 and not year_like(match[2])):
        return match[0]
    last = year(int(match[2])) if len(match[2]) == 4 else cardinal(int(match[2]))
    return f"{year(int(match[1]))} to {last}"
