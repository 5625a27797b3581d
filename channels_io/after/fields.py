"""The fields that the agent's maker wants: from the flow where it has asked, else from what was said, never invented."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from agents.after_call import Wanted
from channels_io.after.asking import Asks, choose
from channels_io.after.grounds import date_said, number_said, phrase_said, topic_said
from channels_io.after.material import HIDDEN, Material

Value = str | float | bool

LONGEST: Final = 300
_YES: Final = frozenset({"yes", "true", "y", "1"})
_NO: Final = frozenset({"no", "false", "n", "0"})
_EMPTY: Final = frozenset(
    {"", "none", "null", "unknown", "n/a", "not mentioned", "not given", "not provided", "not stated"}
)


def find_fields(material: Material, ask: Asks | None) -> dict[str, Value]:
    """By name; what is not known is not there. Raises what `ask` raises."""
    found: dict[str, Value] = {}
    for wanted in material.settings.fields:
        if wanted.name in material.masked:
            continue
        value = known_value(wanted, material.known)
        if value is None and ask is not None:
            value = _asked(wanted, material, ask)
        if value is not None and HIDDEN not in str(value):
            found[wanted.name] = value
    return found


def known_value(wanted: Wanted, known: Mapping[str, str]) -> Value | None:
    """What the flow has found out under this name, in the field's type; None where it has not, or in no such form."""
    text = known.get(wanted.name, "").strip()
    return typed(wanted, text) if text else None


def typed(wanted: Wanted, value: object) -> Value | None:
    """A value in the field's type; None where it is none."""
    text = str(value).strip() if isinstance(value, str | int | float) and not isinstance(value, bool) else ""
    match wanted.kind:
        case "number":
            return _number(text)
        case "date":
            try:
                return date.fromisoformat(text).isoformat()
            except ValueError:
                return None
        case "yes_no":
            if isinstance(value, bool):
                return value
            return True if text.casefold() in _YES else False if text.casefold() in _NO else None
        case "choice":
            return next((each for each in wanted.choices if each.casefold() == text.casefold()), None)
        case _:
            return None if text.casefold() in _EMPTY else text[:LONGEST]


def _number(text: str) -> float | None:
    try:
        number = float(text.replace(",", ""))
    except ValueError:
        return None
    return number if abs(number) < 1e15 else None


def _asked(wanted: Wanted, material: Material, ask: Asks) -> Value | None:
    if wanted.kind == "choice":
        return _chosen(wanted, material, ask)
    found = ask(_question(wanted, material.today), _schema(wanted), max_tokens=80).get("value")
    if found is None:
        return None
    value = typed(wanted, found)
    return value if value is not None and stands(wanted, value, material) else None


def _chosen(wanted: Wanted, material: Material, ask: Asks) -> Value | None:
    """The only one that the caller has named; of several, or where it was put otherwise, the one the model takes."""
    said = [each for each in wanted.choices if phrase_said(each, material.caller_words)]
    if len(said) == 1:
        return said[0]
    offered = said or [each for each in wanted.choices if stands(wanted, each, material)]
    if not offered:
        return None
    question = f"{_what(wanted)}: which one does the conversation end with?"
    chosen = choose(ask, question, [*offered, "none of them, or it was not said"])
    return offered[chosen] if chosen is not None and chosen < len(offered) else None


def _what(wanted: Wanted) -> str:
    return wanted.description or wanted.name.replace("_", " ")


def _question(wanted: Wanted, today: date) -> str:
    how = {
        "text": "in the words of the transcript, as short as possible",
        "number": "as a number",
        "date": f"as a date YYYY-MM-DD; the conversation took place on {today:%A} {today.isoformat()}",
        "yes_no": "yes or no",
    }[wanted.kind]
    return f"{_what(wanted)}: {how}. Write null if it was not said."


def _schema(wanted: Wanted) -> dict[str, Any]:
    value: dict[str, Any]
    match wanted.kind:
        case "number":
            value = {"anyOf": [{"type": "number"}, {"type": "null"}]}
        case "yes_no":
            value = {"enum": ["yes", "no", None]}
        case _:
            value = {"anyOf": [{"type": "string", "maxLength": 120}, {"type": "null"}]}
    return {"type": "object", "properties": {"value": value}, "required": ["value"], "additionalProperties": False}


def stands(wanted: Wanted, value: Value, material: Material) -> bool:
    """Whether the transcript holds the value, whoever has said it: the agent reads back what was meant."""
    words = material.all_words
    match wanted.kind:
        case "number":
            return isinstance(value, int | float) and number_said(float(value), words)
        case "date":
            return date_said(date.fromisoformat(str(value)), words, material.today)
        case "yes_no":
            return topic_said(_what(wanted), words)
        case "choice":
            return topic_said(str(value), words) or phrase_said(str(value), words)
        case _:
            return phrase_said(str(value), words)
