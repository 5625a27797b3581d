"""Whom invented conversations need: a workspace, its people, agents, channels, tags, teams and contacts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Final

from agents.models import Agent
from agents.seed import seed_demo
from channels_io.models import Channel, Contact, Identity, Tag, Team, TeamMember
from channels_io.seeding.copying import copy_rows, reserve
from channels_io.seeding.words import name
from parley.accounts.models import Membership, Role, User, Workspace

PEOPLE: Final = ("Mara Lindqvist", "Tom Okafor", "Ines Duarte", "Pavel Horak", "Aoife Brennan", "Sunil Rao")
TAGS: Final = (
    ("billing", "blue"), ("booking", "green"), ("complaint", "red"), ("refund", "orange"), ("VIP", "purple"),
    ("delivery", "teal"), ("call back", "yellow"), ("lead", "pink"), ("spam", "grey"), ("insurance", "blue"),
)  # fmt: skip
LINES: Final = (
    ("twilio_voice", "Main line", "voice", 34),
    ("browser_voice", "", "voice", 16),
    ("web_chat", "Website", "text", 22),
    ("whatsapp_cloud", "WhatsApp", "text", 18),
    ("twilio_messaging", "Text messages", "text", 10),
)
"""Kind, name of its channel, medium, how often of a hundred."""


@dataclass(frozen=True, slots=True)
class Line:
    kind: str
    media: str
    channel: Channel | None


@dataclass(frozen=True, slots=True)
class Town:
    workspace: Workspace
    agents: tuple[Agent, ...]
    people: tuple[User, ...]
    lines: tuple[Line, ...]
    weights: tuple[int, ...]
    """How often each of `lines` is used."""
    tags: tuple[Tag, ...]
    teams: tuple[Team, ...]
    contacts: tuple[Contact, ...]


def build_town(workspace: Workspace, random: Random, contacts: int, now: datetime, days: int) -> Town:
    """Idempotent but for the contacts, which are `contacts` new ones."""
    agents = tuple(seed_demo(workspace))
    people = tuple(_person(workspace, each) for each in PEOPLE)
    lines = tuple(
        Line(kind, media, _channel(workspace, kind, title, agents[number % len(agents)]) if title else None)
        for number, (kind, title, media, _) in enumerate(LINES)
    )
    tags = tuple(
        Tag.objects.get_or_create(workspace=workspace, name=word, defaults={"colour": colour})[0]
        for word, colour in TAGS
    )
    return Town(
        workspace,
        agents,
        people,
        lines,
        tuple(share for _, _, _, share in LINES),
        tags,
        (_team(workspace, "Front desk", people[:4], first=True), _team(workspace, "Billing", people[3:])),
        _contacts(workspace, random, contacts, now, days),
    )


def _person(workspace: Workspace, full_name: str) -> User:
    email = full_name.lower().replace(" ", ".") + f"@{workspace.slug}.example"
    user = User.objects.filter(email=email).first() or User.objects.create_user(email, name=full_name)
    Membership.objects.get_or_create(workspace=workspace, user=user, defaults={"role": Role.OPERATOR})
    return user


def _channel(workspace: Workspace, kind: str, title: str, agent: Agent) -> Channel:
    """Switched off: nothing of it ever talks."""
    channel: Channel
    channel, _ = Channel.objects.get_or_create(
        workspace=workspace, name=f"{title} (seeded)", defaults={"kind": kind, "agent": agent, "enabled": False}
    )
    return channel


def _team(workspace: Workspace, title: str, people: tuple[User, ...], *, first: bool = False) -> Team:
    team: Team
    taken = Team.objects.of(workspace).filter(is_default=True).exists()
    team, _ = Team.objects.get_or_create(
        workspace=workspace, name=title, defaults={"is_default": first and not taken, "answer_seconds": 60}
    )
    for each in people:
        TeamMember.objects.get_or_create(team=team, user=each)
    return team


def _contacts(workspace: Workspace, random: Random, count: int, now: datetime, days: int) -> tuple[Contact, ...]:
    made = [
        Contact(
            workspace=workspace,
            name=name(random) if random.random() < 0.8 else "",
            created_at=now - timedelta(days=days),
            seen_at=now - timedelta(days=random.random() * days),
        )
        for _ in range(count)
    ]
    reserve(made)
    copy_rows(made)
    copy_rows([_identity(contact, random) for contact in made])
    return tuple(made)


def _identity(contact: Contact, random: Random) -> Identity:
    # By its own key: unique whatever was seeded before. The numbers are of a block that is kept for fiction.
    if random.random() < 0.6:
        return Identity(
            workspace=contact.workspace,
            contact=contact,
            kind="phone",
            value=f"+1555{contact.pk:07d}",
            created_at=contact.created_at,
        )
    return Identity(
        workspace=contact.workspace,
        contact=contact,
        kind="visitor",
        value=f"v_seed{contact.pk}",
        created_at=contact.created_at,
    )
