"""Places for values in a provider's templates, numbered through as {{1}}, {{2}} ... whatever they were called there. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

_PLACE: Final = re.compile(r"\{\{\s*([A-Za-z0-9_]{1,64})\s*\}\}", re.ASCII)


def places_in(text: str) -> tuple[str, ...]:
    """Names of the places, each once: numbers in their order, names in the order of the text."""
    names = tuple(dict.fromkeys(_PLACE.findall(text)))
    return tuple(sorted(names, key=int)) if all(name.isdigit() for name in names) else names


def numbered(text: str, first: int = 1) -> str:
    """`text` with its places numbered from `first` on."""
    number = {name: first + position for position, name in enumerate(places_in(text))}
    return _PLACE.sub(lambda found: f"{{{{{number[found[1]]}}}}}", text)


def filled(body: str, values: Sequence[str]) -> str:
    """`body` as the person reads it. A place without a value stays as it is."""
    known = {str(number): value for number, value in enumerate(values, 1)}
    return _PLACE.sub(lambda found: known.get(found[1], found[0]), body)
