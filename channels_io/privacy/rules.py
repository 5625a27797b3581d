"""What a workspace hides in its record and how long it keeps it, as data. Pure but for the one read."""

from __future__ import annotations

import time
from typing import Annotated, Any, Final, Literal, get_args

import msgspec
from msgspec import Meta, Struct

from channels_io.models import PrivacyRules

Sort = Literal["card", "iban", "email", "phone"]
SORTS: Final[tuple[Sort, ...]] = get_args(Sort)
Days = Annotated[int, Meta(ge=1, le=3650)]
REMEMBERED_SECONDS: Final = 15.0
"""For so long a process goes by rules that were changed elsewhere."""


class Rules(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`mask`: sorts of values that are hidden in what is written down. None: kept until somebody erases it."""

    mask: tuple[Sort, ...] = ("card", "iban")
    keep_days: Days | None = None
    """Words: turns, events, summaries, notes, messages."""
    keep_sound_days: Days | None = None


_known: dict[int, tuple[float, Rules]] = {}


def as_json(rules: Rules) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(rules)
    return found


def privacy_rules(workspace: int) -> Rules:
    """Of the workspace (primary key). Rules that cannot be read hide everything and delete nothing."""
    stored = PrivacyRules.objects.filter(workspace=workspace).values_list("rules", flat=True).first()
    if stored is None:
        return Rules()
    try:
        return msgspec.convert(stored, Rules)
    except msgspec.ValidationError:
        return Rules(mask=SORTS)


def masked_sorts(workspace: int) -> tuple[Sort, ...]:
    """What to hide in words of the workspace (primary key); asked for every few words that are said, so remembered."""
    now = time.monotonic()
    known = _known.get(workspace)
    if known is None or now - known[0] > REMEMBERED_SECONDS:
        known = _known[workspace] = (now, privacy_rules(workspace))
    return known[1].mask


def forget_rules(workspace: int) -> None:
    """They have changed, in this process."""
    _known.pop(workspace, None)
