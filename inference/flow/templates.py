"""`{{name}}` in texts, replaced by flat name only. Nothing in a text is ever evaluated.

What a variable holds is put in as it stands and never looked at again; whatever else has braces
(`{{7*7}}`, `{{a.b}}`, `{% %}`) is no name and stays literally as it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

MAX_NAME = 40
BUILT_IN = ("said",)
"""Names that the runner itself gives a value: what the caller said last."""

_NAME = rf"[A-Za-z_][A-Za-z0-9_]{{0,{MAX_NAME - 1}}}"
_IS_NAME = re.compile(_NAME, re.ASCII)
_PLACEHOLDER = re.compile(rf"\{{\{{ *({_NAME}) *\}}\}}", re.ASCII)


def fill(text: str, values: Mapping[str, Any]) -> str:
    """`text` with every `{{name}}` replaced; a name without a value by nothing."""
    if "{{" not in text:
        return text
    return _PLACEHOLDER.sub(lambda found: text_of(values.get(found[1])), text)


def names(text: str) -> list[str]:
    """The names that `fill` replaces, in order, without repeats."""
    return list(dict.fromkeys(_PLACEHOLDER.findall(text)))


def is_name(text: str) -> bool:
    """Whether it can be the name of a variable."""
    return _IS_NAME.fullmatch(text) is not None


def text_of(value: Any) -> str:
    """A variable's value as text: None is nothing, true and false are words, lists and objects are JSON."""
    match value:
        case str():
            return value
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case float() if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        case int() | float():
            return str(value)
        case _:
            return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
