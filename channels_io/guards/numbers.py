"""What is a telephone number here: "+" and digits, nothing else. No spaces, no `*72`, no `;ext=`, no words. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, Literal, get_args

import phonenumbers
from msgspec import Struct
from phonenumbers import PhoneNumberType

Kind = Literal[
    "fixed", "mobile", "fixed_or_mobile", "toll_free", "voip", "premium", "shared_cost", "personal", "pager", "uan",
    "voicemail", "user_id", "unknown",
]  # fmt: skip
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)

NO_COUNTRY: Final = "001"
"""Country of numbers that belong to none: satellites, international premium."""

_KINDS: Final[Mapping[int, Kind]] = {
    PhoneNumberType.FIXED_LINE: "fixed",
    PhoneNumberType.MOBILE: "mobile",
    PhoneNumberType.FIXED_LINE_OR_MOBILE: "fixed_or_mobile",
    PhoneNumberType.TOLL_FREE: "toll_free",
    PhoneNumberType.VOIP: "voip",
    PhoneNumberType.PREMIUM_RATE: "premium",
    PhoneNumberType.SHARED_COST: "shared_cost",
    PhoneNumberType.PERSONAL_NUMBER: "personal",
    PhoneNumberType.PAGER: "pager",
    PhoneNumberType.UAN: "uan",
    PhoneNumberType.VOICEMAIL: "voicemail",
}
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_DIGITS = re.compile(r"[1-9][0-9]{6,14}")
_USER_ID = re.compile(r"([A-Z]{2})\.[A-Za-z0-9]{1,128}")
_RANGE_LONGEST, _RANGE_SHORTEST, _RANGE_OPEN = 8, 7, 4
_MOST = 140


class NotANumber(ValueError):
    """It cannot be dialled as it stands; the text says why and holds nothing of the number."""


class Number(Struct, frozen=True):
    """`text` is one spelling per line: E.164, or of WhatsApp a user id. `country` has two letters, or is NO_COUNTRY or ""."""

    text: str
    country: str
    kind: Kind

    @property
    def range(self) -> str:
        """The digits that a thousand or more neighbours share: 7 or 8 of them. "" of a user id."""
        if self.kind == "user_id":
            return ""
        digits = self.text[1:]
        return digits[: min(_RANGE_LONGEST, max(_RANGE_SHORTEST, len(digits) - _RANGE_OPEN))]

    @property
    def shown(self) -> str:
        """For people, with most of its digits hidden."""
        return masked(self.text)


def parse_number(text: str, *, whatsapp: bool = False) -> Number:
    """Raises NotANumber. With `whatsapp` also Meta's ids are taken: "IE.1349…", and numbers without their plus."""
    if len(text) > _MOST:
        raise NotANumber("It is too long.")
    if whatsapp:
        found = _USER_ID.fullmatch(text)
        if found:
            return Number(text, found[1], "user_id")
        if _DIGITS.fullmatch(text):
            text = "+" + text
    if not _E164.fullmatch(text):
        raise NotANumber("A number here is a plus and 7 to 15 digits, without spaces or other signs.")
    return _known(text)


def masked(text: str) -> str:
    """ "+35387•••67"."""
    return f"{text[:6]}•••{text[-2:]}" if len(text) > 8 else "•••"


@lru_cache(maxsize=4096)
def _known(text: str) -> Number:
    try:
        parsed = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException:
        raise NotANumber("No country has numbers that begin like this.") from None
    kind = _KINDS.get(phonenumbers.number_type(parsed), "unknown")
    country = phonenumbers.region_code_for_number(parsed) or phonenumbers.region_code_for_country_code(
        parsed.country_code or 0
    )
    same = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    return Number(same, "" if country == "ZZ" else country, kind)
