"""What is counted as an answer, an interruption and a false cut-off: the same words in every figure."""

from __future__ import annotations

from typing import Final

from django.db.models import F, Q

from channels_io.models import Turn

CUT_OFF_MS: Final = 1000
"""Nobody has understood an answer of which so little was heard: whoever talks over it had not finished."""

ANSWERS: Final = Q(role=Turn.Role.AGENT, number__gt=0)
"""Of the agent; its greeting is none."""
INTERRUPTED: Final = ANSWERS & Q(cut=True)
CUT_OFF: Final = INTERRUPTED & Q(v2v_ms__isnull=False, ended_ms__lt=F("started_ms") + CUT_OFF_MS)
"""Spoken answers that began before the caller had finished."""
