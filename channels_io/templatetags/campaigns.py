"""A campaign's states, hours and progress, as people see them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from channels_io.campaigns.plan import WORKDAYS, Window
from channels_io.campaigns.progress import Progress
from channels_io.campaigns.reasons import outcome_label, outcome_tone, reason_label
from channels_io.models import Campaign, CampaignEntry

register = template.Library()

_CAMPAIGN_TONES = {"running": "is-live", "paused": "is-warn", "stopped": "is-bad", "done": "is-good"}
_ENTRY_TONES = {"running": "is-live", "done": "is-good", "failed": "is-bad"}


@dataclass(frozen=True, slots=True)
class Segment:
    tone: str
    x: float
    width: float


@register.filter
def campaign_badge(campaign: Campaign) -> SafeString:
    tone = _CAMPAIGN_TONES.get(campaign.state, "")
    return format_html('<span class="p-badge {}">{}</span>', tone, campaign.get_state_display())


@register.filter
def entry_badge(entry: CampaignEntry) -> SafeString:
    """The outcome of a line that has one, else its state."""
    if entry.outcome and entry.state in (CampaignEntry.State.DONE, CampaignEntry.State.FAILED):
        tone = outcome_tone(entry.outcome)
        return format_html('<span class="p-badge is-{}">{}</span>', tone, outcome_label(entry.outcome))
    words = entry.get_state_display()
    if entry.outcome and entry.state == CampaignEntry.State.WAITING:
        words = _("%(outcome)s, again later") % {"outcome": outcome_label(entry.outcome)}
    return format_html('<span class="p-badge {}">{}</span>', _ENTRY_TONES.get(entry.state, ""), words)


@register.filter
def line_reason(code: str) -> str:
    return reason_label(code)


@register.filter
def window_words(window: Window) -> str:
    """ "Mon-Fri 09:00-18:00"."""
    names = (_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun"))
    days = sorted(window.days)
    if tuple(days) == WORKDAYS:
        words = f"{names[0]}–{names[4]}"
    elif len(days) == 7:
        words = _("every day")
    else:
        words = ", ".join(names[day] for day in days)
    return f"{words} {_clock(window.start)}–{_clock(window.end)}"


@register.filter
def segments(progress: Progress) -> Iterator[Segment]:
    """Parts of a bar of width 100: reached, not reached, under way."""
    x = 0.0
    for tone, count in (("good", progress.done), ("bad", progress.failed), ("live", progress.running)):
        width = round(100 * count / progress.people, 3) if progress.people else 0.0
        yield Segment(tone, round(x, 3), width)
        x += width


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
