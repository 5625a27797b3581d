"""Twilio's content templates → ours. Pure.

A template's `parts` begin with its words as Twilio has them, so that values find their places by name again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from channels_io.messaging.template_text import numbered, places_in
from channels_io.sanitize import clean_text

APPROVED: Final = "approved"


def words_of(types: Mapping[str, Any]) -> str:
    """Of the first of its types that has words: what is said, then the buttons' labels."""
    for part in types.values():
        if not isinstance(part, dict):
            continue
        said = part.get("body") or part.get("title")
        if isinstance(said, str) and said:
            actions = part.get("actions") or part.get("items") or ()
            labels = [action.get("title") or action.get("item") for action in actions if isinstance(action, dict)]
            return "\n".join([said, *(f"[{label}]" for label in labels if isinstance(label, str))])
    return ""


def fields_of(name: str, language: str, types: Mapping[str, Any], approval: Mapping[str, Any]) -> dict[str, Any] | None:
    """Fields of a `MessageTemplate`; None for one that has no words or is not approved for WhatsApp."""
    words = clean_text(words_of(types))
    status = str(approval.get("status") or "").lower()
    if not words or status != APPROVED:
        return None
    return {
        "name": clean_text(name, 200),
        "language": clean_text(language or "en", 20),
        "category": clean_text(str(approval.get("category") or "").lower(), 40),
        "status": status,
        "body": numbered(words),
        "parts": [{"type": "BODY", "text": words}],
    }


def variables(parts: Sequence[Any], values: Sequence[str]) -> str:
    """ContentVariables: JSON by the template's own names, by number where they are not known."""
    words = parts[0].get("text", "") if parts and isinstance(parts[0], dict) else ""
    names = [*places_in(words if isinstance(words, str) else "")]
    names += [str(number) for number in range(len(names) + 1, len(values) + 1)]
    return json.dumps(dict(zip(names, values, strict=False)), ensure_ascii=False)
