"""The words of a record as they are kept: masked, with what was said sealed beside them for whoever may look."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import msgspec

from channels_io.models import Turn
from channels_io.privacy.masking import masked, masked_json
from channels_io.privacy.rules import Sort
from parley.lib.sealing import sealer


class Said(msgspec.Struct, frozen=True):
    text: str
    full_text: str


def hide_words(turn: Turn, sorts: Collection[Sort]) -> None:
    """Before the turn is saved: its words as they may be read, and the words themselves sealed where that differs."""
    text, full_text = masked(turn.text, sorts), masked(turn.full_text, sorts)
    if (text, full_text) == (turn.text, turn.full_text):
        turn.sealed = ""
        return
    said = msgspec.json.encode(Said(turn.text, turn.full_text)).decode()
    turn.sealed = sealer().seal(said, place_of(turn))
    turn.text, turn.full_text = text, full_text


def words_behind(turn: Turn) -> Said:
    """What was said. Raises Unsealable."""
    if not turn.sealed:
        return Said(turn.text, turn.full_text)
    return msgspec.json.decode(sealer().unseal(turn.sealed, place_of(turn)), type=Said)


def place_of(turn: Turn) -> str:
    """Where a sealed text belongs: it opens in no other turn."""
    return f"turn:{turn.leg_id}:{turn.number}:{turn.role}"


def hidden_state(state: dict[str, Any], sorts: Collection[Sort]) -> dict[str, Any]:
    """A conversation's snapshot as it is stored: what its lines say is masked, what the flow has collected is not."""
    if not sorts:
        return state
    lines = [{**line, "text": masked(str(line.get("text", "")), sorts)} for line in state.get("history", ())]
    hidden = {**state, "history": lines, "summary": masked(str(state.get("summary", "")), sorts)}
    flow = state.get("flow")
    if isinstance(flow, dict):
        kept = {name: masked(str(flow[name]), sorts) for name in ("said", "heard", "saying") if flow.get(name)}
        hidden["flow"] = {**flow, **kept}
    return hidden


def hidden_event(data: dict[str, Any], sorts: Collection[Sort]) -> dict[str, Any]:
    found: dict[str, Any] = masked_json(data, sorts)
    return found
