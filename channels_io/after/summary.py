"""One or two sentences about a conversation: the model's, as far as the transcript bears them out, else taken from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.utils.translation import gettext as _

from agents.after_call import Outcome
from channels_io.after.asking import Asks
from channels_io.after.fields import Value
from channels_io.after.grounds import grounded, sentences_of, words_of
from channels_io.after.material import HIDDEN, Material
from channels_io.end_reasons import label_of

LONGEST: Final = 600
_SCHEMA: Final = {
    "type": "object",
    "properties": {"summary": {"type": "string", "maxLength": 400}},
    "required": ["summary"],
    "additionalProperties": False,
}
_QUESTION: Final = (
    "Summarise the conversation in one or two short sentences for a colleague: what the caller wanted, and what came of "
    "it. Use names, days and numbers exactly as they stand in the transcript. Add nothing."
)
SMALL_TALK: Final = frozenset(
    [
        "hello",
        "hi",
        "hey",
        "good",
        "morning",
        "afternoon",
        "evening",
        "yes",
        "no",
        "ok",
        "okay",
        "thanks",
        "thank",
        "you",
        "please",
        "bye",
        "goodbye",
        "um",
        "uh",
        "er",
        "well",
        "so",
    ]
)


def write_summary(material: Material, ask: Asks | None, outcome: Outcome | None, fields: Mapping[str, Value]) -> str:
    if ask is not None:
        written = str(ask(_QUESTION, _SCHEMA, max_tokens=140).get("summary") or "")
        kept = [sentence for sentence in sentences_of(written) if _stands(sentence, material)]
        if kept:
            return " ".join(kept[:2])[:LONGEST]
    return taken_summary(material, outcome, fields)


def _stands(sentence: str, material: Material) -> bool:
    return len(words_of(sentence)) > 3 and grounded(sentence, material.all_words, material.known.values())


def taken_summary(material: Material, outcome: Outcome | None, fields: Mapping[str, Value]) -> str:
    """Without a model: what the caller came with, what is known, how it ended."""
    parts = []
    if wish := first_wish(material):
        parts.append(_("The caller: “%(words)s”") % {"words": wish})
    if fields:
        listed = ", ".join(f"{name.replace('_', ' ')}: {_shown(value)}" for name, value in list(fields.items())[:6])
        parts.append(_("Known: %(fields)s.") % {"fields": listed})
    if outcome is not None:
        parts.append(_("Outcome: %(name)s.") % {"name": outcome.name})
    elif material.end_reason:
        parts.append(_("How it ended: %(reason)s.") % {"reason": label_of(material.end_reason)})
    return " ".join(parts)[:LONGEST]


def first_wish(material: Material) -> str:
    """The first words of the caller that say something."""
    said = [line.text for line in material.lines if line.who == "caller" and HIDDEN not in line.text]
    telling = next((text for text in said if len(set(words_of(text)) - SMALL_TALK) > 2), said[0] if said else "")
    return telling if len(telling) <= 200 else telling[:199].rpartition(" ")[0] + "…"


def _shown(value: Value) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return f"{value:g}" if isinstance(value, float) else value
