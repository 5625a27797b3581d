"""Today's figures as cards and bars, each with the address of the conversations behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from channels_io.end_reasons import label_of
from channels_io.guards.ask import rules_in_force
from channels_io.pages.figure_words import inbox_link
from channels_io.pages.inbox_form import outcome_label
from channels_io.pages.waterfall import verdict
from channels_io.reads.day_sums import Cause, DaySums
from channels_io.reads.today import Today
from channels_io.templatetags.record import ms, share
from parley.accounts.models import Workspace

LATE_SHARE = 0.05
"""More answers over the budget than this are worth a look."""


@dataclass(frozen=True, slots=True)
class HomeCard:
    """`tone`: class of a badge, with what it says in `badge`; both empty without one. `name` is for the page's module."""

    name: str
    label: str
    value: str
    note: str
    link: str
    tone: str = ""
    badge: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """`share` of the largest, 0..1."""

    label: str
    count: int
    share: float
    link: str
    note: str = ""


def home_cards(workspace: Workspace, today: Today, sums: DaySums) -> list[HomeCard]:
    day = today.since.date()
    currency = rules_in_force(workspace).currency
    return [
        HomeCard("talks", _("Conversations"), f"{today.conversations:,}",
                 _("%(before)s by this time yesterday") % {"before": f"{today.conversations_before:,}"},
                 inbox_link(day, figure="begun")),
        HomeCard("answered", _("Turns answered"), share(today.answered_share), _of(today.answered, today.heard),
                 inbox_link(day, figure="unanswered") if today.answered < today.heard else inbox_link(day, figure="begun")),
        HomeCard("solved", _("Solved without a person"), share(sums.contained_share), _of(sums.contained, sums.judged),
                 inbox_link(day, figure="solved")),
        HomeCard("handed", _("Hand-offs"), f"{sums.handoffs:,}", _taken(sums), inbox_link(day, figure="handed"),
                 *(("is-warn", _("%(count)d waiting") % {"count": sums.handoffs_waiting}) if sums.handoffs_waiting else ())),
        HomeCard("time", _("Response time"), ms(today.p50),
                 _("Voice to voice, median") if today.p95 is None else _("95 %% within %(p95)s") % {"p95": ms(today.p95)},
                 inbox_link(day, figure="spoken"), *_speed(today.p50)),
        HomeCard("late", _("Over the budget"), share(today.missed_share), _of(today.missed, today.timed),
                 inbox_link(day, figure="late"),
                 *(("is-warn", _("look")) if (today.missed_share or 0) > LATE_SHARE else ())),
        HomeCard("cut", _("Interrupted answers"), share(today.interrupted_share),
                 ngettext("%(count)d caller cut off", "%(count)d callers cut off", today.cut_off)
                 % {"count": today.cut_off},
                 inbox_link(day, figure="cut_off" if today.cut_off else "interrupted")),
        HomeCard("calls", _("Calls at once"), f"{sums.calls_now:,}",
                 _("at most %(most)d today") % {"most": sums.calls_most},
                 inbox_link(tab="live") if sums.calls_now else inbox_link(day, figure="calls")),
        HomeCard("cost", _("Cost"), f"{sums.cost / 1_000_000:,.2f} {currency}", _each(sums.cost, today.conversations, currency),
                 inbox_link(day, figure="costly")),
        HomeCard("failed", _("Failed"), share(sums.failed_share), _of(sums.failed, sums.legs),
                 inbox_link(day, figure="failed"), *(("is-bad", _("look")) if sums.failed else ())),
    ]  # fmt: skip


def bars_of(outcomes: Sequence[tuple[str, int]], day: date) -> list[Bar]:
    most = max((count for _word, count in outcomes), default=1)
    return [
        Bar(outcome_label(word), count, count / most, inbox_link(day, figure="begun", outcome=word))
        for word, count in outcomes
    ]


def causes_of(causes: Sequence[Cause], day: date) -> list[Bar]:
    most = max((each.count for each in causes), default=1)
    return [
        Bar(
            label_of(each.word) if each.is_end else each.word,
            each.count,
            each.count / most,
            inbox_link(day, figure=each.figure),
            _("end of the call") if each.is_end else _("error code"),
        )
        for each in causes
    ]


def _of(part: int, whole: int) -> str:
    return _("%(part)s of %(whole)s") % {"part": f"{part:,}", "whole": f"{whole:,}"} if whole else _("nothing yet")


def _taken(sums: DaySums) -> str:
    if not sums.handoffs:
        return _("nobody was asked for")
    if sums.handoff_seconds is None:
        return _("nobody came yet")
    return _("taken after %(seconds)s s on average") % {"seconds": f"{sums.handoff_seconds:,.0f}"}


def _speed(p50: float | None) -> tuple[str, str]:
    if p50 is None:
        return "", ""
    tone = verdict(p50)
    return tone, {"is-good": _("fast"), "is-warn": _("fair")}.get(tone, _("slow"))


def _each(cost: int, talks: int, currency: str) -> str:
    if not cost:
        return _("engines on your own machine cost nothing")
    return _("%(each)s a conversation") % {"each": f"{cost / 1_000_000 / max(1, talks):,.3f} {currency}"}
