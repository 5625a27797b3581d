"""What a caller hears when a person takes over, and when the agent goes on: a channel may have its own words for both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from channels_io.live.lines import Line, line_text
from channels_io.models import Channel

MOST_CHARS: Final = 300
SETTINGS: Final[Mapping[str, Line]] = {"hand_over_line": "handed_over", "give_back_line": "handed_back"}
"""Key of `Channel.settings` → the sentence. Missing or null: the words of `live.lines`; "": nothing is said."""


def lines_of(channel: Channel | None) -> dict[Line, str]:
    """The channel's own words; damaged ones are passed over."""
    settings: Mapping[str, Any] = {} if channel is None else channel.settings
    found = {line: settings.get(key) for key, line in SETTINGS.items()}
    return {line: text.strip()[:MOST_CHARS] for line, text in found.items() if isinstance(text, str)}


def own_words_of(channel: Channel) -> dict[str, str]:
    """Key of the setting → what is said where a channel has no words of its own, in its agent's language."""
    running = channel.running
    language = running.agent_spec().language if running is not None else "en"
    return {key: line_text(line, language) for key, line in SETTINGS.items()}
