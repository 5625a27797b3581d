"""What becomes of a sent message when reports of it come twice, late and out of order. Pure.

The state after any order of the same reports is the same: each state has a rank, and the highest stays.
"""

from __future__ import annotations

from typing import Final

from channels_io.models import OutboundMessage

State = OutboundMessage.State

RANKS: Final = {
    State.WAITING: 0,
    State.SENT: 1,
    State.DEAD: 2,  # We gave up without knowing: whatever the provider says, it knows better.
    State.FAILED: 3,
    State.DELIVERED: 4,
    State.READ: 5,
    State.REFUSED: 9,  # Nothing was ever sent.
    State.CANCELED: 9,
}


def after(state: str, reported: str) -> str:
    """The state of a message in `state` once the provider has said `reported`.

    A failure ends it, unless the person was seen to have it.
    """
    return max(State(state), State(reported), key=lambda each: RANKS[each])
