"""The telephone's side of a conversation: whose calls its legs were, and what came of putting them through."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext_lazy as _

from channels_io.call_states import TOGETHER, is_machine
from channels_io.models import Conversation, PhoneCall

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

RESULTS: Final[Mapping[str, tuple[StrOrPromise, str]]] = {
    "connected": (_("took the call"), "good"),
    "accepted": (_("took the call, and the caller had gone"), "warn"),
    "rejected": (_("refused the call"), "warn"),
    "busy": (_("was busy"), "warn"),
    "no_answer": (_("did not answer"), "warn"),
    "canceled": (_("did not answer in time"), "warn"),
    "failed": (_("could not be called"), "bad"),
    "refused": (_("may not be called"), "bad"),
}
"""Of a call to a person: words that follow their number, and a tone."""
ANSWERED_BY: Final[Mapping[str, StrOrPromise]] = {
    "human": _("A person answered"),
    "fax": _("A fax answered"),
    "unknown": _("Who answered is not known"),
}
CONSENT: Final[Mapping[str, StrOrPromise]] = {
    "yes": _("Agreed to be recorded"),
    "no": _("Did not agree to be recorded"),
}


@dataclass(frozen=True, slots=True)
class Transfer:
    """`number` is whole: pages show it to those who may see numbers."""

    number: str
    result: str
    """PhoneCall's word; empty while it rings."""
    label: str
    tone: str
    announced: bool
    """The person was told who calls before they took it."""
    seconds: int


@dataclass(frozen=True, slots=True)
class CallRecord:
    """`notes`: what else is to be known of it, in words."""

    call: PhoneCall
    transfers: tuple[Transfer, ...]
    notes: tuple[str, ...]

    @property
    def outbound(self) -> bool:
        return self.call.direction == PhoneCall.Direction.OUTBOUND


def calls_of(conversation: Conversation) -> dict[int, CallRecord]:
    """By the pk of their leg; a call that was taken up again by another process stands at its last one. Two queries."""
    rows = PhoneCall.objects.filter(workspace=conversation.workspace_id, conversation=conversation).order_by("pk")
    parts: dict[int, list[PhoneCall]] = defaultdict(list)
    calls: list[PhoneCall] = []
    for row in rows:
        if row.parent_id is not None:
            parts[row.parent_id].append(row)
        elif row.leg_id is not None:
            calls.append(row)
    return {
        call.leg_id: CallRecord(call, tuple(map(_transfer, parts[call.pk])), tuple(_notes(call)))
        for call in calls
        if call.leg_id is not None
    }


def _transfer(row: PhoneCall) -> Transfer:
    label, tone = RESULTS.get(row.result, (_("is being called"), "neutral"))
    taken = row.result in TOGETHER
    return Transfer(
        row.remote, row.result, str(label), tone, row.plan.get("mode") == "warm", row.seconds if taken else 0
    )


def _notes(call: PhoneCall) -> list[str]:
    notes: list[StrOrPromise] = []
    if call.answered_by:
        machine = is_machine(call.answered_by) and call.answered_by != "fax"
        notes.append(_("An answering machine answered") if machine else ANSWERED_BY.get(call.answered_by, ""))
    if call.result == "message_left":
        notes.append(_("A message was left"))
    notes.append(CONSENT.get(str(call.plan.get("consent", "")), ""))
    if call.stream_number > 1:
        notes.append(_("Taken up again after an interruption of ours"))
    if call.error_code:
        notes.append(_("The carrier's code: %(code)s") % {"code": call.error_code})
    return [str(note) for note in notes if note]
