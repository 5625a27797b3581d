"""Many invented conversations, written in blocks: some 50,000 with their turns in a few minutes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Final

from django.db import connection, transaction
from django.db.models import Model
from django.utils import timezone

from channels_io.analytics.rolling import count_workspace
from channels_io.models import Conversation, Handoff
from channels_io.seeding.copying import copy_rows, reserve
from channels_io.seeding.talk import LIVE, Talk, make_talk
from channels_io.seeding.town import build_town
from parley.accounts.models import Workspace

BLOCK: Final = 1000


def seed_records(
    workspace: Workspace, count: int, *, days: int = 90, seed: int = 7, told: Callable[[int], None] = lambda done: None
) -> None:
    """`count` more conversations over the last `days`. `told` hears how many there are after each block."""
    random, now = Random(seed), timezone.now()
    town = build_town(workspace, random, max(1, count * 3 // 5), now, days)
    moments = sorted(_moments(random, count, now, days))
    for begin in range(0, count, BLOCK):
        chosen = moments[begin : begin + BLOCK]
        talks = [
            make_talk(town, random, moment, now=now, live=begin + place >= count - LIVE)
            for place, moment in enumerate(chosen)
        ]
        _write(talks)
        told(begin + len(talks))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    count_workspace(workspace, timezone.now(), days=days)


def _moments(random: Random, count: int, now: datetime, days: int) -> Iterator[datetime]:
    """More by day than by night, fewer at weekends, the last of them a moment ago."""
    for _ in range(max(0, count - LIVE)):
        while True:
            moment = now - timedelta(days=random.random() * days, minutes=12)
            busy = (1.0 if 8 <= moment.hour < 19 else 0.15) * (0.45 if moment.weekday() >= 5 else 1.0)
            if random.random() < busy:
                break
        yield moment
    for _ in range(min(LIVE, count)):
        yield now - timedelta(seconds=random.uniform(20, 500))


@transaction.atomic
def _write(talks: list[Talk]) -> None:
    conversations = [talk.conversation for talk in talks]
    legs = [talk.leg for talk in talks]
    turns = [turn for talk in talks for turn in talk.turns]
    reserve(conversations)
    for each in legs:
        each.conversation = each.conversation
    copy_rows(conversations)
    reserve(legs)
    copy_rows(legs)
    for turn in turns:
        turn.conversation, turn.leg = turn.conversation, turn.leg
    reserve(turns)
    copy_rows(turns)
    spans = [span for talk in talks for span in talk.spans]
    for span in spans:
        span.turn = span.turn
    copy_rows(spans)
    by_model: dict[type[Model], list[Model]] = {}
    for talk in talks:
        for row in talk.others:
            _keyed(row, talk)
            by_model.setdefault(type(row), []).append(row)
    for rows in by_model.values():
        copy_rows(rows)
    through = Conversation.tags.through
    copy_rows([through(conversation_id=talk.conversation.pk, tag_id=tag) for talk in talks for tag in talk.tags])


def _keyed(row: Model, talk: Talk) -> None:
    """Foreign keys were made before their rows had keys."""
    for name, target in (("conversation", talk.conversation), ("leg", talk.leg)):
        if hasattr(row, f"{name}_id"):
            setattr(row, name, target)
    if isinstance(row, Handoff):
        row.key = f"seeded:{talk.conversation.public_id}"
