"""May this be sent, or dialled? Asked before every message and call that costs money, by whoever lets it out.

One transaction a question: a lock per workspace, then counts of what was let out, then the row that counts it.
So of twenty that ask at once for the last place exactly one gets it, and nothing but PostgreSQL is needed.
"""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import msgspec
from django import db
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from agents.models import Agent
from channels_io.guards.budgets import Times, spent_of, times_of
from channels_io.guards.countries import country_of_zone
from channels_io.guards.errors import NotAllowed
from channels_io.guards.limits import FINE, Question, Refused, refusal_of
from channels_io.guards.lock import lock_spending
from channels_io.guards.notes import note_budget, note_refusal, note_unreadable
from channels_io.guards.numbers import NotANumber, Number, masked, parse_number
from channels_io.guards.people import digest_of, has_opted_out, wrote_lately
from channels_io.guards.rules import EVERY, Rules, countries_of, judge, load_rules, price_of
from channels_io.models import Channel, Spending, SpendingDay, SpendingRule
from parley.accounts.models import Workspace

logger = logging.getLogger(__name__)

MARGIN: Final = timedelta(minutes=5)
"""After its longest time a call that nobody ended counts as running so much longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    workspace: Workspace
    what: Spending.What
    to: str
    key: str
    channel: Channel | None
    agent: Agent | None
    units: int
    seconds: int | None


def ask(
    workspace: Workspace,
    what: Spending.What,
    to: str,
    *,
    key: str,
    channel: Channel | None = None,
    agent: Agent | None = None,
    units: int = 1,
    seconds: int | None = None,
) -> None:
    """Return if it may go out now, and count it; else raise NotAllowed. `key` asked again is counted once.

    `units`: parts of a message. `seconds`: the longest the call may be, else the rules' own.
    Within a transaction of the caller's, the workspace's lock is held until its end: no network in there; and
    NotAllowed is to be caught in there, for what was refused is noted in it. No database: `guard_unavailable`.
    """
    asked = _Asked(
        workspace=workspace,
        what=Spending.What(what),
        to=to,
        key=key,
        channel=channel,
        agent=agent or (channel.agent if channel is not None else None),
        units=max(1, units),
        seconds=seconds,
    )
    try:
        with transaction.atomic():
            code, wait = _answer(asked)
    except db.Error as error:
        logger.warning("The spending limits could not be checked: %s", type(error).__name__)
        raise NotAllowed("guard_unavailable", retry_after=30.0) from error
    if code:
        raise NotAllowed(code, retry_after=wait)


def over(workspace: Workspace, key: str, cost: int | None = None) -> None:
    """The call (or message) `key` is over; it may be said twice. `cost` in millionths, if it is known better.

    Without a cost that of a call is reckoned from its length: begun minutes since it was let out.
    """
    now = timezone.now()
    with transaction.atomic():
        row = Spending.objects.select_for_update().filter(workspace=workspace, key=key).first()
        if row is None or (row.released_at is not None and cost is None):
            return
        known = cost if cost is not None else _reckoned(row, now)
        SpendingDay.objects.filter(workspace=workspace, day=row.day, what=row.what).update(
            cost=F("cost") + (known - row.cost)
        )
        row.cost, row.released_at = known, row.released_at or now
        row.save(update_fields=["cost", "released_at"])


def rules_in_force(workspace: Workspace, channel: Channel | None = None) -> Rules:
    """The workspace's rules. Raises msgspec.ValidationError when what is stored is no longer understood.

    While none were saved, a simulated account reaches every country: it reaches nobody.
    """
    row = SpendingRule.objects.filter(workspace=workspace).first()
    if row is not None:
        return load_rules(row.rules)
    return Rules(countries=(EVERY,)) if _simulated(channel) else Rules()


def reaches_nobody(workspace: Workspace, channel: Channel | None = None) -> bool:
    """Whether the rules let out nothing at all. A workspace whose time zone names no country begins like that.

    Raises msgspec.ValidationError when what is stored is no longer understood.
    """
    rules = rules_in_force(workspace, channel)
    return not rules.allow and not countries_of(rules, country_of_zone(workspace.timezone))


def _answer(asked: _Asked) -> Refused:
    """Why not, and the seconds to wait; FINE when it is let out and counted."""
    lock_spending(asked.workspace)
    try:
        rules = rules_in_force(asked.workspace, asked.channel)
    except msgspec.ValidationError:
        note_unreadable(asked.workspace)
        return "guard_unavailable", 300.0
    try:
        number = parse_number(asked.to, whatsapp=asked.what == Spending.What.WHATSAPP)
    except NotANumber:
        return _refused(asked, ("number_refused", 0.0), masked(asked.to[:40]))
    times = times_of(asked.workspace, timezone.now())
    standing = _standing(asked, number, rules, times.now)
    if standing:
        return _refused(asked, (standing, 0.0), number.shown, number.country)
    if Spending.objects.filter(workspace=asked.workspace, key=asked.key).exists():
        return FINE
    spent = spent_of(asked.workspace, times)
    rate = 0 if _simulated(asked.channel) else price_of(rules, asked.what.value, number.country)
    minutes = math.ceil((asked.seconds or rules.call_minutes * 60) / 60)
    question = Question(
        what=asked.what,
        digest=digest_of(asked.workspace, number.text),
        range=number.range,
        agent=asked.agent,
        cost=rate * (minutes if asked.what == Spending.What.CALL else asked.units),
        campaign=asked.key.startswith("campaign:"),
    )
    refused = refusal_of(asked.workspace, question, rules, times, spent)
    if refused[0]:
        return _refused(asked, refused, number.shown, number.country)
    _count(asked, question, number.country, times, rate=rate, minutes=minutes)
    note_budget(asked.workspace, rules, times, spent, question.cost)
    return FINE


def _standing(asked: _Asked, number: Number, rules: Rules, now: datetime) -> str:
    """What does not change with the hour. Asked every time, also of a key that was let out once."""
    spellings = {asked.to, number.text}
    if has_opted_out(asked.workspace, asked.what, spellings):
        return "opted_out"
    code = judge(number, rules, country_of_zone(asked.workspace.timezone))
    abroad = code == "country_refused" and asked.what == Spending.What.WHATSAPP and rules.answer_abroad
    if abroad and wrote_lately(asked.channel, spellings, now):
        return ""
    return code or ""


def _refused(asked: _Asked, refused: Refused, shown: str, country: str = "") -> Refused:
    note_refusal(
        asked.workspace,
        asked.what,
        refused[0],
        key=asked.key,
        shown=shown,
        country=country,
        channel=asked.channel,
        agent=asked.agent,
    )
    return refused


def _count(asked: _Asked, question: Question, country: str, times: Times, *, rate: int, minutes: int) -> None:
    call = question.what == Spending.What.CALL
    Spending.objects.create(
        workspace=asked.workspace,
        channel=asked.channel,
        agent=asked.agent,
        what=asked.what,
        key=asked.key,
        address=question.digest,
        range=question.range,
        country=country,
        rate=rate,
        cost=question.cost,
        at=times.now,
        day=times.day,
        expires_at=times.now + timedelta(minutes=minutes) + MARGIN if call else None,
    )
    # The lock is held: nobody else makes the row meanwhile.
    day = SpendingDay.objects.filter(workspace=asked.workspace, day=times.day, what=asked.what)
    if not day.update(count=F("count") + 1, cost=F("cost") + question.cost):
        SpendingDay.objects.create(
            workspace=asked.workspace, day=times.day, what=asked.what, count=1, cost=question.cost
        )


def _reckoned(row: Spending, now: datetime) -> int:
    if row.what != Spending.What.CALL:
        return row.cost
    begun = max(1, math.ceil((now - row.at).total_seconds() / 60))
    return min(row.cost, row.rate * begun)


def _simulated(channel: Channel | None) -> bool:
    return channel is not None and channel.account is not None and channel.account.simulated
