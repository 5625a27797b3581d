"""All that stands beside a conversation's words on its pane: who talks, where the flow is, what is known and decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from django.utils import timezone

from channels_io.models import (
    Contact,
    Conversation,
    Fact,
    Handoff,
    Identity,
    Leg,
    Note,
    Tag,
)
from channels_io.phone_numbers import shown_number
from channels_io.reads.flow_names import NodeChoice, choices_of, titles_of
from channels_io.reads.lines import Stretch, read_stretch
from channels_io.reads.live_leg import ALIVE_SECONDS, people_to_transfer_to
from channels_io.reads.ways import Way, way_of
from parley.accounts.actor import Actor
from parley.accounts.models import User
from parley.accounts.permissions import Permission

MOST_VARIABLES: Final = 60
_CARRIED: Final = ("phone", "whatsapp", "email")
"""Kinds of identities that are a person's address."""


@dataclass(frozen=True, slots=True)
class Address:
    kind: str
    shown: str


@dataclass(frozen=True, slots=True)
class Pane:
    conversation: Conversation
    stretch: Stretch
    leg: Leg | None
    """The newest."""
    titles: Mapping[str, str]
    choices: tuple[NodeChoice, ...]
    transfers: tuple[str, ...]
    """Names of the people whom the caller may be put through to now."""
    variables: tuple[tuple[str, str], ...]
    contact: Contact
    addresses: tuple[Address, ...]
    facts: tuple[Fact, ...]
    tags: tuple[Tag, ...]
    """On the conversation."""
    all_tags: tuple[Tag, ...]
    people: tuple[User, ...]
    """Members of the workspace, to whom it may be assigned."""
    notes: tuple[Note, ...]
    handoff: Handoff | None
    """The newest."""
    way: Way
    """How written words would reach the contact."""

    @property
    def live(self) -> Leg | None:
        """The newest leg while it goes on; one whose process has died does not."""
        return self.leg if is_alive(self.leg) else None

    @property
    def spoken(self) -> bool:
        """A call: sound to listen to, a voice to speak with."""
        return self.leg is not None and self.leg.media == Leg.Media.VOICE

    @property
    def node(self) -> str:
        return str(self.conversation.state.get("node", ""))

    @property
    def node_title(self) -> str:
        return self.titles.get(self.node, self.node)


def read_pane(actor: Actor, conversation: Conversation) -> Pane:
    """`conversation` should come with contact, agent, assignee and owner_user. A fixed number of queries."""
    stretch = read_stretch(conversation)
    contact = conversation.contact
    leg = stretch.legs[-1] if stretch.legs else None
    members = User.objects.filter(memberships__workspace=actor.workspace).order_by("name", "email")
    handoffs = Handoff.objects.filter(conversation=conversation).select_related("team", "taken_by")
    return Pane(
        conversation=conversation,
        stretch=stretch,
        leg=leg,
        titles=titles_of(stretch.legs),
        choices=choices_of(leg),
        transfers=tuple(people_to_transfer_to(leg if is_alive(leg) else None)),
        variables=variables_of(conversation.state),
        contact=contact,
        addresses=addresses_of(actor, contact),
        facts=tuple(Fact.objects.filter(contact=contact).order_by("name")),
        tags=tuple(conversation.tags.order_by("name")),
        all_tags=tuple(Tag.objects.of(actor.workspace).order_by("name")),
        people=tuple(members),
        notes=tuple(conversation.notes.select_related("author")),
        handoff=handoffs.order_by("-pk").first(),
        way=way_of(conversation),
    )


def is_alive(leg: Leg | None) -> bool:
    alive = timezone.now() - timedelta(seconds=ALIVE_SECONDS)
    return leg is not None and leg.ended_at is None and leg.seen_at > alive


def variables_of(state: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """(name, value as text) of what the flow knows; the worker has left out what is masked."""
    known = state.get("variables") or {}
    return tuple((str(name), _text(value)) for name, value in known.items() if value not in (None, ""))[:MOST_VARIABLES]


def addresses_of(actor: Actor, contact: Contact) -> tuple[Address, ...]:
    """Whole for whoever may read numbers; for others only their end."""
    whole = actor.may(Permission.READ_NUMBERS)
    rows = Identity.objects.filter(contact=contact, kind__in=_CARRIED).order_by("pk")
    return tuple(Address(row.kind, _address(row) if whole else f"…{row.value[-3:]}") for row in rows)


def _address(identity: Identity) -> str:
    return shown_number(identity.value) if identity.kind != "email" else identity.value


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_text(each) for each in value)
    return str(value).lower() if isinstance(value, bool) else str(value)
