"""What is confirmed when a voice is added. A wording is never changed: another one gets another number."""

from __future__ import annotations

from typing import Final

WORDINGS: Final = {
    1: (
        "The person whose voice this is knows that it will be imitated by a computer, has agreed to that in writing for "
        "the conversations of this workspace, and can have the voice deleted at any time. I may confirm this for them."
    ),
}
CURRENT: Final = max(WORDINGS)
