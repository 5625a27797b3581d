"""The figures at the head of Analytics: against the time before, and where their conversations are."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from channels_io.guards.ask import rules_in_force
from channels_io.pages.figure_words import inbox_link
from channels_io.reads.analytics import Narrowed, Range, Report, Sums, most_at_once
from parley.accounts.models import Workspace


@dataclass(frozen=True, slots=True)
class Card:
    """`change`: against the time before, as a share; `better`: whether more of it is good, None: neither."""

    label: str
    value: str
    note: str
    change: float | None
    better: bool | None
    link: str = ""

    @property
    def moved(self) -> bool:
        """Less than half a percent is none."""
        return self.change is not None and abs(self.change) >= 0.005

    @property
    def tone(self) -> str:
        if self.change is None or self.better is None or not self.moved:
            return ""
        return "is-good" if (self.change > 0) == self.better else "is-bad"


def cards_of(workspace: Workspace, span: Range, report: Report, narrowed: Narrowed) -> list[Card]:
    now, before = report.total, report.before
    currency = rules_in_force(workspace).currency
    talks = conversations_link(span, narrowed)
    return [
        Card(_("Conversations"), f"{now.conversations:,}", _before(f"{before.conversations:,}"),
             change_of(now.conversations, before.conversations), None, talks),
        Card(_("Turns answered"), shown_share(now.answered), _of(now.of("answered"), now.of("heard")),
             change_of(now.answered, before.answered), True, conversations_link(span, narrowed, figure="unanswered")),
        Card(_("Solved without a person"), shown_share(now.contained), _of(now.of("contained"), now.of("judged")),
             change_of(now.contained, before.contained), True, conversations_link(span, narrowed, figure="solved")),
        Card(_("Hand-offs"), f"{int(now.of('handoffs')):,}", _waited(now.handoff_wait),
             change_of(now.of("handoffs"), before.of("handoffs")), False, conversations_link(span, narrowed, figure="handed")),
        Card(_("Response time"), shown_ms(now.p50), _("95 %% within %(ms)s") % {"ms": shown_ms(now.p95)},
             change_of(now.p50, before.p50), False, conversations_link(span, narrowed, figure="spoken")),
        Card(_("Over the budget"), shown_share(now.late), _of(now.of("late"), now.of("spoken")), change_of(now.late, before.late),
             False, conversations_link(span, narrowed, figure="late")),
        Card(_("Interrupted answers"), shown_share(now.interrupted), _cut_off(int(now.of("cut_off"))),
             change_of(now.interrupted, before.interrupted), False,
             conversations_link(span, narrowed, figure="cut_off" if now.of("cut_off") else "interrupted")),
        Card(_("Most calls at once"), f"{most_at_once(workspace, span, narrowed):,}",
             _("%(hours)s hours of talk") % {"hours": f"{now.of('seconds') / 3600:,.1f}"}, None, None,
             conversations_link(span, narrowed, figure="calls")),
        Card(_("Cost"), f"{now.cost / 1_000_000:,.2f} {currency}",
             _("%(each)s a conversation") % {"each": _each(now, currency)}, change_of(now.cost, before.cost), False,
             conversations_link(span, narrowed, figure="costly")),
        Card(_("Failed"), shown_share(now.failed), _of(now.of("failed"), now.of("legs")), change_of(now.failed, before.failed),
             False, conversations_link(span, narrowed, figure="failed")),
    ]  # fmt: skip


def _before(value: str) -> str:
    return _("%(value)s the time before") % {"value": value}


def _of(part: float, whole: float) -> str:
    return _("%(part)s of %(whole)s") % {"part": f"{int(part):,}", "whole": f"{int(whole):,}"}


def _cut_off(count: int) -> str:
    return ngettext("%(count)s caller cut off", "%(count)s callers cut off", count) % {"count": f"{count:,}"}


def _waited(seconds: float | None) -> str:
    if seconds is None:
        return _("nobody was asked for")
    return _("taken after %(seconds)s s on average") % {"seconds": f"{seconds:,.0f}"}


def _each(sums: Sums, currency: str) -> str:
    return f"{sums.cost / 1_000_000 / sums.conversations:,.4f} {currency}" if sums.conversations else "–"


def shown_share(value: float | None) -> str:
    return "–" if value is None else f"{value * 100:.1f} %"


def shown_ms(value: float | None) -> str:
    return "–" if value is None else f"{value:,.0f} ms"


def change_of(now: float | None, before: float | None) -> float | None:
    return None if now is None or not before else now / before - 1


def conversations_link(span: Range, narrowed: Narrowed, **more: str) -> str:
    """The conversations behind a figure; without a name those that began then."""
    wanted = {"agent": narrowed.agent, "channel": narrowed.kind, "figure": "begun", **more}
    return inbox_link(span.since, span.until, **wanted)
