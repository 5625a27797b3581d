"""What is known of a person when a leg of theirs begins: for the flow, and in words for the model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from channels_io.fact_rules import given_to
from channels_io.models import Contact, Fact, Leg
from inference.spec import AgentSpec

MOST_FACTS: Final = 50
MOST_IN_PROMPT: Final = 12
LONGEST_IN_PROMPT: Final = 120


@dataclass(frozen=True, slots=True)
class Remembered:
    variables: Mapping[str, str] = field(default_factory=dict)
    words: str = ""


def known_of(leg: Leg, spec: AgentSpec, *, by_number: bool) -> Remembered:
    """What earlier conversations have taught about the leg's person; nothing in a test.

    `by_number`: nothing but the number of a call says that it is this person, and a number proves nothing. The flow gets
    the values all the same, and may require a code before it says them; the model is told the name at most.
    """
    conversation = leg.conversation
    if conversation.test:
        return Remembered()
    contact = conversation.contact
    newest = Fact.objects.filter(contact=contact).order_by("-learnt_at", "-pk")[:MOST_FACTS]
    facts = {fact.name: fact.value for fact in newest}
    if contact.name:
        facts.setdefault("name", contact.name)
    return Remembered(given_to(spec.flow, facts), _by_number(contact) if by_number else _told(facts))


def _by_number(contact: Contact) -> str:
    if not contact.name:
        return ""
    return f"This number is known as {_quoted(contact.name)}. It may be somebody else who calls: ask before you rely on it."


def _told(facts: Mapping[str, str]) -> str:
    if not facts:
        return ""
    known = [f"{name.replace('_', ' ')} {_quoted(value)}" for name, value in list(facts.items())[:MOST_IN_PROMPT]]
    return f"Known of this person from earlier, in their own words: {'; '.join(known)}."


def _quoted(value: str) -> str:
    """One line that cannot be taken for more than a value."""
    words = " ".join(value.replace('"', "'").split())
    return f'"{words[:LONGEST_IN_PROMPT]}"'
