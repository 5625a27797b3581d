"""Meta's templates ↔ ours. Pure.

Meta numbers the places of every part anew ({{1}} of the header, {{1}} of the body) or names them. Ours are numbered through:
header, body, then the addresses of buttons. A template's `parts` are Meta's components, so the way back needs no more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from channels_io.messaging.template_text import numbered, places_in
from channels_io.sanitize import clean_json, clean_text

Json = dict[str, Any]

APPROVED: Final = "APPROVED"


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a template that has words."""

    kind: str
    words: str
    label: str = ""
    """Of a button; its words are its address."""
    index: int = 0

    @property
    def places(self) -> tuple[str, ...]:
        return places_in(self.words)


def fields_of(listed: Mapping[str, Any]) -> Json | None:
    """Fields of a `MessageTemplate`; None for what is not approved, or needs a picture or a code that we cannot give."""
    name, language = listed.get("name"), listed.get("language")
    components = [part for part in listed.get("components") or () if isinstance(part, dict)]
    if listed.get("status") != APPROVED or not isinstance(name, str) or not isinstance(language, str):
        return None
    if not _can_be_sent(components):
        return None
    return {
        "reference": clean_text(name, 200),
        "name": clean_text(name, 200),
        "language": clean_text(language, 20),
        "category": clean_text(str(listed.get("category") or "").lower(), 40),
        "status": "approved",
        "body": clean_text(words_of(components)),
        "parts": clean_json(components),
    }


def words_of(components: Sequence[Any]) -> str:
    """The whole as the person reads it, with places numbered through."""
    lines, first = [], 1
    for part in _parts(components):
        lines.append(_shown(part, first))
        first += len(part.places)
    return "\n\n".join(line for line in lines if line)


def components_for(components: Sequence[Any], values: Sequence[str]) -> list[Json]:
    """The parameters of a message; without known components all values are the body's."""
    parts = list(_parts(components))
    if not parts:
        return [{"type": "body", "parameters": [_parameter("", value) for value in values]}] if values else []
    built: list[Json] = []
    left = list(values)
    for part in parts:
        taken, left = left[: len(part.places)], left[len(part.places) :]
        parameters = [_parameter(name, value) for name, value in zip(part.places, taken, strict=False)]
        if not parameters:
            continue
        if part.kind == "button":
            built.append({"type": "button", "sub_type": "url", "index": str(part.index), "parameters": parameters})
        elif part.kind != "footer":
            built.append({"type": part.kind, "parameters": parameters})
    return built


def _parts(components: Sequence[Any]) -> Iterator[_Part]:
    by_type = {str(part.get("type", "")).upper(): part for part in components if isinstance(part, dict)}
    for kind in ("header", "body", "footer"):
        words = by_type.get(kind.upper(), {}).get("text")
        if isinstance(words, str):
            yield _Part(kind, words)
    for index, button in enumerate(by_type.get("BUTTONS", {}).get("buttons") or ()):
        if isinstance(button, dict):
            url = button.get("url") if button.get("type") == "URL" else ""
            yield _Part("button", url if isinstance(url, str) else "", str(button.get("text") or ""), index)


def _shown(part: _Part, first: int) -> str:
    words = numbered(part.words, first)
    return f"[{part.label}] {words}".strip() if part.label else words


def _parameter(name: str, value: str) -> Json:
    """Line breaks and long gaps are not allowed in one; a named place wants its name."""
    named = {"parameter_name": name} if name and not name.isdigit() else {}
    return {"type": "text", **named, "text": " ".join(value.split()) or "-"}


def _can_be_sent(components: Sequence[Json]) -> bool:
    for part in components:
        kind = str(part.get("type", "")).upper()
        if kind == "HEADER" and part.get("format", "TEXT") != "TEXT":
            return False
        if kind in ("CAROUSEL", "LIMITED_TIME_OFFER"):
            return False
        if kind == "BUTTONS" and any(
            button.get("type") in ("OTP", "COPY_CODE", "FLOW", "CATALOG", "MPM")
            for button in part.get("buttons") or ()
            if isinstance(button, dict)
        ):
            return False
    return True
