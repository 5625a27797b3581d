"""`{{name}}` in texts that people write: which names stand there. Nothing in a text is ever evaluated."""

from __future__ import annotations

import re
from collections.abc import Mapping

MAX_NAME = 40

_NAME = re.compile(rf"[A-Za-z_][A-Za-z0-9_]{{0,{MAX_NAME - 1}}}", re.ASCII)
PLACEHOLDER = re.compile(rf"\{{\{{ *({_NAME.pattern}) *\}}\}}", re.ASCII)
_BRACES = re.compile(r"\{\{[^{}\n]{0,80}\}\}")


def is_name(text: str) -> bool:
    """Whether it can be the name of a variable."""
    return _NAME.fullmatch(text) is not None


def names_in(text: str) -> list[str]:
    """The names that will be replaced, in order, without repeats."""
    return list(dict.fromkeys(PLACEHOLDER.findall(text)))


def misspelt_in(text: str) -> list[str]:
    """What looks like a placeholder but is none, and so will be said as it stands: `{{first name}}`."""
    return [found for found in _BRACES.findall(text) if not PLACEHOLDER.fullmatch(found)]


def replace_names(text: str, values: Mapping[str, str]) -> str:
    """The text with values in place of the names; a name without a value by nothing."""
    return PLACEHOLDER.sub(lambda found: values.get(found[1], ""), text)
