"""Whether a text is a telephone number in E.164, exactly: what a carrier says of a caller is taken for nothing less (T10)."""

from __future__ import annotations

import re
from typing import Final

import phonenumbers

_FORM: Final = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)


def exact_number(text: str) -> str:
    """`text` itself, or "": "anonymous", "+", "client:anna", a number with a blank or an extension are none."""
    if not _FORM.fullmatch(text):
        return ""
    try:
        number = phonenumbers.parse(text)
    except phonenumbers.NumberParseException:
        return ""
    # "Possible", not "valid": carriers hand out ranges that no list knows yet.
    return text if phonenumbers.is_possible_number(number) else ""
