"""What a web widget's channel keeps in `Channel.settings`, checked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from channels_io.setting_checks import words

WIDGET_KIND = "web_widget"
MODES = ("voice", "chat")
DEFAULT_COLOUR = "#0f766e"
MAX_ORIGINS = 50
MAX_TITLE = 60
MAX_LINE = 300
LINES = ("hand_over_line", "give_back_line")

_COLOUR = re.compile(r"#[0-9a-f]{6}\Z")
_HOST = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*\Z")


@dataclass(frozen=True, slots=True)
class WidgetSettings:
    """`allowed_origins` are exact ("https://www.example.com"): the widget talks from no other page."""

    title: str = ""
    modes: tuple[str, ...] = MODES
    allowed_origins: tuple[str, ...] = ()
    colour: str = DEFAULT_COLOUR
    hand_over_line: str | None = None
    """What is said when a person of the team takes over, and when the agent goes on; None: the agent's words, "": nothing."""
    give_back_line: str | None = None

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> WidgetSettings:
        """From what a channel stores. Missing or damaged parts become the default."""
        modes = tuple(mode for mode in MODES if mode in (settings.get("modes") or MODES))
        colour = str(settings.get("colour", DEFAULT_COLOUR)).lower()
        return cls(
            title=str(settings.get("title", "")),
            modes=modes or MODES,
            allowed_origins=tuple(str(origin) for origin in settings.get("allowed_origins") or ()),
            colour=colour if _COLOUR.match(colour) else DEFAULT_COLOUR,
            **{key: _kept_line(settings.get(key)) for key in LINES},
        )

    def as_json(self) -> dict[str, Any]:
        return {
            "title": self.title,
            "modes": list(self.modes),
            "allowed_origins": list(self.allowed_origins),
            "colour": self.colour,
            "hand_over_line": self.hand_over_line,
            "give_back_line": self.give_back_line,
        }


def checked_settings(sent: Mapping[str, Any]) -> WidgetSettings:
    """From strangers: raises ValidationError for what cannot be used, unknown keys included."""
    unknown = sorted(str(key) for key in set(sent) - set(WidgetSettings().as_json()))
    modes, origins, title = sent.get("modes", MODES), sent.get("allowed_origins", ()), sent.get("title", "")
    if unknown:
        raise ValidationError(_("There is no such setting: %(names)s."), "unknown", {"names": ", ".join(unknown)[:200]})
    if not isinstance(modes, list | tuple) or not modes or set(map(str, modes)) - set(MODES):
        raise ValidationError(_("modes must be a list of voice, chat or both."), "modes_invalid")
    if not isinstance(origins, list | tuple):
        raise ValidationError(_("allowed_origins must be a list."), "origins_invalid")
    if not isinstance(title, str) or len(title) > MAX_TITLE:
        raise ValidationError(_("title must be a text of at most %(most)d characters."), "title", {"most": MAX_TITLE})
    return WidgetSettings(
        title=title.strip(),
        modes=tuple(mode for mode in MODES if mode in modes),
        allowed_origins=clean_origins(str(origin) for origin in origins),
        colour=clean_colour(str(sent.get("colour", DEFAULT_COLOUR))),
        **{key: _line(key, sent.get(key)) for key in LINES},
    )


def _line(key: str, sent: Any) -> str | None:
    return None if sent is None else words(key, sent, MAX_LINE)


def _kept_line(stored: Any) -> str | None:
    return stored.strip()[:MAX_LINE] if isinstance(stored, str) else None


def clean_origins(lines: Iterable[str]) -> tuple[str, ...]:
    """Origins in their canonical form, each once. Raises ValidationError (code "origin_invalid")."""
    origins = tuple(dict.fromkeys(clean_origin(line) for line in lines if line.strip()))
    if len(origins) > MAX_ORIGINS:
        raise ValidationError(_("At most %(most)d addresses."), code="origins_many", params={"most": MAX_ORIGINS})
    return origins


def clean_origin(text: str) -> str:
    """ "HTTPS://Example.com:443/" → "https://example.com", as a browser writes its Origin header."""
    shown = text.strip()
    wrong = ValidationError(
        _("“%(origin)s” is not a site address. Write it like https://www.example.com, without a path."),
        code="origin_invalid",
        params={"origin": shown[:80]},
    )
    try:
        parts = urlsplit(shown.lower())
        host, port = _ascii_host(parts.hostname or ""), parts.port
    except ValueError as error:
        raise wrong from error
    path_or_user = parts.path not in ("", "/") or parts.query or parts.fragment or "@" in parts.netloc
    if parts.scheme not in ("http", "https") or path_or_user or not host:
        raise wrong
    default = {"http": 80, "https": 443}[parts.scheme]
    shown_host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown_host}" + ("" if port in (None, default) else f":{port}")


def _ascii_host(host: str) -> str:
    """The host as browsers send it (punycode); empty when it is none."""
    if ":" in host:
        return host if re.fullmatch(r"[0-9a-f:.]+", host) else ""
    try:
        ascii_host = host.encode("idna").decode() if host else ""
    except UnicodeError:
        return ""
    return ascii_host if _HOST.match(ascii_host) else ""


def clean_colour(text: str) -> str:
    colour = text.strip().lower()
    if not _COLOUR.match(colour):
        raise ValidationError(_("Write the colour as # and six digits, like #0f766e."), code="colour_invalid")
    return colour
