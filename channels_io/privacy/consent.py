"""How far a caller's consent to being recorded has come, and whether sound may be kept. Pure.

    (nothing) ── asked ──> asked ── yes ──> given
        │                    └───── no ───> refused, for the rest of the leg
        └── announced ──> told

An agent that records says so first (the consent sentence); a telephone channel may ask instead, by key. Nothing that was
refused is recorded, whatever is announced later in the same leg.
"""

from __future__ import annotations

from typing import Final, Literal

Consent = Literal["", "not_needed", "told", "asked", "given", "refused"]
Happened = Literal["announced", "asked", "yes", "no"]

_NEXT: Final[dict[tuple[Consent, Happened], Consent]] = {
    ("", "announced"): "told",
    ("", "asked"): "asked",
    ("", "yes"): "given",
    ("", "no"): "refused",
    ("told", "asked"): "asked",
    ("told", "yes"): "given",
    ("told", "no"): "refused",
    ("asked", "yes"): "given",
    ("asked", "no"): "refused",
    ("given", "no"): "refused",
}
"""What is not named changes nothing: after "refused" nothing does."""


def after(consent: Consent, happened: Happened) -> Consent:
    return _NEXT.get((consent, happened), consent)


def may_record(consent: Consent) -> bool:
    return consent in ("not_needed", "told", "given")
