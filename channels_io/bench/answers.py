"""The answer set: questions to the demo agents and words of which a right answer holds one.

Only where the agents' facts leave no other answer. Those of the corpora are asked too (`accuracy.py`).
"""

from __future__ import annotations

Asked = tuple[str, str, tuple[str, ...]]
"""Slug of the agent, the question, words of a right answer."""

ANSWERS: tuple[Asked, ...] = (
    ("reception", "How much is a cleaning?", ("80", "eighty")),
    ("reception", "What do you charge for whitening?", ("250", "two hundred")),
    ("reception", "How much does a filling cost?", ("120", "hundred")),
    ("reception", "How much is a crown?", ("don't know", "do not know")),
    ("reception", "When do you open on Tuesday?", ("8", "eight")),
    ("reception", "Until when are you open on Thursday?", ("6", "six")),
    ("reception", "Could I come on a Sunday?", ("no", "closed")),
    ("reception", "Who are the dentists?", ("patel", "novak")),
    ("reception", "How late can I cancel an appointment without paying?", ("24",)),
    ("reception", "I am in strong pain, what shall I do?", ("today",)),
    ("pizza", "How much is a Margherita?", ("9", "nine")),
    ("pizza", "What does a large Pepperoni cost?", ("14", "fourteen")),
    ("pizza", "How much is a large Veggie?", ("13", "thirteen")),
    ("pizza", "How much is a cola?", ("2", "two")),
    ("pizza", "How long does delivery take?", ("40", "forty")),
    ("pizza", "How long until I can pick it up?", ("15", "fifteen")),
    ("pizza", "What is your address?", ("harbor",)),
    ("pizza", "Do you sell pasta?", ("no", "only pizza")),
    ("pizza", "When do you open on Saturday?", ("9", "nine")),
    ("pizza", "Are you open on Sunday?", ("no", "closed")),
)
