"""What a caller hears when a person takes over, and when the agent goes on: the channel's words, the agent's, or ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from channels_io.live.lines import Line, line_text
from channels_io.models import Channel

MOST_CHARS: Final = 300
SETTINGS: Final[Mapping[str, Line]] = {"hand_over_line": "handed_over", "give_back_line": "handed_back"}
"""Key of `Channel.settings` and of a draft → the sentence. Missing or null: the next one's words; "" at a channel: nothing."""


def lines_of(channel: Channel | None, said: Mapping[str, Any]) -> dict[Line, str]:
    """The channel's own words, else those of `said`: what the agent's draft or version holds. Damaged ones are passed over."""
    settings: Mapping[str, Any] = {} if channel is None else channel.settings
    found: dict[Line, str] = {}
    for key, line in SETTINGS.items():
        own = settings.get(key)
        text = own if isinstance(own, str) else said.get(key) or None
        if isinstance(text, str):
            found[line] = text.strip()[:MOST_CHARS]
    return found


def own_words_of(channel: Channel) -> dict[str, str]:
    """Key of the setting → what is said where a channel has no words of its own: its agent's, or ours in its language."""
    running = channel.running
    language = running.agent_spec().language if running is not None else "en"
    said = running.draft if running is not None else {}
    return {key: str(said.get(key) or "").strip() or line_text(line, language) for key, line in SETTINGS.items()}
