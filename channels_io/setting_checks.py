"""Single values of a channel's settings, from strangers. Each raises ValidationError under the setting's name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _


@contextmanager
def under(name: str) -> Iterator[None]:
    """What is raised inside without a field's name is raised with this one."""
    try:
        yield
    except ValidationError as error:
        if hasattr(error, "error_dict"):
            raise
        raise ValidationError({name: error}) from error


def refuse_unknown(sent: Mapping[str, Any], known: Iterable[str]) -> None:
    """So that a misspelt setting is heard of and not lost."""
    unknown = sorted(str(name) for name in set(sent) - set(known))
    if unknown:
        names = ", ".join(unknown)[:200]
        raise ValidationError(_("There is no such setting: %(names)s."), "setting_unknown", {"names": names})


def choice(name: str, value: Any, allowed: Iterable[str]) -> Any:
    if not isinstance(value, str) or value not in allowed:
        raise _wrong(name, _("Choose one of %(choices)s.") % {"choices": ", ".join(allowed)})
    return value


def whole_number(name: str, value: Any, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise _wrong(name, _("Give a whole number from %(least)d to %(most)d.") % {"least": least, "most": most})
    return value


def number(name: str, value: Any, least: float, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise _wrong(name, _("Give a number from %(least)g to %(most)g.") % {"least": least, "most": most})
    return float(value)


def words(name: str, value: Any, most: int) -> str:
    if not isinstance(value, str) or len(value.strip()) > most:
        raise _wrong(name, _("Give a text of at most %(most)d characters.") % {"most": most})
    return value.strip()


def yes_or_no(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise _wrong(name, _("Give true or false."))
    return value


def _wrong(name: str, message: str) -> ValidationError:
    return ValidationError({name: ValidationError(message, code="setting_invalid")})
