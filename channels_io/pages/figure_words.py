"""The figures that the inbox can be narrowed to, in words, and the addresses that lead there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels_io.end_reasons import label_of
from channels_io.reads.figure_filter import ENDED, known_figure

FIGURE_LABELS: Final[Mapping[str, str | Promise]] = {
    "begun": gettext_lazy("Began in these days"),
    "solved": gettext_lazy("Solved without a person"),
    "unsolved": gettext_lazy("Not solved without a person"),
    "unanswered": gettext_lazy("With a turn that nobody answered"),
    "handed": gettext_lazy("Handed to a team"),
    "calls": gettext_lazy("Spoken"),
    "spoken": gettext_lazy("With a measured answer"),
    "late": gettext_lazy("With an answer over the budget"),
    "interrupted": gettext_lazy("With an interrupted answer"),
    "cut_off": gettext_lazy("Caller cut off by the agent"),
    "failed": gettext_lazy("Failed"),
    "costly": gettext_lazy("That cost something"),
}


def figure_choices(chosen: str) -> list[tuple[str, str]]:
    """All, and the chosen one where it names an end or an error."""
    choices = [(name, str(label)) for name, label in FIGURE_LABELS.items()]
    if chosen not in FIGURE_LABELS and known_figure(chosen):
        choices.append((chosen, _named(chosen)))
    return choices


def _named(figure: str) -> str:
    if figure.startswith(ENDED):
        return _("Ended: %(how)s") % {"how": label_of(figure.removeprefix(ENDED))}
    return _("Error: %(code)s") % {"code": figure.partition(":")[2]}


def inbox_link(since: date | None = None, until: date | None = None, **filters: str) -> str:
    """The conversations behind a figure: the inbox with these filters, empty ones left out."""
    wanted = {name: value for name, value in filters.items() if value}
    if since is not None:
        wanted["since"] = since.isoformat()
    if until is not None:
        wanted["until"] = until.isoformat()
    return f"{reverse('channels_io:inbox')}?{urlencode({'tab': 'all', **wanted})}"
