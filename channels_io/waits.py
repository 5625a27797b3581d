"""The names of a turn's waits: what each means, which colour it has. The one list of them.

A name that is not here (a newer worker's, an older record's) is shown too: last, in the colour of OTHER.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

PACING: Final = "pacing"
WIRE: Final = "wire"
OTHER: Final = "other"


@dataclass(frozen=True, slots=True)
class Wait:
    """`slot` is the number of its colour in waits.css; also its place in time."""

    name: str
    label: StrOrPromise
    slot: int
    explained: StrOrPromise


STEPS: Final = (
    Wait(
        "silence",
        _("silence"),
        1,
        _("From the caller's last sound until the pause was noticed."),
    ),
    Wait(
        "recognition",
        _("recognition"),
        2,
        _("Until the caller's last words were recognised."),
    ),
    Wait(
        "decision",
        _("decision"),
        3,
        _("Until it was sure that the caller had finished, and was not just thinking."),
    ),
    Wait(
        "first token",
        _("first token"),
        4,
        _("Until the language model had read the question and gave its first word."),
    ),
    Wait(
        "first clause",
        _("first clause"),
        5,
        _("Until there were enough words to say aloud."),
    ),
    Wait(
        "voice",
        _("voice"),
        6,
        _("Until the voice had made its first sound."),
    ),
    Wait(
        "gate",
        _("gate"),
        7,
        _("The answer was ready, and waited until it was sure that the caller had finished."),
    ),
    Wait(
        PACING,
        _("pacing"),
        8,
        _("The sound was on the web server and waited for its moment to be sent."),
    ),
    Wait(
        WIRE,
        _("wire"),
        9,
        _("On the way between web server and speech worker."),
    ),
)
"""In the order of time."""
_OLD: Final = (
    Wait("end of turn", _("end of turn"), 1, _("From the caller's last sound until there had been silence enough.")),
)
OTHER_SLOT: Final = 10
KNOWN: Final = {wait.name: wait for wait in (*STEPS, *_OLD)}


def wait_named(name: str) -> Wait:
    """Any name: an unknown one explains nothing and keeps its name."""
    return KNOWN.get(name) or Wait(name, name, OTHER_SLOT, "")


def bounded(name: str) -> str:
    """For labels of metrics: a name of the list, or OTHER."""
    return name if name in KNOWN else OTHER
