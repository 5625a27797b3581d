"""What a conversation came to, for pages; and conversations by it, for lists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from django.db.models import Exists, OuterRef, QuerySet

from channels_io.guards.ask import rules_in_force
from channels_io.guards.rules import Rules
from channels_io.models import Analysis, Conversation, CostLine, FollowUp, Outcome
from channels_io.sanitize import clean_text
from parley.accounts.models import Workspace


@dataclass(frozen=True, slots=True)
class Source:
    """The cost lines of one component by one doer: "1,204 prompt tokens · 96 reply tokens", and their sum.

    `name` and `model` are those of a service, empty for our own engines and for carriers.
    """

    name: str
    model: str
    lines: tuple[CostLine, ...]

    @property
    def cost(self) -> int:
        return sum(line.cost for line in self.lines)


@dataclass(frozen=True, slots=True)
class Component:
    """A component, by who did it."""

    label: str
    sources: tuple[Source, ...]

    @property
    def cost(self) -> int:
        return sum(source.cost for source in self.sources)


@dataclass(frozen=True, slots=True)
class AnalysisView:
    """`analysis` None: nothing has been looked at yet, and nothing is due."""

    conversation: Conversation
    analysis: Analysis | None
    follow_ups: tuple[FollowUp, ...]
    components: tuple[Component, ...]
    currency: str

    @property
    def total(self) -> int:
        return sum(component.cost for component in self.components)

    @property
    def fields(self) -> tuple[tuple[str, Any], ...]:
        return tuple(self.analysis.fields.items()) if self.analysis is not None else ()

    @property
    def named_outcome(self) -> str:
        """Of the agent's own list; "" where the conversation only ended somehow."""
        return "" if self.conversation.outcome in Outcome.values else self.conversation.outcome


def read_analysis(conversation: Conversation) -> AnalysisView:
    """Needs the workspace. Four queries."""
    lines = CostLine.objects.filter(conversation=conversation).order_by("pk")
    grouped: dict[str, dict[tuple[str, str], list[CostLine]]] = {}
    for line in lines:
        grouped.setdefault(line.component, {}).setdefault((line.service, line.model), []).append(line)
    follow_ups = FollowUp.objects.filter(conversation=conversation).select_related("assignee").order_by("pk")
    return AnalysisView(
        conversation=conversation,
        analysis=Analysis.objects.filter(conversation=conversation).first(),
        follow_ups=tuple(follow_ups),
        components=tuple(
            Component(
                str(CostLine.Component(name).label),
                tuple(
                    Source(found[0].service_name or service, model, tuple(found))
                    for (service, model), found in sources.items()
                ),
            )
            for name, sources in grouped.items()
        ),
        currency=currency_of(conversation.workspace),
    )


def currency_of(workspace: Workspace) -> str:
    try:
        return rules_in_force(workspace).currency
    except msgspec.ValidationError:
        return Rules().currency


def with_analysis(
    found: QuerySet[Conversation],
    *,
    outcome: str = "",
    sentiment: str = "",
    fields: Mapping[str, str] | None = None,
    contained: bool | None = None,
) -> QuerySet[Conversation]:
    """Those that came to this. `fields`: name → value as text, compared with what was found; "" stands for any value."""
    if outcome:
        found = found.filter(outcome=clean_text(outcome, 40))
    rows = Analysis.objects.filter(conversation=OuterRef("pk"))
    looked_for = rows
    if sentiment:
        looked_for = looked_for.filter(sentiment=clean_text(sentiment, 10))
    if contained is not None:
        looked_for = looked_for.filter(contained=contained)
    for name, value in (fields or {}).items():
        key = clean_text(name, 60)
        if value:
            looked_for = looked_for.filter(fields__contains={key: _as_kept(clean_text(value, 300))})
        else:
            looked_for = looked_for.filter(fields__has_key=key)
    narrowed = sentiment or contained is not None or fields
    return found.filter(Exists(looked_for)) if narrowed else found


def _as_kept(value: str) -> str | float | bool:
    """ "true" and "4" as they stand in the JSON."""
    if value in ("true", "false"):
        return value == "true"
    try:
        return float(value)
    except ValueError:
        return value
