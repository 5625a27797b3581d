"""Telephone numbers in E.164, checked and shown. Pure."""

from __future__ import annotations

import phonenumbers
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _


def clean_number(text: str, region: str | None = None) -> str:
    """ "+353 1 234 5678" → "+35312345678". A national number needs `region` ("IE"). ValidationError ("number_invalid")."""
    wrong = ValidationError(
        _("“%(number)s” is not a telephone number. Write it with its country code, such as +353 1 524 0000."),
        code="number_invalid",
        params={"number": text.strip()[:40]},
    )
    try:
        number = phonenumbers.parse(text.strip(), region)
    except phonenumbers.NumberParseException as error:
        raise wrong from error
    # "Possible", not "valid": carriers hand out ranges that no list knows yet, and simulated ones belong to nobody.
    if number.extension or not phonenumbers.is_possible_number(number):
        raise wrong
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def shown_number(number: str) -> str:
    """As people read it: "+353 1 234 5678", also of "whatsapp:+353...". What is no number comes back as it is."""
    number = number.removeprefix("whatsapp:")
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
