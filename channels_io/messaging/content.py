"""What a message holds, whichever provider carries it: `OutboundMessage.content` as JSON. Pure."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct


class TextContent(Struct, frozen=True, tag_field="type", tag="text"):
    text: str


class Choice(Struct, frozen=True):
    value: str
    """Comes back when the person takes it."""
    label: str


class ChoicesContent(Struct, frozen=True, tag_field="type", tag="choices"):
    """A question with answers to tap: buttons or a list where the provider has them, numbered lines where not."""

    text: str
    choices: tuple[Choice, ...]
    button: str = ""
    """Label of what opens a list."""


class VoiceNoteContent(Struct, frozen=True, tag_field="type", tag="voice_note"):
    """`audio` is a path below settings.PARLEY_RECORDINGS; `text` is what it says, sent instead where there are no voice notes."""

    audio: str
    text: str


class MediaContent(Struct, frozen=True, tag_field="type", tag="media"):
    url: str
    mime: str
    caption: str = ""
    name: str = ""


class TemplateContent(Struct, frozen=True, tag_field="type", tag="template"):
    """`reference` and `language` of a `MessageTemplate`; `values` for {{1}}, {{2}} ... `text` is the whole as it reads."""

    reference: str
    language: str
    values: tuple[str, ...] = ()
    text: str = ""


Content = TextContent | ChoicesContent | VoiceNoteContent | MediaContent | TemplateContent


def to_json(content: Content) -> dict[str, Any]:
    built: dict[str, Any] = msgspec.to_builtins(content)
    return built


def from_json(stored: dict[str, Any]) -> Content:
    """Raises msgspec.ValidationError."""
    content: Content = msgspec.convert(stored, Content)
    return content


def as_text(content: Content) -> str:
    """What the person reads or hears, for records and for providers that carry text only."""
    match content:
        case ChoicesContent(text=text, choices=choices):
            return "\n".join([text, *(f"{number}. {choice.label}" for number, choice in enumerate(choices, 1))])
        case MediaContent(caption=caption, url=url):
            return f"{caption}\n{url}".strip()
        case TextContent(text=text) | VoiceNoteContent(text=text) | TemplateContent(text=text):
            return text
