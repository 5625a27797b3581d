"""Our messages → bodies of POST /{phone number id}/messages. Pure.

Buttons hold 3 answers of 20 characters, a list 10 rows of 24 with 72 more to explain; what has no room in either goes out
as numbered lines, which every person can answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django.utils.translation import gettext as _

from channels_io.kinds.whatsapp_cloud.templates import components_for
from channels_io.messaging.content import Choice, ChoicesContent, MediaContent, TemplateContent, as_text
from channels_io.messaging.provider import SendFailed
from channels_io.messaging.segments import length_of, split_text

Json = dict[str, Any]

TEXT_LIMIT: Final = 4096
INTERACTIVE_LIMIT: Final = 1024
BUTTONS: Final = 3
BUTTON_TITLE: Final = 20
ROWS: Final = 10
ROW_TITLE: Final = 24
ROW_WORDS: Final = 72
BUTTON_ID: Final = 256
ROW_ID: Final = 200
CAPTION: Final = 1024


def addressed(to: str, part: Json, *, key: str) -> Json:
    """The whole body. `to`: "+353..." or a user id; `key` comes back with every status."""
    person = {"to": to[1:]} if to.startswith("+") else {"recipient": to}
    return {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        **person,
        **part,
        "biz_opaque_callback_data": key,
    }


def text_part(text: str) -> Json:
    """Raises SendFailed (too_long, empty)."""
    if length_of(text) > TEXT_LIMIT:
        raise SendFailed(f"A message has at most {TEXT_LIMIT} characters.", code="too_long", verdict="never")
    if not text.strip():
        raise SendFailed("There is nothing to send.", code="empty", verdict="never")
    return {"type": "text", "text": {"body": text, "preview_url": False}}


def choices_part(content: ChoicesContent) -> Json:
    """Buttons, a list or numbered lines: the first that has room. Raises SendFailed."""
    if not content.text.strip() or length_of(content.text) > INTERACTIVE_LIMIT:
        return text_part(as_text(content))
    choices = content.choices
    if _fits(choices, most=BUTTONS, title=BUTTON_TITLE, value=BUTTON_ID):
        buttons = [{"type": "reply", "reply": {"id": each.value, "title": each.label}} for each in choices]
        return _interactive("button", content.text, {"buttons": buttons})
    if _fits(choices, most=ROWS, title=ROW_WORDS, value=ROW_ID) and _differ(choices):
        rows = [_row(each) for each in choices]
        button = content.button if 0 < length_of(content.button.strip()) <= BUTTON_TITLE else _("Choose")
        return _interactive("list", content.text, {"button": button, "sections": [{"rows": rows}]})
    return text_part(as_text(content))


def media_part(content: MediaContent) -> Json:
    kind = content.mime.split("/")[0]
    kind = kind if kind in ("image", "video", "audio") else "document"
    part: Json = {"link": content.url}
    if content.caption and kind != "audio":
        part["caption"] = content.caption[:CAPTION]
    if kind == "document" and content.name:
        part["filename"] = content.name[:240]
    return {"type": kind, kind: part}


def voice_part(media_id: str) -> Json:
    return {"type": "audio", "audio": {"id": media_id, "voice": True}}


def template_part(content: TemplateContent, components: Sequence[Any]) -> Json:
    """`components`: the template's own, as Meta listed them; [] when they are not known here."""
    template: Json = {"name": content.reference, "language": {"code": content.language}}
    if parameters := components_for(components, content.values):
        template["components"] = parameters
    return {"type": "template", "template": template}


def seen_body(message_id: str) -> Json:
    """Read, and we are typing: it shows until an answer comes, at most 25 s."""
    return {
        "messaging_product": "whatsapp",
        "status": "read",
        "message_id": message_id,
        "typing_indicator": {"type": "text"},
    }


def _interactive(kind: str, text: str, action: Json) -> Json:
    return {"type": "interactive", "interactive": {"type": kind, "body": {"text": text}, "action": action}}


def _fits(choices: Sequence[Choice], *, most: int, title: int, value: int) -> bool:
    """Meta also wants titles and ids that differ and are not blank."""
    return (
        1 <= len(choices) <= most
        and all(each.label.strip() and length_of(each.label) <= title for each in choices)
        and all(each.value.strip() and length_of(each.value) <= value for each in choices)
        and len({each.label for each in choices}) == len({each.value for each in choices}) == len(choices)
    )


def _differ(choices: Sequence[Choice]) -> bool:
    """Rows whose titles had to be cut must still be told apart by them."""
    return len({_row(each)["title"] for each in choices}) == len(choices)


def _row(choice: Choice) -> Json:
    if length_of(choice.label) <= ROW_TITLE:
        return {"id": choice.value, "title": choice.label}
    title = split_text(choice.label, ROW_TITLE - 1)[0] + "…"
    return {"id": choice.value, "title": title, "description": choice.label}
