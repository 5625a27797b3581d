"""Which pages are measured, each with many addresses: what people look at, and what is hard to find."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from random import Random
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone

from agents.models import Agent
from channels_io.models import Channel, Contact, Conversation, Tag, Turn
from channels_io.reads.analytics import RANGES
from channels_io.reads.figure_filter import FIGURES
from channels_io.reads.keyset import NEWEST
from parley.accounts.models import Membership, Workspace

MANY = 40
"""Addresses of a page that has that many."""


@dataclass(frozen=True, slots=True)
class Plan:
    name: str
    addresses: tuple[str, ...]


def page_plans(workspace: Workspace, membership: Membership) -> list[Plan]:
    random = Random(3)
    talks = Conversation.objects.of(workspace)
    newest = list(talks.order_by("-last_at").only("public_id", "last_at")[:4000:100])
    inbox = reverse("channels_io:inbox")
    rows, analytics = reverse("channels_io:inbox-rows"), reverse("channels_io:analytics")
    today = timezone.now().date().isoformat()
    week = (timezone.now() - timedelta(days=7)).date().isoformat()
    month = (timezone.now() - timedelta(days=30)).date().isoformat()

    def lists(name: str, *queries: dict[str, str]) -> Plan:
        return Plan(f"inbox: {name}", tuple(f"{inbox}?{urlencode(query)}" for query in queries))

    agents = list(Agent.objects.of(workspace).values_list("public_id", flat=True))
    channels = list(Channel.objects.of(workspace).values_list("public_id", flat=True))
    tags = list(Tag.objects.of(workspace).values_list("public_id", flat=True))
    return [
        lists("all", {}),
        lists("mine", {"tab": "mine"}),
        lists("waiting", {"tab": "waiting"}),
        lists("live", {"tab": "live"}),
        Plan("inbox: next pages", tuple(f"{rows}?{urlencode({'before': NEWEST.cursor(each)})}" for each in newest)),
        Plan("inbox: 50 rows by id", (f"{rows}?{urlencode({'ids': ','.join(each.public_id for each in newest)})}",)),
        lists("one agent", *({"agent": each} for each in agents)),
        lists("one channel", *({"channel": each} for each in channels)),
        lists("one kind", *({"channel": each} for each in ("web_chat", "twilio_voice", "whatsapp_cloud"))),
        lists("owner", *({"owner": each} for each in ("none", "agent", "person", membership.user.public_id))),
        lists("state", *({"state": each} for each in ("open", "closed", "unread", "live", "waiting"))),
        lists("outcome", *({"outcome": each} for each in ("failed", "booked", "silent", "not_solved", "no such outcome"))),
        lists("tag", *({"tag": each} for each in tags)),
        lists("mood", *({"mood": each} for each in ("negative", "positive"))),
        lists("dates", {"since": week}, {"since": month, "until": week}, {"until": month}),
        lists("five filters", *({"agent": each, "mood": "negative", "tag": tags[0], "outcome": "booked", "since": month} for each in agents)),
        lists("search, common words", *({"q": word} for word in ("cleaning", "please", "saturday", "delivery", "name"))),
        lists("search, two words", *({"q": words} for words in ("whitening monday", "refund voucher", "tiramisu olives"))),
        lists("search, rare words", *({"q": word} for word in _codes(workspace, random))),
        lists("search, nothing", {"q": "xylophone"}, {"q": "cleaning xylophone"}),
        lists("search and filters", *({"q": "cleaning", "mood": "negative", "tag": tag} for tag in tags)),
        lists("search, names", *({"q": name} for name in _names(workspace))),
        lists("search, numbers", {"q": "+1 555 000"}, {"q": "5550001"}),
        Plan("conversation", tuple(reverse("channels_io:conversation", args=[each.public_id]) for each in newest)),
        Plan("home", (reverse("channels_io:home"),)),
        Plan("analytics", tuple(f"{analytics}?{urlencode(query)}" for query in _spans(agents))),
        lists("behind a figure of a week", *({"figure": each, "since": week} for each in FIGURES)),
        lists("behind a figure of a day", *({"figure": each, "since": today} for each in (*FIGURES, "ended:failed", "error:engine_failed"))),
        lists("behind a figure of any time", *({"figure": each} for each in FIGURES)),
    ]  # fmt: skip


def _spans(agents: list[str]) -> list[dict[str, str]]:
    spans: list[dict[str, str]] = [{"range": each} for each in RANGES]
    return [*spans, *({"range": "30", "agent": each} for each in agents), {"range": "90", "kind": "twilio_voice"}]


def _codes(workspace: Workspace, random: Random) -> list[str]:
    """Reference numbers that were said: each in a turn or two."""
    said = Turn.objects.of(workspace).filter(text__contains="the number is ").order_by("-pk")
    texts = list(said.values_list("text", flat=True)[:MANY])
    random.shuffle(texts)
    return [text.partition("the number is ")[2][:5].strip(". ") for text in texts] or ["A1000"]


def _names(workspace: Workspace) -> list[str]:
    named = Contact.objects.of(workspace).exclude(name="").order_by("pk")
    return list(named.values_list("name", flat=True)[:MANY]) or ["Ada"]
