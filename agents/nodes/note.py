"""Note: words for whoever builds; nothing of it runs."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from agents.fields import TextField
from agents.nodes.base import NodeKind

NOTE = NodeKind(
    kind="note",
    label=_("Note"),
    summary=_("A note for your team."),
    docs=_("Stands on the canvas and does nothing."),
    group="talk",
    icon="sticky_note_2",
    colour="slate",
    may_be_global=False,
    fields=(
        TextField(
            name="text",
            label=_("Note"),
            help=_("For your team; callers never hear it."),
            max_length=4_000,
            multiline=True,
        ),
    ),
    compile=None,
)
