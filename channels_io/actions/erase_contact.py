"""Forget a person: all that could tell who they are or what they said is gone; figures that name nobody stay.

Conversations stay as empty rows (when, how long, how fast), so that yesterday's figures do not change today. What goes:
names, identities, facts, words, recordings, states, messages, telephone numbers, one-time codes, lines of campaigns.
What stays by default: "do not write to me" and "do not call me". Forgetting those would be the opposite of what was wished.
"""

from __future__ import annotations

from datetime import datetime
from functools import reduce
from operator import or_
from typing import Final

from django.db import transaction
from django.db.models import CharField, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone
from django.utils.translation import gettext as _

from channels_io import recordings
from channels_io.actions.find_contact import SAME_PERSON
from channels_io.messaging.content import VoiceNoteContent
from channels_io.models import (
    Alert,
    Analysis,
    CampaignEntry,
    Contact,
    ContactMerge,
    Conversation,
    Delivery,
    Event,
    Fact,
    FollowUp,
    Handoff,
    Identity,
    InboundEvent,
    Leg,
    Note,
    OneTimeCode,
    OptOut,
    OutboundMessage,
    PhoneCall,
    Thread,
    Turn,
    TurnState,
)
from inference.errors import ParleyError
from parley.accounts.actor import Actor
from parley.accounts.audit import audit
from parley.accounts.permissions import Permission, require

ERASED: Final = "contact.erased"
"""Verb of the audit row that is the proof: its data are counts and nothing else."""
ADDRESSES: Final = ("phone", "whatsapp", "email")
GONE: Final = "erased:"
"""Before the number of a row, in place of the address that stood there."""


class CannotErase(ParleyError):
    code = "cannot_erase"


def erase_contact(actor: Actor, contact: Contact, *, opt_outs: bool = False) -> dict[str, int]:
    """What was removed, by sort. Idempotent: the second time there is nothing.

    `opt_outs`: forget too what the person does not want. Raises CannotErase while a conversation of theirs runs.
    """
    require(actor, Permission.MANAGE_WORKSPACE)
    with transaction.atomic():
        people = _people(actor, contact)
        if not people:
            raise CannotErase(_("There is no such contact."))
        found = _Rows(actor, people)
        _check_quiet(found)
        files = found.files()
        counts = found.erase(opt_outs=opt_outs)
        left = found.remains(opt_outs=opt_outs)
        if any(left.values()):
            raise CannotErase(_("Something was written in this moment. Try again."))
        row = next(person for person in people if person.pk == contact.pk)
        audit(actor, ERASED, row, removed=counts, left=left, files=len(files), kept_opt_outs=not opt_outs)
        # Inside the transaction: if a file cannot be removed, nothing may say that it was.
        for name in files:
            recordings.remove(name)
    return {**counts, "files": len(files)}


def _people(actor: Actor, contact: Contact) -> list[Contact]:
    """The contact, and all that were merged into it: they are the same person."""
    rows = Contact.objects.of(actor.workspace).select_for_update().order_by("pk")
    return list(rows.filter(Q(pk=contact.pk) | Q(merged_into=contact.pk)))


def _check_quiet(found: _Rows) -> None:
    """A leg that runs writes what it hears; one that its process left behind may still be written to."""
    if found.legs.filter(ended_at=None).exists():
        raise CannotErase(_("This person is talking to an agent now. End the conversation first, then erase."))


class _Rows:
    """Every row that holds something of these contacts."""

    def __init__(self, actor: Actor, people: list[Contact]) -> None:
        self.workspace = actor.workspace
        self.people = people
        keys = [person.pk for person in people]
        self.identities = Identity.objects.filter(contact__in=keys)
        values = list(self.identities.values_list("kind", "value"))
        self.values = [value for kind, value in values if kind in ADDRESSES]
        self.conversations: QuerySet[Conversation] = Conversation.objects.filter(contact__in=keys)
        # Held until the end: whoever opens a leg or records into one waits, and then finds the person erased.
        list(self.conversations.select_for_update().order_by("pk").values_list("pk", flat=True))
        self.legs = Leg.objects.filter(conversation__contact__in=keys)
        list(self.legs.select_for_update(of=("self",)).order_by("pk").values_list("pk", flat=True))
        talks = Q(conversation__contact__in=keys)
        self.turns = Turn.objects.filter(talks)
        self.events = Event.objects.filter(talks)
        self.states = TurnState.objects.filter(leg__conversation__contact__in=keys)
        self.notes = Note.objects.filter(talks)
        self.follow_ups = FollowUp.objects.filter(talks)
        self.analyses = Analysis.objects.filter(talks).exclude(summary="", fields={}, unanswered=[])
        self.handoffs = Handoff.objects.filter(talks)
        self.deliveries = Delivery.objects.filter(talks).exclude(body={})
        self.facts = Fact.objects.filter(contact__in=keys)
        self.codes = OneTimeCode.objects.filter(talks | Q(workspace=self.workspace, address__in=self.values))
        self.threads = Thread.objects.filter(Q(contact__in=keys) | Q(workspace=self.workspace, address__in=self.values))
        in_threads = Q(thread__in=self.threads.values("pk"))
        # What a carrier tells of a call has no thread: it is known by the number in it.
        told = reduce(or_, (Q(body__icontains=value) for value in self.values), Q(pk=None))
        self.inbound = InboundEvent.objects.filter(in_threads | (Q(workspace=self.workspace, thread=None) & told))
        self.outbound = OutboundMessage.objects.filter(in_threads | Q(contact__in=keys) | talks)
        ours = Q(contact__in=keys) | talks | Q(workspace=self.workspace, remote__in=self.values)
        self.calls = PhoneCall.objects.filter(ours | Q(parent__in=PhoneCall.objects.filter(ours).values("pk")))
        self.entries = CampaignEntry.objects.filter(
            Q(contact__in=keys) | Q(campaign__workspace=self.workspace, address__in=self.values)
        )
        self.opt_outs = OptOut.objects.filter(workspace=self.workspace, address__in=self.values)
        self.merges = ContactMerge.objects.filter(Q(kept__in=keys) | Q(gone__in=keys))
        ids = [person.public_id for person in people]
        self.alerts = Alert.objects.of(self.workspace).filter(
            reduce(or_, (Q(data__contacts__contains=[name]) for name in ids)), kind=SAME_PERSON
        )

    def files(self) -> list[str]:
        """Names below the recordings folder: calls, and voice notes that were sent."""
        calls = self.legs.exclude(recording="").values_list("recording", flat=True)
        notes = self.outbound.filter(content__type=VoiceNoteContent.__struct_config__.tag).values_list(
            "content__audio", flat=True
        )
        return [name for name in (*calls, *notes) if name]

    def erase(self, *, opt_outs: bool) -> dict[str, int]:
        """Empty or delete all of it. The order is that of what depends on what."""
        now = timezone.now()
        counts: dict[str, int] = {}
        counts["turns"] = self.turns.exclude(text="", full_text="").count()
        self.turns.update(text="", full_text="", sealed="", message_id="")
        counts["events"] = self.events.exclude(data={}).update(data={})
        counts["states"] = self.states.delete()[0]
        counts["recordings"] = self.legs.exclude(recording="").update(
            recording="", recording_rate=0, recording_ms=0, peaks={}
        )
        counts["facts"] = self.facts.delete()[0]
        counts["codes"] = self.codes.delete()[0]
        PhoneCall.objects.filter(pk__in=self.calls.values("pk"), status=PhoneCall.Status.PLANNED).update(
            status=PhoneCall.Status.CANCELED, due_at=None, ended_at=now
        )
        # The carrier's own id stays: what it reports late must find the call, and not make a new one.
        counts["calls"] = PhoneCall.objects.filter(pk__in=list(self.calls.values_list("pk", flat=True))).update(
            remote="", plan={}, stream_digest=""
        )
        counts["campaign_lines"] = self._forget_entries(now)
        counts["messages_sent"] = self.outbound.count()
        counts["messages_received"] = self.inbound.count()
        keys = list(self.threads.values_list("pk", flat=True))
        self.outbound.delete()
        self.inbound.delete()
        counts["threads"] = Thread.objects.filter(pk__in=keys).delete()[0]
        if opt_outs:
            counts["opt_outs"] = self.opt_outs.delete()[0]
        counts["notes"] = self.notes.delete()[0] + self.follow_ups.delete()[0]
        counts["analyses"] = self.analyses.update(summary="", fields={}, unanswered=[])
        self.handoffs.update(summary="", reason="")
        counts["told"] = self.deliveries.update(body={}, answer="")
        counts["conversations"] = self.conversations.update(
            state={}, status=Conversation.Status.CLOSED, owner=Conversation.Owner.AI, last_words="", words_gone_at=now
        )
        counts["identities"] = self.identities.delete()[0]
        self.merges.delete()
        self.alerts.update(seen_at=now, data={})
        counts["contacts"] = Contact.objects.filter(pk__in=[person.pk for person in self.people]).update(
            name="", zone="", language="", merged_into=None, erased_at=now, updated_at=now
        )
        return counts

    def remains(self, *, opt_outs: bool) -> dict[str, int]:
        """What there still is, asked anew: the proof is that every figure is 0."""
        left = {
            "turns": self.turns.exclude(text="", full_text="", sealed="", message_id="").count(),
            "notes": self.notes.count() + self.follow_ups.count(),
            "analyses": self.analyses.count() + self.handoffs.exclude(summary="", reason="").count(),
            "told": self.deliveries.count(),
            "last_words": self.conversations.exclude(last_words="").count(),
            "events": self.events.exclude(data={}).count(),
            "states": self.states.count() + self.conversations.exclude(state={}).count(),
            "recordings": self.legs.exclude(recording="").count(),
            "facts": self.facts.count(),
            "codes": self.codes.count(),
            "calls": self.calls.exclude(remote="").count(),
            "campaign_lines": self.entries.exclude(address__startswith=GONE).count(),
            "messages_sent": self.outbound.count(),
            "messages_received": self.inbound.count(),
            "threads": self.threads.count(),
            "identities": self.identities.count(),
            "names": Contact.objects.filter(pk__in=[person.pk for person in self.people]).exclude(name="").count(),
        }
        return {**left, "opt_outs": self.opt_outs.count()} if opt_outs else left

    def _forget_entries(self, now: datetime) -> int:
        """A line of a list stays as a number, so that the campaign's figures add up; nobody is tried again."""
        rows = CampaignEntry.objects.filter(pk__in=list(self.entries.values_list("pk", flat=True)))
        rows.filter(state__in=(CampaignEntry.State.WAITING, CampaignEntry.State.RUNNING)).update(
            state=CampaignEntry.State.SKIPPED, reason=ERASED
        )
        return rows.update(
            address=Concat(Value(GONE), Cast("pk", CharField())), name="", zone="", variables={}, due_at=None,
            lease_until=None, contact=None, conversation=None, changed_at=now,
        )  # fmt: skip
